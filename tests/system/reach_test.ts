/** Reaching a portal: what a client learns of one that will not, or cannot, serve it. */

import assert from "node:assert/strict";
import { testAsUser, type World } from "./harness.ts";
import { eventually } from "./process.ts";
import { monitorsOf, portalsOf } from "./traces.ts";

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

/** Asks as a client of another build would; prints what type of answer it has. */
const STRANGER = `
import json, socket, struct, sys
body = json.dumps({"type": "ps", "version": "another build"}).encode()
connection = socket.socket(socket.AF_UNIX)
connection.connect(sys.argv[1])
connection.sendall(struct.pack("<I", len(body)) + body)
answer = connection.makefile("rb").read()
print(json.loads(answer[4:])["type"] if answer else "nothing")
`;

testAsUser("an idle portal tells a client of another build that it makes room", async (world) => {
  assert.equal((await world.jail(["true"])).status, 0);
  const [{ pid }] = portalsOf(world);
  await eventually("the jail is gone", () => monitorsOf(world).length <= 1);
  const asked = world.start(["python3", "-c", STRANGER, world.socket]);
  const { stdout, stderr } = await asked.outcome;
  assert.deepEqual([stdout, stderr], ["replaced\n", ""]);
  await eventually("it ends", () => portalsOf(world).every((portal) => portal.pid !== pid));
});

testAsUser("a portal with a jail does not make room for another build", async (world) => {
  const jail = world.start([world.executable, "run", "--", "sleep", "60"]);
  await eventually("a jail runs", async () => /sleep/.test((await world.run(["ps"])).stdout));
  const { stdout } = await world.start(["python3", "-c", STRANGER, world.socket]).outcome;
  assert.equal(stdout, "error\n");
  assert.match((await world.run(["ps"])).stdout, /sleep/);
  jail.kill("SIGKILL");
  await jail.outcome;
});
