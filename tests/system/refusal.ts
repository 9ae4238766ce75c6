/** How a refusal looks: one line that says what and why, and nothing left running. */

import assert from "node:assert/strict";
import { eventually, type Outcome } from "./process.ts";
import { processesOf } from "./traces.ts";
import type { Difference, World } from "./world.ts";

type Words = readonly (string | RegExp)[];

/** `stemjail: WHAT: WHY` or `...; REMEDY` alone on standard error, with these words in it. */
export function assertRefused(outcome: Outcome, status: number, ...words: Words): void {
  const { stdout, stderr } = outcome;
  assert.equal(stdout, "");
  assert.match(stderr, /^stemjail: [^\n]+[:;] [^\n]+[^.\n]\n$/);
  // deno-lint-ignore no-control-regex -- none of them may reach the terminal
  assert.doesNotMatch(stderr.trimEnd(), /[\x00-\x1f\x7f]/);
  for (const word of words) {
    const isThere = typeof word === "string" ? stderr.includes(word) : word.test(stderr);
    assert.equal(isThere, true, `${word} is not in: ${stderr}`);
  }
  assert.equal(outcome.status, status, stderr);
}

/** `stemjail run ARGS` is refused. */
export async function assertRunRefused(
  world: World,
  args: readonly string[],
  status: number,
  ...words: Words
): Promise<void> {
  assertRefused(await world.run(["run", ...args]), status, ...words);
}

/** A run is refused because no portal can serve it, and nothing is left of the attempt. */
export async function assertNoPortal(
  world: World,
  difference: Difference,
  ...words: Words
): Promise<void> {
  assertRefused(await world.jail(["true"], difference), 125, ...words);
  await eventually("nothing runs", () => processesOf(world).length === 0, 2_000);
}
