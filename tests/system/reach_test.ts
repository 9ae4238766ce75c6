/** Reaching a portal: what a client learns of one that will not, or cannot, serve it. */

import assert from "node:assert/strict";
import { testAsUser, type World } from "./harness.ts";
import { eventually } from "./process.ts";

async function isServing(world: World): Promise<boolean> {
  return (await world.run(["stop", "0"])).stderr.includes("No such jail");
}

/** A portal that `run` would start, where whoever waits for it to be ready is gone. */
const ORPHAN = 'mkfifo pipe; exec 4<>pipe; exec 3>pipe 4>&-; exec "$0" portal --background';

testAsUser("a portal serves though the client that started it is gone", async (world) => {
  const portal = world.start(["/bin/bash", "-c", ORPHAN, world.executable], { patience: 60_000 });
  await eventually("the portal serves", () => isServing(world));
  assert.equal((await world.jail(["true"])).status, 0);
  portal.kill("SIGTERM");
  const { status, stderr } = await portal.outcome;
  assert.equal(status, 0, stderr);
});
