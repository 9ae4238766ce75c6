/**
 * Contenders taking turns under runner.c, which times them.
 *
 * @module
 */
import { BuildError } from "../command.ts";
import type { Contender } from "./contenders.ts";
import { lastLine, type Place } from "./place.ts";
import type { Series } from "./report.ts";

/** How many runs, and how. */
export interface Plan {
  /** Rounds that count. */
  readonly rounds: number;
  /** Rounds that come first and do not count. */
  readonly warmups?: number;
  /** Milliseconds of quiet after each run. */
  readonly pause?: number;
  /** How many starts are one run. */
  readonly batch?: number;
  /** How many of them at once. */
  readonly parallel?: number;
}

const NANOSECONDS_PER_MILLISECOND = 1e6;

/**
 * Reads what the runner printed.
 *
 * @param text its output
 * @param count how many contenders there were
 * @returns the milliseconds of each run for each contender, or null for one that failed
 */
export function readTimes(text: string, count: number): (number[] | null)[] {
  const times: (number[] | null)[] = Array.from({ length: count }, () => []);
  for (const line of text.trimEnd().split("\n")) {
    if (line === "") continue;
    const [index, figure] = line.split(" ");
    if (figure === "failed") times[Number(index)] = null;
    else times[Number(index)]?.push(Number(figure) / NANOSECONDS_PER_MILLISECOND);
  }
  return times;
}

/** Times contenders. */
export class Runner {
  private constructor(private readonly place: Place, readonly program: string) {}

  /** Compiles the runner. */
  static async make(place: Place): Promise<Runner> {
    return new Runner(place, await place.compile("runner"));
  }

  /**
   * Lets contenders take turns: A B C A B C ...
   *
   * @param plan how many runs
   * @param contenders in the order of their turns
   * @param explain is told of each that fails, with the last line of its errors
   * @returns milliseconds, without those that fail
   */
  async compare(
    plan: Plan,
    contenders: readonly Contender[],
    explain: (reason: string) => void,
  ): Promise<Series[]> {
    const able: Contender[] = [];
    for (const contender of contenders) {
      const reason = await this.#failureOf(contender);
      if (reason === null) able.push(contender);
      else explain(`${contender.name}: ${reason}`);
    }
    if (able.length === 0) return [];
    const { stdout, stderr } = await this.#run(plan, able);
    return readTimes(stdout, able.length).flatMap((samples, index) => {
      const { name } = able[index];
      if (samples !== null) return [{ name, samples }];
      explain(`${name}: failed in one of its runs: ${lastLine(stderr)}`);
      return [];
    });
  }

  /** Why a contender cannot run, or null. */
  async #failureOf(contender: Contender): Promise<string | null> {
    const { stdout, stderr } = await this.#run({ rounds: 1 }, [contender]);
    return readTimes(stdout, 1)[0] === null ? lastLine(stderr) || "it fails silently" : null;
  }

  async #run(plan: Plan, contenders: readonly Contender[]) {
    const outcome = await this.place.output([
      this.program,
      ...Object.entries(plan).flatMap(([name, value]) => [`--${name}`, String(value)]),
      ...contenders.flatMap(argumentsOf),
    ]);
    // 1: one of them failed. 2: one cannot be started, and is named.
    if (outcome.code <= 1) return outcome;
    if (contenders.length === 1) return { ...outcome, stdout: "0 failed\n" };
    throw new BuildError(`bench: ${lastLine(outcome.stderr)}`);
  }
}

function argumentsOf({ command, before, after }: Contender): string[] {
  return [
    ",",
    ...(before === undefined ? [] : ["--before", before]),
    ...(after === undefined ? [] : ["--after", after]),
    ...command,
  ];
}
