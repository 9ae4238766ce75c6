/**
 * What every suite of benchmarks is.
 *
 * @module
 */
import type { Findings } from "./findings.ts";
import type { Place } from "./place.ts";
import type { Runner } from "./runner.ts";

/** What a suite works with. */
export interface Bench {
  readonly place: Place;
  readonly runner: Runner;
  readonly isQuick: boolean;
  readonly findings: Findings;
}

/** A suite of benchmarks. */
export interface Suite {
  readonly name: string;
  /** What it measures. */
  readonly title: string;
  /** Measures; what cannot be run is told to the findings and is no error. */
  run(bench: Bench): Promise<void>;
}
