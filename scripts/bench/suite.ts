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
  /** Where everything runs. */
  readonly place: Place;
  /** Times commands. */
  readonly runner: Runner;
  /** Whether rounds are to be few and sizes small. */
  readonly isQuick: boolean;
  /** Takes what is found. */
  readonly findings: Findings;
}

/** A suite of benchmarks. */
export interface Suite {
  /** The word that chooses it on the command line. */
  readonly name: string;
  /** What it measures. */
  readonly title: string;
  /** Measures; what cannot be run is told to the findings and is no error. */
  run(bench: Bench): Promise<void>;
}
