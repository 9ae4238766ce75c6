/**
 * A57-A60: floods of a monitor. Somebody in the same jail who means well is answered all the while,
 * other jails notice nothing, and the monitor is as before afterwards. The figures are printed.
 */

import assert from "node:assert/strict";
import { exists, testAsEveryone, type World } from "../system/harness.ts";
import { eventually } from "../system/process.ts";
import {
  assertAllFailed,
  assertRan,
  install,
  judgements,
  profile,
  runningJails,
} from "./attacker.ts";

const MILLISECONDS = 1500;
/** Far above what an idle machine needs; what takes longer hangs. */
const PATIENCE = 20_000;
/** Connections that a monitor keeps, and what it has open besides. */
const MAXIMUM_DESCRIPTORS = 600;
const MAXIMUM_GROWTH_KIB = 160 * 1024;

const kinds = [
  ...["hold", "half-closed", "connect-close", "deaf", "granted", "denied"],
  ...["long", "distinct", "garbage", "labyrinth", "maze", "long-denied"],
];

function residentKib(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1]);
}

function descriptorsIn(pid: number): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
}

/** Attacks while another jail of the same portal is started again and again. */
async function flood(world: World, kind: string): Promise<string> {
  const script = `touch up; while [ ! -e go ]; do sleep 0.05; done; ` +
    `${world.base}/attacker/attacker flood ${MILLISECONDS} ${world.work} ${world.home}/no ${kind} ` +
    `> out; touch done; while [ -e go ]; do sleep 0.05; done`;
  const jail = world.start(
    [world.executable, "run", "-p", "flooder", "--", "/bin/sh", "-c", script],
    { patience: 60_000 },
  );
  await eventually("the jail runs", () => exists(`${world.work}/up`));
  const [{ pid }] = await runningJails(world);
  const before = { memory: residentKib(pid), descriptors: descriptorsIn(pid) };
  world.write(`${world.work}/go`, "");
  let most = 0;
  for (let index = 0; index < 5; index++) {
    assertRan(await world.run(["run", "-p", "neighbour", "--", "true"], { patience: PATIENCE }));
    most = Math.max(most, descriptorsIn(pid));
  }
  await eventually("the flood is over", () => exists(`${world.work}/done`), 40_000);
  const settled = () => descriptorsIn(pid) === before.descriptors;
  await eventually("the monitor's descriptors are as before", settled);
  const growth = residentKib(pid) - before.memory;
  Deno.removeSync(`${world.work}/go`);
  assertRan(await jail.outcome);
  assert.ok(most <= MAXIMUM_DESCRIPTORS, `the monitor had ${most} descriptors open`);
  assert.ok(growth <= MAXIMUM_GROWTH_KIB, `the monitor grew by ${growth} KiB`);
  const output = Deno.readTextFileSync(`${world.work}/out`);
  const [{ detail }] = judgements(output);
  console.log(`  ${kind}: ${detail} descriptors<=${most} growth=${growth}KiB`);
  return output;
}

testAsEveryone(
  "A57-A60: whatever floods a monitor, who means well is answered, and neighbours live",
  async (world) => {
    install(world);
    profile(world, "flooder", { [world.work]: "write" });
    profile(world, "neighbour", { [`${world.home}`]: "read" });
    for (const kind of kinds) {
      assertAllFailed(await flood(world, kind), 1);
      for (const name of ["up", "out", "done", "labyrinth-800", "labyrinth-3"]) {
        remove(`${world.work}/${name}`);
      }
    }
    const log = Deno.statSync(world.log).size;
    assert.ok(log < 1024 * 1024, `the log has ${log} bytes`);
  },
);

testAsEveryone(
  "A58: a monitor with few descriptors lives through a flood of connections",
  async (world) => {
    install(world);
    profile(world, "flooder", { [world.work]: "write" });
    const args = `run -p flooder -- ${world.base}/attacker/attacker`;
    const { status, stdout, stderr } = await world.shell(
      `ulimit -n 256; stemjail ${args} flood 1000 ${world.work} ${world.home}/no hold half-closed`,
      { patience: 60_000 },
    );
    assert.equal(status, 0, stderr);
    assertAllFailed(stdout, 2);
  },
);

function remove(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
