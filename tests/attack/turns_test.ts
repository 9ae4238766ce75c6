/** A58-A60: processes take turns at the monitor, however many connections and requests one has. */

import assert from "node:assert/strict";
import { exists, testAsEveryone, type World } from "../system/harness.ts";
import { eventually } from "../system/process.ts";
import {
  assertRan,
  attack,
  install,
  profile,
  runningJails,
  withoutPlainProfile,
} from "./attacker.ts";

interface Queue {
  readonly processes: number;
  readonly connections: number;
  readonly requests: number;
}

/** Queues requests, and then asks once: how many were answered before that, after it, and not at all. */
async function queue(
  world: World,
  { processes, connections, requests }: Queue,
): Promise<Record<"before" | "after" | "lost", number>> {
  const { work } = world;
  const jail = world.start([
    ...[world.executable, "run", "--", `${world.base}/attacker/attacker`, "turns"],
    ...[work, `${world.home}/a`, processes, connections, requests].map(String),
  ]);
  await eventually("all are connected", () => exists(`${work}/connected`));
  const [{ pid }] = await runningJails(world);
  Deno.kill(pid, "SIGSTOP");
  try {
    world.write(`${work}/stopped`, "");
    await eventually("the question is on its way", () => exists(`${work}/asked`));
  } finally {
    Deno.kill(pid, "SIGCONT");
  }
  const outcome = await jail.outcome;
  assertRan(outcome);
  for (const name of ["connected", "stopped", "asked"]) Deno.removeSync(`${work}/${name}`);
  const counts = [...outcome.stdout.matchAll(/(\w+)=(\d+)/g)].map(([, key, value]) =>
    [key, Number(value)] as const
  );
  return Object.fromEntries(counts) as Record<"before" | "after" | "lost", number>;
}

testAsEveryone("A60: who asks once waits for one request of each other process", async (world) => {
  install(world);
  withoutPlainProfile(world);
  for (const name of ["a", "b"]) {
    world.directory(`${world.home}/${name}`);
    profile(world, name, { [world.work]: "write", [`${world.home}/${name}`]: "read" });
  }
  for (
    const [processes, connections, requests] of [[1, 1, 20], [1, 200, 5], [6, 40, 5], [40, 2, 5]]
  ) {
    const all = processes * connections * requests;
    const { before, after, lost } = await queue(world, { processes, connections, requests });
    assert.deepEqual({ all: before + after, lost }, { all, lost: 0 });
    // One for the round that was under way when the monitor was stopped.
    assert.ok(before <= 2 * processes, `${before} of ${all} requests were answered before`);
  }
});

testAsEveryone(
  "A59: who asks without listening is heard later, and loses no answer",
  async (world) => {
    install(world);
    profile(world, "flooder", { [world.work]: "write" });
    const output = await attack(world, ["deaf", world.work, "r", "3000"], { profile: "flooder" });
    assert.equal(output, "other=0 answers=3000\n");
  },
);

/** Where each denial took milliseconds, it would be a minute. */
const PATIENCE = 20_000;

testAsEveryone(
  "A60: to say why a long path is denied is no more work than a short one",
  async (world) => {
    install(world);
    profile(world, "flooder", { [world.work]: "write" });
    const path = `/usr${"/a".repeat(2045)}`;
    const difference = { profile: "flooder", patience: PATIENCE };
    const output = await attack(world, ["deaf", path, "w", "4000"], difference);
    assert.equal(output, "other=1 answers=4000\n");
  },
);
