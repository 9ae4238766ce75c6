/**
 * A report as text.
 *
 * @module
 */
import {
  type Comparison,
  type Goal,
  type Grid,
  isReached,
  seriesOf,
  type Table,
} from "./report.ts";
import { ratioWithinRounds, summarise } from "./statistics.ts";

/**
 * A figure with about three digits that count.
 *
 * @param value any finite number
 */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  const digits = size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : 2;
  return value.toLocaleString("en", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

function formatRatio(value: number): string {
  return value < 10 ? value.toFixed(3) : formatNumber(value);
}

/** Lines with aligned columns: the first to the left, the others to the right. */
function align(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length))
  );
  return rows.map((row) =>
    `  ${
      row.map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column] + 2)
      ).join("").trimEnd()
    }\n`
  ).join("");
}

function comparisonRows(table: Comparison): string[][] {
  const baseline = seriesOf(table, table.baseline);
  return table.series.map(({ name, samples }) => {
    const { median, minimum, maximum, p99, count } = summarise(samples);
    const quartiles = baseline && ratioWithinRounds(samples, baseline.samples);
    return [
      name,
      ...[median, minimum, maximum].map(formatNumber),
      p99 === null ? "" : formatNumber(p99),
      String(count),
      baseline ? formatRatio(median / summarise(baseline.samples).median) : "",
      quartiles ? `${formatRatio(quartiles[0])} .. ${formatRatio(quartiles[2])}` : "",
    ];
  });
}

function formatComparison(table: Comparison): string {
  const head = ["", "median", "min", "max", "p99", "runs", "ratio", "within a round"];
  return `${table.title} [${table.unit}; ratio to ${table.baseline}]\n` +
    align([head, ...comparisonRows(table)]);
}

function formatGrid(table: Grid): string {
  const rows = table.rows.map(({ name, values, remark }) => [
    name,
    ...values.map((value) => value === null ? "-" : formatNumber(value)),
    remark ?? "",
  ]);
  return `${table.title}\n${align([["", ...table.columns, ""], ...rows])}`;
}

/**
 * A table as text, with its title.
 *
 * @param table of either kind
 */
export function formatTable(table: Table): string {
  return table.kind === "comparison" ? formatComparison(table) : formatGrid(table);
}

/**
 * A goal as a line.
 *
 * @param goal with its value
 */
export function formatGoal(goal: Goal): string {
  const unit = goal.unit === "" ? "" : ` ${goal.unit}`;
  const word = isReached(goal) ? "reached" : "MISSED ";
  const value = goal.unit === "" ? formatRatio(goal.value) : formatNumber(goal.value);
  return `  ${word}  ${goal.text}: ${value}${unit}, ${goal.kind} ${goal.limit}${unit}\n`;
}
