import assert from "node:assert/strict";
import { drawChart } from "../../scripts/bench/chart.ts";
import type { Report, Table } from "../../scripts/bench/report.ts";

const comparison = (id: string, names: readonly string[]): Table => ({
  kind: "comparison",
  id,
  title: id,
  unit: "ms",
  baseline: names[0],
  series: names.map((name, at) => ({ name, samples: [10 * (at + 1)] })),
});

const grid = (
  id: string,
  columns: readonly string[],
  rows: readonly [string, readonly (number | null)[]][],
): Table => ({
  kind: "grid",
  id,
  title: id,
  columns,
  rows: rows.map(([name, values]) => ({ name, values })),
});

function reportOf(tables: readonly Table[]): Report {
  const machine = [
    ["processor", 'A <fast> & "new" one'],
    ["cores", "2"],
    ["kernel", "6.18"],
    ["stemjail", "stemjail 1"],
  ] as const;
  const suite = { name: "s", title: "t", tables, goals: [], missing: [], notes: [] };
  return { format: 1, date: "2026-01-02T03:04:05Z", isQuick: false, machine, suites: [suite] };
}

const everything = [
  comparison("launch", ["native", "stemjail run"]),
  comparison("open-granted", ["native", "stemjail", "bwrap"]),
  grid("overhead", ["stemjail", "bwrap", "proot", "the paper, 2016"], [
    ["untar, disk", [1.5, -2.5, 400, 2.4]],
    ["untar, tmpfs", [2, null, 500, 25.4]],
  ]),
  grid("sizes", ["proportional", "private", "ratio"], [["monitor", [12, 9, 1]]]),
  grid("decisions", ["10", "1,000", "growth"], [
    ["decision: granted, ns", [200, 400, 2]],
    ["pool built, ms", [1, 10, 10]],
  ]),
];

/** Well-formed as far as it matters: every element is closed in its order. */
function assertWellFormed(svg: string): void {
  const open: string[] = [];
  for (const [, closing, name, own] of svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
    if (closing) assert.equal(open.pop(), name);
    else if (!own) open.push(name);
  }
  assert.deepEqual(open, []);
  assert.doesNotMatch(svg, /NaN|undefined|Infinity/);
}

Deno.test("a chart shows launches, calls, workloads, memory and decisions", () => {
  const svg = drawChart(reportOf(everything));
  assertWellFormed(svg);
  for (
    const text of ["Launch to exit", "Calls inside", "Workloads", "Memory", "A decision", "granted"]
  ) {
    assert.ok(svg.includes(`>${text}`), text);
  }
});

Deno.test("text is escaped", () => {
  const svg = drawChart(reportOf(everything));
  assert.ok(svg.includes("A &lt;fast> &amp; &quot;new&quot; one, 2 cores"));
});

Deno.test("a bar is as long as its value is of the longest", () => {
  const svg = drawChart(reportOf([comparison("launch", ["native", "stemjail run"])]));
  const bars = [...svg.matchAll(/<rect x="150.0" y="[\d.]+" width="([\d.]+)" height="9"/g)];
  const [native, jail] = bars.map(([, width]) => Number(width));
  assert.equal(bars.length, 2);
  assert.equal(jail, native * 2);
});

Deno.test("a value below zero has its figure and no bar", () => {
  const svg = drawChart(reportOf([everything[2]]));
  assert.ok(svg.includes(">-2.50<"));
  assert.doesNotMatch(svg, /width="-/);
});

Deno.test("a call is drawn as a multiple of the native one", () => {
  const svg = drawChart(reportOf([everything[1]]));
  assert.deepEqual([...svg.matchAll(/font-size="9">([^<]*)</g)].map(([, text]) => text), [
    "2",
    "3",
  ]);
});

Deno.test("a report of some suites has a chart of these, and an empty one an empty chart", () => {
  assert.ok(!drawChart(reportOf([everything[0]])).includes("Workloads"));
  assertWellFormed(drawChart(reportOf([])));
});
