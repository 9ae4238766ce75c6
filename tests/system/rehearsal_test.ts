/** A jail is the same whether its monitor has rehearsed before or not. */

import assert from "node:assert/strict";
import { testAsEveryone, type World } from "./harness.ts";
import { eventually } from "./process.ts";
import { monitorsOf } from "./traces.ts";

/** The names in the file systems of the jail itself. */
const LIST = "find / -xdev -mindepth 1; find /tmp /dev/shm /dev/runtime /dev/stemjail";

/** Clock ticks that the only monitor has worked for; null while there is not exactly one. */
function workOf(world: World): string | null {
  const monitors = monitorsOf(world);
  if (monitors.length !== 1) return null;
  const fields = Deno.readTextFileSync(`/proc/${monitors[0].pid}/stat`).split(") ")[1].split(" ");
  return fields.slice(11, 13).join(" ");
}

async function hasRehearsed(world: World): Promise<boolean> {
  const before = workOf(world);
  await new Promise((resolve) => setTimeout(resolve, 500));
  return before !== null && workOf(world) === before;
}

async function filesOf(world: World): Promise<string[]> {
  const { status, stdout, stderr } = await world.inside(LIST, { cwd: "/" });
  assert.deepEqual([status, stderr], [0, ""]);
  return stdout.trimEnd().split("\n").toSorted();
}

testAsEveryone("a rehearsal leaves no name behind in the jail", async (world) => {
  const portal = await world.startPortal("--warm", "0");
  const unrehearsed = await filesOf(world);
  portal.kill("SIGTERM");
  await portal.outcome;
  const other = await world.startPortal("--warm", "1");
  await eventually("a monitor has rehearsed", () => hasRehearsed(world));
  assert.deepEqual(await filesOf(world), unrehearsed);
  other.kill("SIGTERM");
  await other.outcome;
});
