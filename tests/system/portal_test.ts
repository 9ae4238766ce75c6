/** The portal: one for a user and a socket, started when it is needed, ended cleanly. */

import assert from "node:assert/strict";
import { exists, testAsEveryone, testAsUser } from "./harness.ts";
import { eventually } from "./process.ts";
import { descriptorsOf, monitorsOf, portalsOf, processesOf, processesWith } from "./traces.ts";
import type { World } from "./world.ts";

testAsEveryone("a portal in the foreground says one line when it is ready", async (world) => {
  const portal = await world.startPortal();
  portal.kill("SIGTERM");
  const { status, stdout, stderr } = await portal.outcome;
  assert.deepEqual([status, stdout], [0, ""]);
  const [ready, ...others] = stderr.trimEnd().split("\n");
  assert.match(ready, /^\S+Z info portal ready socket="[^"]+" profiles=1$/);
  assert.equal(ready.includes(world.socket), true);
  assert.match(others.join("\n"), /^\S+Z info portal ends reason="SIGTERM" jails=0$/);
});

testAsEveryone("SIGINT and SIGTERM end it, its jails, and its socket", async (world) => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    const portal = await world.startPortal();
    const script =
      "trap 'echo asked to end; exit 7' TERM; echo ready > ready; while :; do sleep 0.05; done";
    const client = world.start([world.executable, "run", "--", "/bin/bash", "-c", script]);
    await eventually("the application is ready", () => exists(`${world.work}/ready`));
    portal.kill(signal);
    const { status, stdout } = await client.outcome;
    assert.deepEqual([status, stdout], [7, "asked to end\n"]);
    assert.equal((await portal.outcome).status, 0);
    assert.equal(exists(world.socket), false);
    assert.deepEqual(processesOf(world), []);
    Deno.removeSync(`${world.work}/ready`);
  }
});

testAsUser("a jail that does not mind is ended with its portal all the same", async (world) => {
  const portal = await world.startPortal();
  const script = "trap '' TERM HUP; echo ready > ready; exec sleep 4731";
  const client = world.start([world.executable, "run", "--", "/bin/sh", "-c", script]);
  await eventually("the application is ready", () => processesWith("4731").some(isSleep));
  portal.kill("SIGTERM");
  assert.equal((await portal.outcome).status, 0);
  assert.equal((await client.outcome).status, 137);
  assert.deepEqual(processesWith("4731").filter(isSleep), []);
});

testAsEveryone("a second portal says which process has the place", async (world) => {
  const portal = await world.startPortal();
  const { status, stdout, stderr } = await world.run(["portal"]);
  assert.deepEqual([status, stdout], [1, ""]);
  const [{ pid }] = portalsOf(world);
  assert.match(stderr, new RegExp(`^stemjail: [^\\n]*process ${pid} [^\\n]*\\n$`));
  assert.equal(stderr.includes(world.socket), true);
  assert.equal((await world.jail(["true"])).status, 0);
  portal.kill("SIGTERM");
  await portal.outcome;
});

testAsUser("two portals on two sockets know nothing of each other", async (world) => {
  const first = await world.startPortal();
  const socket = `${world.runtime}/other`;
  const second = world.start([world.executable, "portal", "--socket", socket]);
  await eventually("the second serves", () => exists(socket));
  const client = world.start([
    world.executable,
    "run",
    `--socket=${socket}`,
    "--",
    "sleep",
    "4732",
  ]);
  await eventually("the jail runs", () => processesWith("4732").some(isSleep));
  assert.match((await world.run(["ps", "--socket", socket])).stdout, /sleep 4732/);
  assert.doesNotMatch((await world.run(["ps"])).stdout, /sleep 4732/);
  assert.match(
    (await world.run(["ps"], { env: { STEMJAIL_SOCKET: socket } })).stdout,
    /sleep 4732/,
  );
  second.kill("SIGTERM");
  assert.equal((await client.outcome).status, 143);
  await second.outcome;
  assert.equal((await world.jail(["true"])).status, 0);
  first.kill("SIGTERM");
  await first.outcome;
});

testAsEveryone("a stale socket is taken over", async (world) => {
  const portal = await world.startPortal();
  portal.kill("SIGKILL");
  await portal.outcome;
  assert.equal(exists(world.socket), true);
  const next = await world.startPortal();
  assert.equal((await world.jail(["echo", "served"])).stdout, "served\n");
  next.kill("SIGTERM");
  await next.outcome;
});

testAsEveryone(
  "a run starts a portal in the background where none is, with a log",
  async (world) => {
    const { status, stdout, stderr } = await world.jail(["echo", "first"]);
    assert.deepEqual([status, stdout, stderr], [0, "first\n", ""]);
    const [{ pid }] = portalsOf(world);
    assert.equal((await world.jail(["echo", "second"])).stdout, "second\n");
    assert.deepEqual(portalsOf(world).map((portal) => portal.pid), [pid]);
    const log = Deno.readTextFileSync(world.log);
    assert.match(log, /^\S+Z info portal ready /m);
    assert.match(log, /^\S+Z info jail started jail="1" domain="plain"$/m);
    assert.match(log, /^\S+Z info jail ended jail="1" status=0$/m);
    assert.equal(Deno.statSync(world.log).mode! & 0o777, 0o600);
  },
);

