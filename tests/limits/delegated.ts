/** What the tests of jails in cgroups share. */

import assert from "node:assert/strict";
import { exists, testAsEveryone, testWithRoot } from "../system/harness.ts";
import { eventually } from "../system/process.ts";
import type { World } from "../system/world.ts";
import { Delegation } from "./delegation.ts";

/** How long a jail may take to run, in milliseconds, even where a processor is emulated. */
const START = 60_000;

/** A test with a cgroup that belongs to the user. */
export function testDelegated(
  name: string,
  body: (delegation: Delegation, world: World) => Promise<void>,
): void {
  const register = Deno.uid() === 0 ? testAsEveryone : testWithRoot;
  register(name, (world) => body(new Delegation(world), world));
}

/** Sets what the one profile says of limits. */
export function limits(world: World, text: string, more = ""): void {
  world.profile("plain", { [world.work]: "write" }, `[limits]\n${text}\n${more}`);
}

/** A jail that runs until it is stopped, with the name of its cgroup. */
export async function startJail(delegation: Delegation, script: string) {
  const { world } = delegation;
  const mark = `${world.work}/started`;
  const whole = `cat /proc/self/cgroup > ${mark}.new; mv ${mark}.new ${mark}; ${script}`;
  const line = [world.executable, "run", "--", "/bin/bash", "-c", whole];
  const { outcome } = world.start(line, { patience: 2 * START });
  outcome.catch(() => {});
  await eventually("it runs", () => exists(mark), START);
  const [, group = ""] = /(stemjail-jail-\d+)\/inside$/m.exec(Deno.readTextFileSync(mark)) ?? [];
  assert.notEqual(group, "", Deno.readTextFileSync(mark));
  Deno.removeSync(mark);
  return { outcome, group };
}
