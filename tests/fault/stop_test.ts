/** Whoever of a launch is killed, at whatever step: the client is told, and nothing is left. */

import assert from "node:assert/strict";
import { testWithRoot } from "../system/harness.ts";
import { assertNothingLeft } from "../system/traces.ts";
import {
  assertAllOrNothing,
  type Faulty,
  launchWith,
  settledTraces,
  startColdPortal,
  Walls,
} from "./launch.ts";

/** Steps of the monitor's start, of a jail's making, and of the application's confinement, in order. */
const STOPS: readonly (readonly [call: string, occurrences: readonly number[]])[] = [
  ["capset", [1]],
  ["setsid", [1]],
  ["unshare", [1, 2]],
  ["mount", [1, 3, 5, 8]],
  ["pivot_root", [1]],
  ["umount2", [1, 2]],
  ["bind", [1]],
  ["symlinkat", [1, 6]],
  ["move_mount", [2, 10]],
  ["sethostname", [1]],
  ["landlock_create_ruleset", [1, 2]],
  ["landlock_restrict_self", [1]],
  ["keyctl", [1]],
  ["seccomp", [1]],
];

/** Where it is the application that was killed, the client ends as any program's shell would say. */
function assertToldOrKilled(faulty: Faulty): void {
  const { status, stdout, stderr } = faulty.outcome;
  assert.notEqual(status, 0);
  assert.equal(stdout, "");
  if (status !== 137 || stderr !== "") assertAllOrNothing(faulty, "", false);
}

for (const [call, occurrences] of STOPS) {
  testWithRoot(`A process killed at ${call} leaves nothing behind`, async (world) => {
    const walls = new Walls(world);
    const portal = await startColdPortal(world);
    const usual = await world.jail(walls.command);
    assert.equal(usual.status, 0, usual.stderr);
    const before = await settledTraces(world);
    for (const occurrence of occurrences) {
      const fault = { call, error: "SIGKILL", when: String(occurrence) };
      const faulty = await launchWith(world, portal, walls, fault);
      assert.ok(faulty.happened, `${call} ${occurrence} is not in a launch`);
      assertToldOrKilled(faulty);
      await assertNothingLeft(world, before);
    }
    assert.equal((await world.jail(walls.command)).stdout, usual.stdout);
  });
}