testAsUser("a portal in the background holds nothing of the run that started it", async (world) => {
  await world.shell("exec 5<>five; stemjail run -- true > out < /dev/null");
  const [{ pid }] = portalsOf(world);
  const open = descriptorsOf(pid);
  assert.deepEqual(open.filter((line) => line.includes(world.work)), []);
  assert.equal(Deno.readLinkSync(`/proc/${pid}/cwd`), "/");
  const [, , , , group, session] = Deno.readTextFileSync(`/proc/${pid}/stat`).split(" ");
  assert.deepEqual([group, session], [String(pid), String(pid)]);
});

testAsUser(
  "a hangup of the user's shell does not end a portal in the background",
  async (world) => {
    await world.shell("(stemjail run -- true)");
    await world.shell("kill -HUP 0", {}).catch(() => {});
    assert.equal(portalsOf(world).length, 1);
  },
);

testAsEveryone("twenty runs at once with no portal start exactly one", async (world) => {
  const script = "for i in $(seq 20); do stemjail run -- echo ran & done; wait";
  const { stdout, stderr } = await world.shell(script, { patience: 60_000 });
  assert.equal(stderr, "");
  assert.equal(stdout, "ran\n".repeat(20));
  assert.equal(portalsOf(world).length, 1);
  assert.equal(Deno.readTextFileSync(world.log).match(/portal ready/g)?.length, 1);
});

testAsUser(
  "runs at once with no portal and a bad profile all hear what is wrong",
  async (world) => {
    world.write(`${world.profiles}/broken.toml`, 'name = "broken"\n[[fs.bind]]\npath = "/proc"\n');
    const script = "for i in 1 2 3 4 5 6; do (stemjail run -- true; echo status $?) & done; wait";
    const { stdout, stderr } = await world.shell(script, { patience: 60_000 });
    assert.equal(stdout, "status 125\n".repeat(6));
    assert.equal(
      stderr.match(/^stemjail: .*broken\.toml:3:\d+: .*"\/proc".*$/gm)?.length,
      6,
      stderr,
    );
  },
);

testAsEveryone("jails survive a portal that was killed, and a new one serves", async (world) => {
  assert.equal((await world.jail(["true"])).status, 0);
  const script = "until [ -e go ]; do sleep 0.05; done; cat; echo in $PWD; exit 4";
  const client = world.start([world.executable, "run", "--", "/bin/sh", "-c", script], {
    stdin: "still read\n",
  });
  await eventually("the jail runs", async () => (await world.run(["ps"])).stdout.includes("until"));
  const [portal] = portalsOf(world);
  Deno.kill(portal.pid, "SIGKILL");
  await eventually("the portal is gone", () => portalsOf(world).length === 0);
  assert.equal((await world.jail(["echo", "served again"])).stdout, "served again\n");
  assert.notEqual(portalsOf(world)[0].pid, portal.pid);
  world.write(`${world.work}/go`, "");
  const { status, stdout } = await client.outcome;
  assert.deepEqual([status, stdout], [4, `still read\nin ${world.work}\n`]);
});

testAsUser("a portal whose socket was removed ends, after its jails", async (world) => {
  for (const removed of [`${world.runtime}/stemjail`, world.socket]) {
    const jail = world.inside("until [ -e go ]; do sleep 0.05; done; echo still here");
    await eventually("it runs", async () => (await world.run(["ps"])).stdout.includes("until"));
    const [first] = portalsOf(world);
    Deno.removeSync(removed, { recursive: true });
    assert.equal((await world.jail(["echo", "ran"])).stdout, "ran\n");
    assert.equal(portalsOf(world).length, 2, "the first one has a jail");
    world.write(`${world.work}/go`, "");
    assert.equal((await jail).stdout, "still here\n");
    await eventually("it ends", () => portalsOf(world).every(({ pid }) => pid !== first.pid));
    assert.equal(portalsOf(world).length, 1);
    assert.equal((await world.run(["stop", "0"])).stderr.includes("No such jail"), true);
    Deno.removeSync(`${world.work}/go`);
  }
});

testAsUser("a portal stays whose socket is out of reach for a while", async (world) => {
  const portal = await world.startPortal();
  const directory = `${world.runtime}/stemjail`;
  Deno.chmodSync(directory, 0);
  await new Promise((resolve) => setTimeout(resolve, 200));
  Deno.chmodSync(directory, 0o700);
  assert.equal((await world.jail(["echo", "started"])).stdout, "started\n");
  assert.deepEqual(portalsOf(world).map(({ pid }) => pid), [portal.pid]);
});

testAsUser("a monitor that waits ends with a portal that was killed", async (world) => {
  assert.equal((await world.jail(["true"])).status, 0);
  await waitingMonitor(world);
  Deno.kill(portalsOf(world)[0].pid, "SIGKILL");
  await eventually("nothing is left", () => processesOf(world).length === 0);
});

