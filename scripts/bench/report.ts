/**
 * What a run of the benchmarks found: the contents of its JSON file.
 *
 * @module
 */

/** What one contender took, a sample for each round. */
export interface Series {
  /** The name of the contender. */
  readonly name: string;
  /** In the order of the rounds. */
  readonly samples: readonly number[];
}

/** Contenders that took turns at the same work. */
export interface Comparison {
  /** Tells it from a grid. */
  readonly kind: "comparison";
  /** A word by which the chart finds it. */
  readonly id: string;
  /** What was compared. */
  readonly title: string;
  /** The unit of the samples. */
  readonly unit: string;
  /** The name of the series that ratios are taken to. */
  readonly baseline: string;
  /** In the order of their turns. */
  readonly series: readonly Series[];
}

/** Figures of several kinds, a row for each thing measured. */
export interface Grid {
  /** Tells it from a comparison. */
  readonly kind: "grid";
  /** A word by which the chart finds it. */
  readonly id: string;
  /** What was measured. */
  readonly title: string;
  /** The heads of the columns. */
  readonly columns: readonly string[];
  /** From top to bottom. */
  readonly rows: readonly {
    readonly name: string;
    /** One for each column; null where there is none. */
    readonly values: readonly (number | null)[];
    readonly remark?: string;
  }[];
}

/** A table of either kind. */
export type Table = Comparison | Grid;

/** A figure that the project wants to reach. */
export interface Goal {
  /** What the figure is of. */
  readonly text: string;
  /** What was measured. */
  readonly value: number;
  /** What is wanted. */
  readonly limit: number;
  /** Whether the limit is the most or the least that the value may be. */
  readonly kind: "at most" | "at least";
  /** Of value and limit; empty for a ratio. */
  readonly unit: string;
}

/** What one suite found. */
export interface SuiteReport {
  /** The word that chooses it on the command line. */
  readonly name: string;
  /** What it measures. */
  readonly title: string;
  /** In the order in which they were measured. */
  readonly tables: readonly Table[];
  /** With what was measured. */
  readonly goals: readonly Goal[];
  /** What could not be run, each with the reason. */
  readonly missing: readonly string[];
  /** How to read the figures. */
  readonly notes: readonly string[];
}

/** The whole run. */
export interface Report {
  /** Of this file. */
  readonly format: 1;
  /** When it began, as of RFC 3339. */
  readonly date: string;
  /** Whether rounds were few and sizes small. */
  readonly isQuick: boolean;
  /** Name and value of what was measured on, and with which programs. */
  readonly machine: readonly (readonly [name: string, value: string])[];
  /** Those that were chosen. */
  readonly suites: readonly SuiteReport[];
}

/** Whether a goal is reached. */
export function isReached({ kind, value, limit }: Goal): boolean {
  return kind === "at most" ? value <= limit : value >= limit;
}

/** The series of a comparison by its name. */
export function seriesOf(table: Comparison, name: string): Series | undefined {
  return table.series.find((series) => series.name === name);
}
