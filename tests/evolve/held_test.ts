/** Whoever makes a transition that brings something from outside waits for it, and for no longer. */

import assert from "node:assert/strict";
import { exists, testAsUser } from "../system/harness.ts";
import { eventually, type Started } from "../system/process.ts";
import { monitorsOf } from "../system/traces.ts";
import type { World } from "../system/world.ts";

const HELD_MILLISECONDS = 500;
/** Of clock ticks, of which a second has a hundred: what a monitor may use while it waits. */
const FEW_TICKS = 10;

interface Held {
  readonly portal: Started;
  readonly client: Started;
  readonly marks: string;
}

/** A jail in which `script` runs as soon as the portal is stopped; `$left` moves it to a network. */
async function startHeld(world: World, script: string): Promise<Held> {
  const left = `${world.home}/left`;
  const marks = `${world.home}/marks`;
  for (const directory of [left, `${world.home}/right`, marks]) world.directory(directory);
  world.write(`${left}/file`, "a text\n");
  Deno.removeSync(`${world.profiles}/plain.toml`);
  world.profile("left", { [left]: "read", [marks]: "write" }, '[net]\nmode = "nat"');
  world.profile("right", { [`${world.home}/right`]: "read", [marks]: "write" });
  const portal = await world.startPortal();
  const whole = `left=${left}/file; cd ${marks}; echo > ready
    until [ -e go ]; do sleep 0.05; done; ${script}`;
  const client = world.start([world.executable, "run", "--", "/bin/sh", "-c", whole]);
  await eventually("the jail is ready", () => exists(`${marks}/ready`));
  portal.kill("SIGSTOP");
  world.write(`${marks}/go`, "");
  return { portal, client, marks };
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** The processor time of all monitors so far, in clock ticks (proc_pid_stat(5)). */
function ticksOf(world: World): number {
  return monitorsOf(world).reduce((sum, { pid }) => {
    const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1].split(" ");
    return sum + Number(fields[11]) + Number(fields[12]);
  }, 0);
}

testAsUser(
  "a transition is held while the portal does not answer, and not after",
  async (world) => {
    const { portal, client, marks } = await startHeld(world, "cat $left && echo > through");
    await wait(HELD_MILLISECONDS);
    assert.equal(exists(`${marks}/through`), false, "nothing was waited for");
    portal.kill("SIGKILL");
    const { status, stdout, stderr } = await client.outcome;
    assert.deepEqual([status, stdout], [0, "a text\n"], stderr);
    assert.equal(exists(`${marks}/through`), true);
  },
);

testAsUser("who is killed while it is held costs the monitor nothing more", async (world) => {
  const script =
    "cat $left & sleep 0.3; kill -9 $!; echo > killed; until [ -e end ]; do sleep 0.1; done";
  const { portal, client, marks } = await startHeld(world, script);
  await eventually("it is killed", () => exists(`${marks}/killed`));
  const before = ticksOf(world);
  await wait(HELD_MILLISECONDS);
  assert.ok(ticksOf(world) - before < FEW_TICKS, "the monitor is busy with nobody");
  world.write(`${marks}/end`, "");
  portal.kill("SIGCONT");
  assert.equal((await client.outcome).status, 0);
  portal.kill("SIGTERM");
  await portal.outcome;
});
