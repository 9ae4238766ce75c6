/**
 * Contenders taking turns at a program that times itself, inside.
 *
 * @module
 */
import type { Contender } from "./contenders.ts";
import { lastLine, type Place } from "./place.ts";

/** What one contender printed, round by round. */
export interface Outputs {
  /** The name of the contender. */
  readonly name: string;
  /** Its standard output, an entry for each round. */
  readonly outputs: readonly string[];
}

/**
 * Lets contenders take turns: A B C A B C ...
 *
 * @param place where they run
 * @param rounds how many count; one more comes first, to warm up
 * @param contenders in the order of their turns
 * @param explain is told of each that fails, with the last line of its errors; it runs no more
 * @returns what the others printed
 */
export async function alternateInside(
  place: Place,
  rounds: number,
  contenders: readonly Contender[],
  explain: (reason: string) => void,
): Promise<Outputs[]> {
  const able = new Map(contenders.map((contender) => [contender, [] as string[]]));
  for (let round = -1; round < rounds; round++) {
    for (const [contender, outputs] of [...able]) {
      if (contender.before !== undefined) await place.succeed(["sh", "-c", contender.before]);
      const { code, stdout, stderr } = await place.output(contender.command);
      if (code !== 0) {
        explain(`${contender.name}: ${lastLine(stderr) || `status ${code}`}`);
        able.delete(contender);
      } else if (round >= 0) outputs.push(stdout);
    }
  }
  return [...able].map(([{ name }, outputs]) => ({ name, outputs }));
}