testAsUser("--warm 0 keeps no monitor waiting, and jails start all the same", async (world) => {
  const portal = await world.startPortal("--warm", "0");
  assert.equal((await world.jail(["echo", "started"])).stdout, "started\n");
  await eventually("its monitor is gone", () => monitorsOf(world).length === 0);
  portal.kill("SIGTERM");
  await portal.outcome;
});

testAsUser("a waiting monitor that was killed is replaced", async (world) => {
  assert.equal((await world.jail(["true"])).status, 0);
  const pid = await waitingMonitor(world);
  Deno.kill(pid, "SIGKILL");
  await eventually("the portal has noticed", () => !exists(`/proc/${pid}`));
  const { stdout, stderr } = await world.jail(["echo", "started"]);
  assert.deepEqual([stdout, stderr], ["started\n", ""]);
});

testAsUser("the log is as JSON and as detailed as the options say", async (world) => {
  const portal = await world.startPortal("--log-json", "--log-level=debug");
  await world.jail(["true"]);
  await eventually(
    "the jail has ended",
    async () => (await world.run(["ps"])).stdout.split("\n").length === 2,
  );
  portal.kill("SIGTERM");
  const lines = (await portal.outcome).stderr.trimEnd().split("\n").map((line) => JSON.parse(line));
  const messages = lines.map(({ level, message }) => `${level} ${message}`);
  for (const expected of ["info portal ready", "info jail started", "debug monitor gone"]) {
    assert.equal(messages.includes(expected), true, `${expected} is not in ${messages.join(", ")}`);
  }
  const quiet = await world.startPortal("--log-level", "error");
  await world.jail(["true"]);
  quiet.kill("SIGTERM");
  assert.equal((await quiet.outcome).stderr, "");
});

testAsUser(
  "without an absolute XDG_RUNTIME_DIR the socket is in a directory of the user's in /tmp",
  async (world) => {
    const directory = `/tmp/stemjail-${world.user.uid}`;
    for (const XDG_RUNTIME_DIR of [undefined, "relative"]) {
      const { stdout, stderr } = await world.jail(["echo", "ran"], { env: { XDG_RUNTIME_DIR } });
      assert.deepEqual([stdout, stderr], ["ran\n", ""]);
    }
    assert.equal(portalsOf(world).length, 1);
    const { mode, uid } = Deno.lstatSync(directory);
    assert.deepEqual([mode! & 0o7777, uid], [0o700, world.user.uid]);
    for (const { pid } of portalsOf(world)) Deno.kill(pid, "SIGTERM");
    await eventually("the portal ends", () => portalsOf(world).length === 0);
    Deno.removeSync(directory, { recursive: true });
  },
);

function isSleep({ command }: { command: readonly string[] }): boolean {
  return command[0] === "sleep";
}

testAsUser("a profile that appears, changes or goes is so for the next run", async (world) => {
  assert.equal((await world.jail(["true"])).status, 0);
  world.profile("later", {}, '[run]\ncmd = ["/bin/echo", "one"]');
  assert.equal((await world.run(["run", "-p", "later"])).stdout, "one\n");
  world.profile("later", {}, '[run]\ncmd = ["/bin/echo", "two"]');
  assert.equal((await world.run(["run", "-p", "later"])).stdout, "two\n");
  Deno.removeSync(`${world.profiles}/later.toml`);
  const { status, stderr } = await world.run(["run", "-p", "later"]);
  assert.deepEqual([status, /^stemjail: No such profile "later"/.test(stderr)], [125, true]);
  assert.equal(portalsOf(world).length, 1);
});

testAsUser(
  "profiles that become wrong leave the last good ones in force, and that is said",
  async (world) => {
    assert.equal((await world.jail(["true"])).status, 0);
    world.write(`${world.profiles}/broken.toml`, 'name = "broken"\nbad = 1\n');
    const { status, stdout, stderr } = await world.jail(["echo", "ran"]);
    assert.deepEqual([status, stdout], [0, "ran\n"]);
    assert.match(stderr, /^stemjail: [^\n]*broken\.toml:2:1[^\n]*\n$/);
    const named = await world.run(["run", "-p", "broken", "--", "true"]);
    assert.equal(named.status, 125);
    assert.match(
      named.stderr,
      /^stemjail: No such profile "broken"[^\n]*broken\.toml:2:1[^\n]*\n$/,
    );
    Deno.removeSync(`${world.profiles}/broken.toml`);
    assert.equal((await world.jail(["echo", "ran"])).stderr, "");
  },
);

/** The one that waits for a jail, once that of the last jail is gone. */
async function waitingMonitor(world: World): Promise<number> {
  await eventually(
    "no jail runs",
    async () => (await world.run(["ps", "--json"])).stdout === "[]\n",
  );
  let monitors = monitorsOf(world);
  await eventually("a monitor waits", () => (monitors = monitorsOf(world)).length === 1);
  return monitors[0].pid;
}
