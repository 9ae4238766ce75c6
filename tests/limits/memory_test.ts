/** Where the memory controller can be had, what a jail takes of memory is its own concern. */

import assert from "node:assert/strict";
import { eventually } from "../system/process.ts";
import { limits, startJail, testDelegated } from "./delegated.ts";
import { isMemoryHere } from "./delegation.ts";

const MIB = 1024 * 1024;

/** Takes memory, piece by piece, and uses it; three processes of it. */
const HOG = `
import os
os.fork(); os.fork()
pieces = []
while True: pieces.append(b"x" * (8 << 20))
`;

const testMemory: typeof testDelegated = isMemoryHere() ? testDelegated : (name) => {
  console.error(`NOT PROVED, as this machine has the memory controller in version 1: ${name}`);
};

testMemory("A jail that takes all memory ends, and nothing else does", async (
  delegation,
  world,
) => {
  const portal = await delegation.startPortal();
  const other = await startJail(delegation, "sleep 100");
  limits(world, "memory_mb = 300");
  const started = await startJail(delegation, `exec python3 -c '${HOG}'`);
  assert.equal(delegation.read(`${started.group}/memory.max`), String(300 * MIB));
  const { status, stderr } = await started.outcome;
  assert.equal(status, 137);
  assert.match(stderr, /^stemjail: The jail's monitor died.*\n$/);
  await eventually("its cgroup goes", () => !delegation.jails.includes(started.group));
  assert.notEqual(delegation.read(`${other.group}/inside/cgroup.procs`), "", "the other one lives");
  assert.equal((await world.inside("echo ran")).stdout, "ran\n");
  portal.kill("SIGTERM");
  const { stderr: log } = await portal.outcome;
  assert.match(log, new RegExp(`warning a jail ran out of memory, .*"${started.group}"`));
});

testMemory("A jail has the memory that its profiles say, or a share of all", async (
  delegation,
  world,
) => {
  await delegation.startPortal();
  const [, total] = /^MemTotal: +(\d+) kB$/m.exec(Deno.readTextFileSync("/proc/meminfo"))!;
  const page = 4096;
  const share = Math.floor(Number(total) * 1024 * 0.75 / page) * page;
  for (
    const [text, memory, swap] of [
      ["", String(share), "0"],
      ["memory_mb = 512", String(512 * MIB), "0"],
      ["memory_mb = 0", "max", "max"],
    ]
  ) {
    limits(world, text);
    const { group } = await startJail(delegation, "sleep 100");
    assert.equal(delegation.read(`${group}/memory.max`), memory);
    assert.equal(delegation.read(`${group}/memory.swap.max`), swap);
    assert.equal(delegation.read(`${group}/memory.oom.group`), "1");
  }
});

testMemory("A program that needs less than its jail may have runs", async (delegation, world) => {
  limits(world, "memory_mb = 128\nrequired = true");
  await delegation.startPortal("", "--warm", "0");
  // Cold, all that its monitor needs counts too.
  const script = "x = b'x' * (40 << 20); print(len(x))";
  const { stdout, stderr } = await world.jail(["/usr/bin/python3", "-c", script]);
  assert.deepEqual([stdout, stderr], [`${40 * MIB}\n`, ""]);
});
