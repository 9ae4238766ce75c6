/** Kernels that lack a call: a launch says so, or does as well without it. */

import assert from "node:assert/strict";
import { testWithRoot } from "../system/harness.ts";
import { assertNothingLeft } from "../system/traces.ts";
import type { World } from "../system/world.ts";
import { assertAllOrNothing, launchWith, settledTraces, startColdPortal, Walls } from "./launch.ts";

/** What nothing takes the place of: without it there is no jail. */
const NEEDED = [
  "openat2",
  "open_tree",
  "move_mount",
  "mount_setattr",
  "close_range",
  "seccomp",
  "landlock_add_rule",
  "landlock_restrict_self",
  "pivot_root",
];

/** What Landlock alone does: a process outside its domain cannot be signalled. */
const LANDLOCK_FACTS = /^signal the monitor: .*\n/m;

async function launchWithout(world: World, call: string) {
  const walls = new Walls(world);
  const portal = await startColdPortal(world);
  const usual = await world.jail(walls.command);
  const before = await settledTraces(world);
  const faulty = await launchWith(world, portal, walls, { call, error: "ENOSYS", when: "1+" });
  assert.ok(faulty.happened, `${call} is not used`);
  await assertNothingLeft(world, before);
  return { faulty, usual: usual.stdout };
}

for (const call of NEEDED) {
  testWithRoot(`A kernel without ${call} has no jail, and the user is told`, async (world) => {
    const { faulty, usual } = await launchWithout(world, call);
    assert.notEqual(faulty.outcome.status, 0);
    assert.equal(faulty.outcome.stdout, "");
    assertAllOrNothing(faulty, usual, true);
  });
}

testWithRoot("A kernel without Landlock has all other walls", async (world) => {
  const { faulty, usual } = await launchWithout(world, "landlock_create_ruleset");
  const { status, stdout, stderr } = faulty.outcome;
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
  assert.match(usual, LANDLOCK_FACTS);
  assert.equal(stdout.replace(LANDLOCK_FACTS, ""), usual.replace(LANDLOCK_FACTS, ""));
});

testWithRoot("A kernel without keys has all walls", async (world) => {
  const { faulty, usual } = await launchWithout(world, "keyctl");
  assertAllOrNothing(faulty, usual, true);
  assert.equal(faulty.outcome.status, 0);
});
