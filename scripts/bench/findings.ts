/**
 * What a suite finds, printed as it is found.
 *
 * @module
 */
import { formatGoal, formatTable } from "./print.ts";
import { type Comparison, type Goal, seriesOf, type SuiteReport, type Table } from "./report.ts";
import { summarise, type Summary } from "./statistics.ts";

/** Collects the report of one suite. */
export class Findings {
  readonly #tables: Table[] = [];
  readonly #goals: Goal[] = [];
  readonly #missing: string[] = [];
  readonly #notes: string[] = [];

  /**
   * Prints the heading of a suite.
   *
   * @param name of the suite
   * @param title what it measures
   * @param write prints text
   */
  constructor(
    private readonly name: string,
    private readonly title: string,
    private readonly write: (text: string) => void,
  ) {
    write(`\n== ${name}: ${title}\n\n`);
  }

  /** Adds a table. One without rows is left out: its absence was said by {@link missing}. */
  table(table: Table): void {
    if ((table.kind === "comparison" ? table.series : table.rows).length === 0) return;
    this.#tables.push(table);
    this.write(`${formatTable(table)}\n`);
  }

  /** Says that something could not be run, and why. */
  missing(text: string): void {
    this.#missing.push(text);
    this.write(`  NOT RUN: ${text}\n\n`);
  }

  /** Says how to read what follows or precedes. */
  note(text: string): void {
    this.#notes.push(text);
    this.write(`  ${text}\n\n`);
  }

  /** Compares a figure with what is wanted. */
  goal(goal: Goal): void {
    this.#goals.push(goal);
  }

  /**
   * Compares the ratio of two contenders of a table with what is wanted, if both ran.
   *
   * @param limit the most that the ratio may be
   * @param statistic which of their figures
   */
  ratioGoal(
    table: Comparison,
    contender: string,
    baseline: string,
    limit: number,
    statistic: "median" | "minimum" = "median",
  ): void {
    const [over, under] = [contender, baseline].map((name) => summaryOf(table, name));
    if (over === null || under === null) return;
    const text = `${table.title}: ${contender} to ${baseline}`;
    const value = over[statistic] / under[statistic];
    this.goal({ text, value, limit, kind: "at most", unit: "" });
  }

  /** The report, whose goals are printed now. */
  end(): SuiteReport {
    this.#goals.forEach((goal) => this.write(formatGoal(goal)));
    return {
      name: this.name,
      title: this.title,
      tables: this.#tables,
      goals: this.#goals,
      missing: this.#missing,
      notes: this.#notes,
    };
  }
}

/**
 * The summary of one contender of a table.
 *
 * @returns null if it did not run
 */
export function summaryOf(table: Comparison, name: string): Summary | null {
  const series = seriesOf(table, name);
  return series === undefined || series.samples.length === 0 ? null : summarise(series.samples);
}
