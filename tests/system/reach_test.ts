/** Reaching a portal: what a client learns of one that will not, or cannot, serve it. */

import assert from "node:assert/strict";
import { exists, testAsUser, type World } from "./harness.ts";
import { eventually } from "./process.ts";
import { portalsOf } from "./traces.ts";

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
  const isIdle = async () => (await world.run(["ps"])).stdout.split("\n").length === 2;
  await eventually("no jail is left", isIdle);
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

testAsUser(
  "a portal says why it does not serve a client of another user namespace",
  async (world) => {
    assert.equal((await world.jail(["true"])).status, 0);
    for (const line of [["run", "--", "true"], ["ps"], ["stop", "1"]]) {
      const asked = world.start([
        "unshare",
        "--user",
        "--map-root-user",
        world.executable,
        ...line,
      ]);
      const { status, stdout, stderr } = await asked.outcome;
      assert.deepEqual([status, stdout], [125, ""]);
      assert.match(stderr, /^stemjail: The portal is of another user namespace; set [^\n]+\n$/);
    }
    assert.equal(portalsOf(world).length, 1);
  },
);

/**
 * Has a portal's place, and serves so many clients so: says something at once, if it has anything to
 * say, and closes unheard.
 */
const DEAF = `
import fcntl, os, socket, struct, sys
path, body, count = sys.argv[1], sys.argv[2].encode(), int(sys.argv[3])
lock = open(path + ".lock", "w")
fcntl.flock(lock, fcntl.LOCK_EX)
print(os.getpid(), file=lock, flush=True)
listener = socket.socket(socket.AF_UNIX)
listener.bind(path)
listener.listen()
for _ in range(count):
    connection, _ = listener.accept()
    if body: connection.sendall(struct.pack("<I", len(body)) + body)
    connection.close()
`;

testAsUser("what was said before a request was heard whole is its answer", async (world) => {
  const socket = `${world.runtime}/deaf`;
  const reply = JSON.stringify({ type: "error", message: "There is no room", status: 125 });
  const server = world.start(["python3", "-c", DEAF, socket, reply, "1"]);
  await eventually("the server listens", () => exists(socket));
  // More than the socket takes before somebody reads it.
  const large = Array.from({ length: 10 }, (_, index) => [`LARGE${index}`, "x".repeat(100_000)]);
  const env = Object.fromEntries([...large, ["STEMJAIL_SOCKET", socket]]);
  const { status, stderr } = await world.jail(["true"], { env });
  assert.deepEqual([status, stderr], [125, "stemjail: There is no room\n"]);
  assert.equal((await server.outcome).status, 0);
});

testAsUser("a client says that a portal runs but does not listen", async (world) => {
  const socket = `${world.runtime}/deaf`;
  // More than the client tries.
  const server = world.start(["python3", "-c", DEAF, socket, "", "99"]);
  await eventually("the server listens", () => exists(socket));
  const { status, stderr } = await world.jail(["true"], { env: { STEMJAIL_SOCKET: socket } });
  assert.equal(status, 125);
  assert.match(
    stderr,
    /^stemjail: Cannot reach the portal at "[^"]+": it runs, and does not listen; [^\n]+\n$/,
  );
  server.kill("SIGTERM");
  await server.outcome;
});
