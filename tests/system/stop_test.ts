/** `stemjail stop` ends a jail, whatever its application and its monitor do. */

import assert from "node:assert/strict";
import { Tracer } from "../fault/strace.ts";
import { exists, testAsEveryone, testAsUser, testWithRoot, type World } from "./harness.ts";
import { eventually, type Started } from "./process.ts";
import { processesWith } from "./traces.ts";

/** A jail that is up. */
interface Up {
  readonly client: Started;
  /** Its monitor's process. */
  readonly pid: number;
}

/** Starts a script, which says when it is ready, and then waits. */
async function startWaiting(world: World, trap: string, seconds: string): Promise<Up> {
  const script = `trap ${trap} TERM; sleep ${seconds} & echo ready > ready
    while :; do wait; done`;
  const client = world.start([world.executable, "run", "--", "/bin/bash", "-c", script]);
  await eventually("the application is ready", () => exists(`${world.work}/ready`));
  const [{ pid }] = JSON.parse((await world.run(["ps", "--json"])).stdout);
  return { client, pid };
}

/** Stops the jail, and expects that nothing of it is left when the command returns. */
async function stop(world: World, { client }: Up, seconds: string) {
  const start = performance.now();
  const { status, stderr } = await world.run(["stop", "1"]);
  const duration = performance.now() - start;
  assert.equal(processesWith(seconds).length, 0, stderr);
  assert.equal((await world.run(["ps"])).stdout.split("\n").filter(Boolean).length <= 1, true);
  const { status: ofClient, stderr: told } = await client.outcome;
  return { status, stderr, duration, client: ofClient, told };
}

testAsEveryone(
  "stop ends an application by SIGTERM, and returns when it is gone",
  async (world) => {
    const up = await startWaiting(world, "'echo mark > mark; exit 3'", "4716");
    const { status, stderr, client, told } = await stop(world, up, "4716");
    assert.deepEqual([status, stderr, client, told], [0, "", 3, ""]);
    assert.equal(exists(`${world.work}/mark`), true);
  },
);

testAsUser("stop kills an application that does not mind SIGTERM", async (world) => {
  const up = await startWaiting(world, "''", "4717");
  const { status, stderr, duration, client, told } = await stop(world, up, "4717");
  assert.equal(status, 0);
  assert.match(stderr, /^stemjail: Jail 1 was killed: its processes did not .* SIGTERM\n$/);
  assert.ok(duration >= 2000 && duration < 4500, `${duration} ms`);
  assert.deepEqual([client, told], [137, ""]);
});

testAsUser(
  "stop lets a monitor go on that was stopped, and the application ends",
  async (world) => {
    const up = await startWaiting(world, "'echo mark > mark; exit 3'", "4718");
    Deno.kill(up.pid, "SIGSTOP");
    const { status, stderr, client } = await stop(world, up, "4718");
    assert.deepEqual([status, stderr, client], [0, "", 3]);
    assert.equal(exists(`${world.work}/mark`), true);
  },
);

/** Holds the first thread of a process as a debugger would, until the process is killed: ptrace(2). */
const HOLD = `import ctypes, os, sys
pid, (SEIZE, INTERRUPT), ALL = int(sys.argv[1]), (0x4206, 0x4207), 0x40000000
for request in SEIZE, INTERRUPT:
    if ctypes.CDLL(None).ptrace(request, pid, 0, 0): sys.exit("it cannot be held")
while os.WIFSTOPPED(os.waitpid(pid, ALL)[1]): pass`;

testWithRoot("stop kills a monitor that does not answer", async (world) => {
  const up = await startWaiting(world, "'exit 3'", "4719");
  const hold = world.start(["python3", "-c", HOLD, String(up.pid)], { asRoot: true });
  const isHeld = () => /State:\tt/.test(Deno.readTextFileSync(`/proc/${up.pid}/status`));
  await eventually("it is held", isHeld);
  const { status, stderr, duration, client, told } = await stop(world, up, "4719");
  assert.equal(stderr, "stemjail: Jail 1 was killed: its monitor did not answer\n");
  assert.equal(status, 0);
  assert.ok(duration >= 3000 && duration < 5500, `${duration} ms`);
  assert.equal(client, 137);
  assert.match(told, /^stemjail: The jail's monitor died/);
  assert.equal((await hold.outcome).stderr, "");
});

testWithRoot("stop says so where the kernel does not end a jail", async (world) => {
  const up = await startWaiting(world, "'exit 3'", "4721");
  // Also a process that was killed waits for its tracer.
  const hang = ["-e", "trace=epoll_wait", "-e", "inject=epoll_wait:delay_enter=60000000"];
  const tracer = await Tracer.attach(world, up.pid, hang);
  const { status, stderr } = await world.run(["stop", "1"]);
  assert.equal(status, 1);
  assert.match(
    stderr,
    new RegExp(`^stemjail: Cannot end jail 1: process ${up.pid} was killed.*\n$`),
  );
  await tracer.detach();
  assert.equal((await up.client.outcome).status, 137);
});

testAsUser("a client that asked to stop a jail and went away changes nothing", async (world) => {
  const up = await startWaiting(world, "''", "4720");
  const asker = world.start([world.executable, "stop", "1"]);
  await new Promise((resolve) => setTimeout(resolve, 500));
  asker.kill("SIGKILL");
  const both = await Promise.all([world.run(["stop", "1"]), world.run(["stop", "1"])]);
  assert.deepEqual(both.map(({ status }) => status), [0, 0]);
  assert.equal((await up.client.outcome).status, 137);
  assert.equal((await world.jail(["true"])).status, 0);
});
