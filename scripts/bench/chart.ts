/**
 * A report as one picture, in SVG.
 *
 * @module
 */
import { type Group, groupPanel, linePanel, type Panel, place } from "./panels.ts";
import type { Comparison, Grid, Report, Table } from "./report.ts";
import { summarise } from "./statistics.ts";

const LAUNCH = "launch";
const CALLS = [
  ["open-granted", "open, granted"],
  ["open-absent", "open, not granted"],
  ["stat-granted", "stat, granted"],
  ["fork-exec", "fork + exec"],
] as const;

/**
 * Draws what a report has: launches, calls, workloads, memory, decisions.
 *
 * @param report of a run, possibly of some suites only
 * @returns the text of an SVG file
 */
export function drawChart(report: Report): string {
  const tables = new Map<string, Table>(
    report.suites.flatMap((suite) => suite.tables.map((table) => [table.id, table] as const)),
  );
  const panels = [
    launches(comparison(tables, LAUNCH)),
    callRatios(tables),
    overheads(grid(tables, "overhead")),
    sizes(grid(tables, "sizes")),
    decisions(grid(tables, "decisions")),
  ].filter((panel) => panel !== null);
  const facts = new Map(report.machine);
  const footer = [
    `${facts.get("processor")}, ${facts.get("cores")} cores, Linux ${facts.get("kernel")}`,
    `${facts.get("stemjail")}, ${report.date.slice(0, 10)}${report.isQuick ? ", a quick run" : ""}`,
  ];
  return place(panels, footer);
}

function comparison(tables: ReadonlyMap<string, Table>, id: string): Comparison | null {
  const table = tables.get(id);
  return table?.kind === "comparison" ? table : null;
}

function grid(tables: ReadonlyMap<string, Table>, id: string): Grid | null {
  const table = tables.get(id);
  return table?.kind === "grid" ? table : null;
}

function launches(table: Comparison | null): Panel | null {
  if (table === null) return null;
  const groups = table.series.map(({ name, samples }): Group => ({
    label: name,
    bars: [{
      series: name.startsWith("stemjail") ? "stemjail" : "others",
      value: summarise(samples).median,
    }],
  }));
  return groupPanel("Launch to exit, median, ms", groups);
}

function callRatios(tables: ReadonlyMap<string, Table>): Panel | null {
  const groups = CALLS.flatMap(([id, label]): Group[] => {
    const table = comparison(tables, id);
    const native = table?.series.find(({ name }) => name === table.baseline);
    if (!table || !native) return [];
    const base = summarise(native.samples).median;
    const bars = table.series.filter((series) => series !== native)
      .map(({ name, samples }) => ({ series: name, value: summarise(samples).median / base }));
    return [{ label, bars }];
  });
  return groups.length === 0 ? null : groupPanel("Calls inside, times native", groups);
}

function overheads(table: Grid | null): Panel | null {
  if (table === null) return null;
  // PRoot's are so large that no other bar could be seen beside them; the table has them.
  const shown = table.columns.map((name, at) => ({ name, at })).filter(({ name }) =>
    name !== "proot"
  );
  const groups = table.rows.map(({ name, values }): Group => ({
    label: name,
    bars: shown.flatMap(({ name: series, at }) => {
      const value = values[at];
      return value === null || value === undefined ? [] : [{ series, value }];
    }),
  }));
  return groupPanel("Workloads, percent more than native", groups);
}

function sizes(table: Grid | null): Panel | null {
  if (table === null) return null;
  const groups = table.rows.map(({ name, values }): Group => ({
    label: name,
    bars: ["proportional", "private"].flatMap((series, at) => {
      const value = values[at];
      return value === null || value === undefined ? [] : [{ series, value }];
    }),
  }));
  return groupPanel("Memory of a process, ten at once, MiB", groups);
}

function decisions(table: Grid | null): Panel | null {
  if (table === null) return null;
  const counts = table.columns.filter((name) => /^[\d,]+$/.test(name))
    .map((name) => Number(name.replaceAll(",", "")));
  const lines = table.rows.filter(({ name }) => name.startsWith("decision: ")).map((row) => ({
    series: row.name.slice("decision: ".length, row.name.lastIndexOf(",")),
    points: counts.flatMap((count, at): (readonly [number, number])[] => {
      const value = row.values[at];
      return value === null || value === undefined ? [] : [[count, value]];
    }),
  }));
  return linePanel("A decision by the number of profiles, ns", lines);
}
