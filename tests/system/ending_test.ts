/** How jails end: statuses, signals, what is left running, what becomes of it. */

import assert from "node:assert/strict";
import { exists, testAsEveryone, testAsUser, type World } from "./harness.ts";
import { eventually, type Started } from "./process.ts";
import { assertNothingLeft, clientsOf, monitorsOf, processesWith, steadyTraces } from "./traces.ts";

testAsEveryone("the status is the application's own", async (world) => {
  for (const status of [0, 1, 2, 99, 125, 126, 127, 128, 255]) {
    assert.equal((await world.inside(`exit ${status}`)).status, status);
  }
});

testAsEveryone("an end by a signal is 128 and its number", async (world) => {
  for (const [name, number] of [["HUP", 1], ["KILL", 9], ["SEGV", 11], ["TERM", 15]] as const) {
    const { status, stderr } = await world.inside(`kill -${name} $$; sleep 60`);
    assert.deepEqual([status, stderr], [128 + number, ""]);
  }
});

testAsUser("signals to the client reach the application", async (world) => {
  for (const name of ["HUP", "INT", "QUIT", "TERM", "USR1", "USR2"] as const) {
    const client = await startTrapping(world, name);
    await signal(client, `SIG${name}`);
    const { status, stdout } = await client.outcome;
    assert.deepEqual([status, stdout], [3, `got ${name}\n`]);
    Deno.removeSync(`${world.work}/ready`);
  }
});

testAsUser("signals that the client was started to ignore end nothing", async (world) => {
  const script = "echo ready > ready; until [ -e go ]; do sleep 0.05; done; exit 5";
  const line = ["nohup", world.executable, "run", "--", "/bin/sh", "-c", script];
  const client = world.start(line);
  await eventually("the application is ready", () => exists(`${world.work}/ready`));
  await signal(client, "SIGHUP");
  await new Promise((resolve) => setTimeout(resolve, 200));
  world.write(`${world.work}/go`, "");
  assert.equal((await client.outcome).status, 5);
});

testAsUser("a signal at the application's first moment reaches it", async (world) => {
  for (let round = 0; round < 10; round++) {
    const client = await startTrapping(world, "USR2");
    client.kill("SIGUSR2");
    const { status, stdout } = await client.outcome;
    assert.deepEqual([status, stdout], [3, "got USR2\n"]);
    Deno.removeSync(`${world.work}/ready`);
  }
});

testAsUser("an application that does not mind a signal goes on", async (world) => {
  const script = "trap '' TERM; echo ready > ready; until [ -e go ]; do sleep 0.05; done; exit 5";
  const client = world.start([world.executable, "run", "--", "/bin/sh", "-c", script]);
  await eventually("the application is ready", () => exists(`${world.work}/ready`));
  await signal(client, "SIGTERM");
  world.write(`${world.work}/go`, "");
  assert.equal((await client.outcome).status, 5);
});

testAsUser("SIGTSTP and SIGCONT stop and continue both, also without a terminal", async (world) => {
  const script = "echo ready > ready; until [ -e go ]; do sleep 0.05; done; touch gone; exit 5";
  const client = world.start([world.executable, "run", "--", "/bin/sh", "-c", script]);
  await eventually("the application is ready", () => exists(`${world.work}/ready`));
  await signal(client, "SIGTSTP");
  const state = () => Deno.readTextFileSync(`/proc/${client.pid}/status`).match(/State:\t(.)/)![1];
  await eventually("the client is stopped", () => state() === "T");
  world.write(`${world.work}/go`, "");
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(exists(`${world.work}/gone`), false);
  client.kill("SIGCONT");
  assert.equal((await client.outcome).status, 5);
});

testAsUser(
  "SIGTERM without a handler ends the application, and the client says so",
  async (world) => {
    const client = await startSleep(world, "4711");
    await signal(client, "SIGTERM");
    assert.equal((await client.outcome).status, 143);
  },
);

testAsEveryone("a client that is killed hangs the application up", async (world) => {
  const script = `trap 'echo hung up > mark; exit' HUP; echo ready > ready
    while :; do sleep 0.05; done`;
  const client = world.start([world.executable, "run", "--", "/bin/bash", "-c", script]);
  await eventually("the application is ready", () => exists(`${world.work}/ready`));
  client.kill("SIGKILL");
  await client.outcome;
  await eventually("the application is hung up", () => exists(`${world.work}/mark`));
});

testAsUser("an application that ignores hanging up is killed", async (world) => {
  const script = "trap '' HUP TERM; echo ready > ready; exec sleep 4712";
  const client = world.start([world.executable, "run", "--", "/bin/sh", "-c", script]);
  await eventually("the application is ready", () => isSleeping("4712"));
  client.kill("SIGKILL");
  await client.outcome;
  await eventually("it is killed", () => !isSleeping("4712"), 5_000);
});

