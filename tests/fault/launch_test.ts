/**
 * Each system call of a launch made to fail in turn: in the portal, in the monitor from its first
 * instruction on, and in the application before it is executed. Either the jail has all its walls
 * or there is none, and the user is told why; the portal serves on, and nothing is left.
 */

import assert from "node:assert/strict";
import { createWorld, testWithRoot } from "../system/harness.ts";
import { assertNothingLeft } from "../system/traces.ts";
import { ordinaryUser } from "../system/users.ts";
import type { World } from "../system/world.ts";
import { CONNECTION_CALLS, JAIL_CALLS, type Row, WALL_CALLS } from "./faults.ts";
import {
  assertAllOrNothing,
  launchWith,
  occurrencesOf,
  record,
  type Recording,
  settledTraces,
  startColdPortal,
  Walls,
} from "./launch.ts";

let recording: Promise<Recording> | null = null;

/** The calls of a launch are the same in every world: once recorded they serve all tests. */
function sharedRecording(): Promise<Recording> {
  return recording ??= (async () => {
    const world = createWorld(ordinaryUser());
    try {
      const walls = new Walls(world);
      return await record(world, await startColdPortal(world), walls);
    } finally {
      await world.dispose();
    }
  })();
}

async function failEach(world: World, row: Row, isTold: boolean): Promise<void> {
  const launch = await sharedRecording();
  const walls = new Walls(world);
  const portal = await startColdPortal(world);
  const usual = await world.jail(walls.command);
  assert.equal(usual.status, 0, usual.stderr);
  const before = await settledTraces(world);
  let happened = 0;
  for (const occurrence of occurrencesOf(launch, row)) {
    const fault = { call: row.call, error: row.error, when: String(occurrence) };
    const faulty = await launchWith(world, portal, walls, fault);
    if (faulty.happened) happened++;
    assertAllOrNothing(faulty, usual.stdout, isTold);
    await assertNothingLeft(world, before);
  }
  assert.ok(happened > 0, `a launch does not use ${row.call}: this tests nothing`);
  const { status, stdout } = await world.jail(walls.command);
  assert.deepEqual({ status, stdout }, { status: 0, stdout: usual.stdout });
}

function testEach(rows: readonly Row[], isTold: boolean): void {
  for (const row of rows) {
    const name =
      `A launch in which ${row.call} fails with ${row.error} is whole or does not happen`;
    testWithRoot(name, (world) => failEach(world, row, isTold));
  }
}

testEach(JAIL_CALLS, true);
testEach(WALL_CALLS, true);
testEach(CONNECTION_CALLS, false);
