/**
 * What is said of many measurements of one thing.
 *
 * @module
 */

/** Samples in the order in which they were taken, reduced to what a table shows. */
export interface Summary {
  /** How many samples there are. */
  readonly count: number;
  /** See {@link median}. */
  readonly median: number;
  /** The smallest sample. */
  readonly minimum: number;
  /** The largest sample. */
  readonly maximum: number;
  /** The 99th percentile, or null where there are too few samples for one. */
  readonly p99: number | null;
}

/** With fewer samples the 99th percentile is the maximum under another name. */
const SAMPLES_FOR_P99 = 100;

/**
 * The smallest sample that at least this share of all samples does not exceed (nearest rank).
 *
 * @param samples at least one
 * @param share above 0, at most 1
 * @throws RangeError without samples
 */
export function percentile(samples: readonly number[], share: number): number {
  if (samples.length === 0) throw new RangeError("No samples");
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/**
 * The middle sample, or the mean of the two in the middle.
 *
 * @param samples at least one
 * @throws RangeError without samples
 */
export function median(samples: readonly number[]): number {
  if (samples.length === 0) throw new RangeError("No samples");
  const sorted = samples.toSorted((a, b) => a - b);
  const half = sorted.length >>> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/**
 * Reduces samples to what a table shows.
 *
 * @param samples at least one
 * @throws RangeError without samples
 */
export function summarise(samples: readonly number[]): Summary {
  return {
    count: samples.length,
    median: median(samples),
    minimum: Math.min(...samples),
    maximum: Math.max(...samples),
    p99: samples.length < SAMPLES_FOR_P99 ? null : percentile(samples, 0.99),
  };
}

/**
 * The ratio of two contenders within each round, which what slowed a whole round down does not
 * touch: its lower quartile, median and upper quartile.
 *
 * @param samples of one contender, a round each
 * @param baseline of the other, from the same rounds
 * @returns null if the rounds are not the same
 */
export function ratioWithinRounds(
  samples: readonly number[],
  baseline: readonly number[],
): readonly [lower: number, middle: number, upper: number] | null {
  if (samples.length === 0 || samples.length !== baseline.length) return null;
  const ratios = samples.map((sample, round) => sample / baseline[round]);
  return [percentile(ratios, 0.25), median(ratios), percentile(ratios, 0.75)];
}
