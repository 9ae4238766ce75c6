/**
 * Random messages over the real sockets: from inside jails to their monitors, each answer compared
 * with what the definitions say; and to the portal. Both keep their memory and descriptors.
 */

import assert from "node:assert/strict";
import { encodeFrame } from "../../src/protocol/frame.ts";
import { assertRan, corpus, install, profile, withoutPlainProfile } from "../attack/attacker.ts";
import { exists, testAsUser, type World } from "../system/harness.ts";
import { eventually } from "../system/process.ts";
import { descriptorsOf, monitorsOf, portalsOf } from "../system/traces.ts";
import { breakBytes, makeAny } from "./client_frames.ts";
import { Model, MODEL_DIRECTORIES, modelDomains, modelRoots } from "./model.ts";
import { chooseSeed, Random } from "./random.ts";
import { makeMessage } from "./shim_messages.ts";

const JAILS = 10;
const MESSAGES = Number(Deno.env.get("STEMJAIL_FUZZ_SOCKET_MESSAGES") ?? 50_000) / JAILS;
const CLIENTS = Number(Deno.env.get("STEMJAIL_FUZZ_CLIENTS") ?? 20_000);
const MAXIMUM_GROWTH_KIB = 96 * 1024;

function residentKib(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1]);
}

/** Sends messages from inside a jail in a second round; how much its monitor grew meanwhile. */
async function replayTwice(world: World, name: string, files: [string, string]): Promise<string> {
  const attacker = `${world.base}/attacker/attacker`;
  const report = `while [ ! -e go ]; do sleep 0.02; done; rm go`;
  const script = `${attacker} replay ${files[0]}; touch half; ${report}; ` +
    `${attacker} replay ${files[1]}; touch half; ${report}`;
  const jail = world.start([world.executable, "run", "--", "/bin/sh", "-c", script], {
    patience: 120_000,
  });
  const pid = async () => JSON.parse((await world.run(["ps", "--json"])).stdout)[0].pid as number;
  const half = async () => {
    await eventually(`half of ${name}`, () => exists(`${world.work}/half`), 60_000);
    Deno.removeSync(`${world.work}/half`);
  };
  await half();
  const monitor = await pid();
  const before = { memory: residentKib(monitor), descriptors: descriptorsOf(monitor).length };
  world.write(`${world.work}/go`, "");
  await half();
  const growth = residentKib(monitor) - before.memory;
  const settled = () => descriptorsOf(monitor).length <= before.descriptors;
  await eventually("descriptors are as before", settled);
  assert.ok(growth < MAXIMUM_GROWTH_KIB, `the monitor grew by ${growth} KiB`);
  world.write(`${world.work}/go`, "");
  const outcome = await jail.outcome;
  assertRan(outcome);
  return outcome.stdout.replaceAll("\n", "");
}

testAsUser("monitors answer random messages as the definitions do", async (world) => {
  const random = new Random(chooseSeed());
  install(world);
  withoutPlainProfile(world);
  const base = `${world.home}/tree`;
  world.directory(base);
  for (const name of MODEL_DIRECTORIES) world.directory(`${base}/${name}`);
  const domains = modelDomains(base);
  for (const { name, binds } of domains) {
    const paths = Object.fromEntries(
      binds.map(({ path, write }) => [path, write ? "write" : "read"] as const),
    );
    profile(world, name, { [world.work]: "write", ...paths });
  }
  const system = ["/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc", `${world.base}/attacker`];
  const common = [
    { path: world.work, write: true },
    ...system.filter(exists).map((path) => ({ path, write: false })),
  ];
  const all = domains.map(({ name, binds }) => ({ name, binds: [...binds, ...common] }));
  const tally: Record<string, number> = {};
  for (let jail = 0; jail < JAILS; jail++) {
    const model = new Model(all);
    const messages = Array.from({ length: MESSAGES }, () => makeMessage(random, modelRoots(base)));
    const expected = messages.map((message) => model.answer(message));
    const files = [messages.slice(0, MESSAGES / 2), messages.slice(MESSAGES / 2)]
      .map((part, index) => corpus(world, `messages-${index}`, part)) as [string, string];
    const answers = await replayTwice(world, `jail ${jail}`, files);
    assert.equal(answers.length, messages.length);
    for (const [index, answer] of [...answers].entries()) {
      tally[answer] = (tally[answer] ?? 0) + 1;
      assert.equal(answer, expected[index], `message ${index} of jail ${jail}: ${messages[index]}`);
    }
  }
  console.log(`  ${JSON.stringify(tally)}`);
});

testAsUser("a portal answers or hangs up, whatever comes, and stays as it was", async (world) => {
  const random = new Random(chooseSeed());
  install(world);
  const version = (await world.run(["--version"])).stdout.trim();
  const jail = world.start([world.executable, "run", "--", "sleep", "100"], { patience: 120_000 });
  await eventually("a jail runs", async () => /sleep/.test((await world.run(["ps"])).stdout));
  await eventually("another monitor waits", () => monitorsOf(world).length === 2);
  const [{ pid }] = portalsOf(world);
  const send = async () => {
    const frames = Array.from({ length: CLIENTS / 2 }, () => {
      const frame = encodeFrame(
        makeAny(random, version) ?? null,
        random.once(10) ? random.below(256) : 0,
      );
      return random.once(3) ? breakBytes(random, frame) : frame;
    }).filter(({ length }) => length > 0);
    const file = corpus(world, "frames", frames);
    const attacker = `${world.base}/attacker/attacker`;
    const outcome = await world.start([attacker, "stream", file, world.socket], {
      patience: 120_000,
    }).outcome;
    assertRan(outcome);
    assert.equal(outcome.stdout.trimEnd().length, frames.length);
    assert.doesNotMatch(outcome.stdout, /t/, "a connection was left open");
    return outcome.stdout;
  };
  await send();
  const before = { memory: residentKib(pid), descriptors: descriptorsOf(pid).length };
  const answers = await send();
  assert.match(answers, /r/);
  assert.deepEqual(portalsOf(world).map((portal) => portal.pid), [pid]);
  const settled = () => descriptorsOf(pid).length <= before.descriptors;
  await eventually("descriptors are as before", settled);
  const growth = residentKib(pid) - before.memory;
  assert.ok(growth < MAXIMUM_GROWTH_KIB, `the portal grew by ${growth} KiB`);
  assertRan(await world.run(["run", "--", "true"]));
  jail.kill("SIGTERM");
  await jail.outcome;
});
