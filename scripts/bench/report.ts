/**
 * What a run of the benchmarks found: the contents of its JSON file.
 *
 * @module
 */

/** What one contender took, a sample for each round. */
export interface Series {
  readonly name: string;
  readonly samples: readonly number[];
}

/** Contenders that took turns at the same work. */
export interface Comparison {
  readonly kind: "comparison";
  /** A word by which the chart finds it. */
  readonly id: string;
  readonly title: string;
  /** The unit of the samples. */
  readonly unit: string;
  /** The name of the series that ratios are taken to. */
  readonly baseline: string;
  readonly series: readonly Series[];
}

/** Figures of several kinds, a row for each thing measured. */
export interface Grid {
  readonly kind: "grid";
  readonly id: string;
  readonly title: string;
  readonly columns: readonly string[];
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
  readonly text: string;
  readonly value: number;
  readonly limit: number;
  /** Whether the limit is the most or the least that the value may be. */
  readonly kind: "at most" | "at least";
  /** Of value and limit; empty for a ratio. */
  readonly unit: string;
}

/** What one suite found. */
export interface SuiteReport {
  readonly name: string;
  readonly title: string;
  readonly tables: readonly Table[];
  readonly goals: readonly Goal[];
  /** What could not be run, each with the reason. */
  readonly missing: readonly string[];
  /** How to read the figures. */
  readonly notes: readonly string[];
}

/** The whole run. */
export interface Report {
  readonly format: 1;
  /** When it began, as of RFC 3339. */
  readonly date: string;
  readonly isQuick: boolean;
  /** Name and value of what was measured on, and with which programs. */
  readonly machine: readonly (readonly [name: string, value: string])[];
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