testAsEveryone("what the application leaves running is gone within a second", async (world) => {
  const script = `trap '' HUP TERM
    sleep 4713 & nohup sleep 4713 >/dev/null 2>&1 & setsid sleep 4713 & (setsid sh -c 'sleep 4713 & sleep 4713' &)
    until [ "$(pgrep -c -x sleep)" = 5 ]; do :; done`;
  const { status } = await world.inside(script);
  assert.equal(status, 0);
  await eventually("all of them are gone", () => !isSleeping("4713"), 1_000);
});

testAsEveryone("with linger the jail waits for its last process", async (world) => {
  world.profile("lingering", { [world.work]: "write" }, "[run]\nlinger = true");
  const script =
    "(setsid sh -c 'until [ -e go ]; do sleep 0.05; done; echo done > mark' &); exit 6";
  const client = world.start([
    world.executable,
    ...["run", "--exact", "-p", "lingering", "--", "/bin/sh", "-c", script],
  ]);
  const isListedNoMore = async () => !(await world.run(["ps"])).stdout.includes("exit 6");
  await eventually("the jail runs", async () => !await isListedNoMore());
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(exists(`${world.work}/mark`), false);
  assert.equal(await isListedNoMore(), false);
  world.write(`${world.work}/go`, "");
  assert.equal((await client.outcome).status, 6);
  assert.equal(exists(`${world.work}/mark`), true);
});

testAsUser("with linger and nothing left the jail ends at once, and once", async (world) => {
  world.profile("lingering", { [world.work]: "write" }, "[run]\nlinger = true");
  const command = ["--", "sh", "-c", "exit 6"];
  const { status } = await world.run(["run", "--exact", "-p", "lingering", ...command]);
  assert.equal(status, 6);
  const ends = () => Deno.readTextFileSync(world.log).match(/ jail ended /g)?.length ?? 0;
  await eventually("the log has its end", () => ends() > 0);
  assert.equal(ends(), 1);
});

testAsEveryone("orphans are reaped", async (world) => {
  const script = `for i in 1 2 3 4 5 6 7 8 9 10; do (sh -c 'exec sleep 0.01' &); done
    for try in $(seq 100); do
      pgrep -x sleep >/dev/null || ps -A -o stat= | grep -q Z || { echo none; exit 0; }
      sleep 0.05
    done; ps -A`;
  const { stdout } = await world.inside(script);
  assert.equal(stdout, "none\n");
});

testAsUser(
  "a monitor that is killed takes its jail along, and the client says so",
  async (world) => {
    const client = await startSleep(world, "4714");
    const { stdout } = await world.run(["ps", "--json"]);
    const [{ pid }] = JSON.parse(stdout);
    Deno.kill(pid, "SIGKILL");
    const { status, stderr } = await client.outcome;
    assert.equal(status, 137);
    assert.match(stderr, /^stemjail: [^\n]+\n$/);
    await eventually("nothing of it runs", () => !isSleeping("4714"), 1_000);
    assert.equal((await world.jail(["true"])).status, 0);
  },
);

testAsUser("nothing is left by a client that is killed at any moment", async (world) => {
  await world.startPortal("--warm", "0");
  assert.equal((await world.jail(["true"])).status, 0);
  await eventually("no jail is left", () => monitorsOf(world).length === 0);
  const before = await steadyTraces(world);
  for (let delay = 0; delay < 60; delay += 4) {
    const client = world.start([world.executable, "run", "--", "sleep", "4715"]);
    await new Promise((resolve) => setTimeout(resolve, delay));
    client.kill("SIGKILL");
    await client.outcome;
  }
  await eventually("all jails have ended", () => !isSleeping("4715"), 5_000);
  assert.deepEqual(clientsOf(world), []);
  await assertNothingLeft(world, before);
});

/** Starts an application that tells of a signal, and returns when it is ready to. */
async function startTrapping(world: World, signal: string): Promise<Started> {
  const script = `trap 'echo got ${signal}; exit 3' ${signal}; echo ready > ready
    while :; do sleep 0.05; done`;
  // Whoever starts the tests may have them ignore it.
  const reset = ["env", `--default-signal=${signal}`];
  const client = world.start([...reset, world.executable, "run", "--", "/bin/bash", "-c", script]);
  await eventually("the application is ready", () => exists(`${world.work}/ready`));
  return client;
}

/** Sends a signal to a client once it has a handler for it, so not at its very first moment. */
async function signal(client: Started, name: Deno.Signal): Promise<void> {
  const userSignal = 1n << 9n;
  await eventually("the client listens", () => {
    const status = Deno.readTextFileSync(`/proc/${client.pid}/status`);
    return (BigInt(`0x${status.match(/SigCgt:\t(\w+)/)![1]}`) & userSignal) !== 0n;
  });
  client.kill(name);
}

async function startSleep(world: World, seconds: string): Promise<Started> {
  const client = world.start([world.executable, "run", "--", "sleep", seconds]);
  await eventually("the application runs", () => isSleeping(seconds));
  return client;
}

function isSleeping(seconds: string): boolean {
  return processesWith(seconds).some(({ command }) => command[0] === "sleep");
}
