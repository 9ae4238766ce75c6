/** Where a cgroup is delegated to the portal, each jail has one of its own, and cannot leave it. */

import assert from "node:assert/strict";
import { eventually } from "../system/process.ts";
import { monitorsOf, portalsOf } from "../system/traces.ts";
import { limits, startJail, testDelegated } from "./delegated.ts";
import { controllersHere, type Delegation } from "./delegation.ts";

/** What a limit of processes leaves for the monitor. */
const MONITOR = 32;

/** Ends a portal, which has nothing to complain about. */
async function end(portal: Awaited<ReturnType<Delegation["startPortal"]>>): Promise<void> {
  portal.kill("SIGTERM");
  const { status, stderr } = await portal.outcome;
  assert.equal(status, 0, stderr);
}

testDelegated("A jail has a cgroup with its limits, and nothing is left of it", async (
  delegation,
  world,
) => {
  limits(world, "processes = 77");
  const portal = await delegation.startPortal();
  assert.ok(delegation.groups.includes("stemjail-portal"));
  const { group, outcome } = await startJail(delegation, "sleep 60");
  assert.equal(delegation.read(`${group}/pids.max`), String(77 + MONITOR));
  assert.equal(delegation.read(`${group}/cgroup.procs`), "");
  assert.ok(Number(delegation.read(`${group}/pids.current`)) > 1);
  assert.equal((await world.run(["stop", "1"])).status, 0);
  await outcome;
  await eventually("it goes with its jail", () => !delegation.jails.includes(group));
  await end(portal);
  assert.deepEqual(delegation.groups, []);
  assert.equal(delegation.read("cgroup.subtree_control"), "");
});

testDelegated("A fork bomb stays in its cgroup, and the portal serves", async (
  delegation,
  world,
) => {
  limits(world, "processes = 100");
  await delegation.startPortal();
  const { group, outcome } = await startJail(delegation, "b() { b | b & }; b; sleep 60");
  const count = () => Number(delegation.read(`${group}/pids.current`));
  // Of an ordinary user RLIMIT_NPROC may be the first to refuse, and does not count there.
  await eventually("it explodes", () => count() > 90);
  for (let round = 0; round < 5; round++) {
    assert.ok(count() <= 100 + MONITOR, `there are ${count()}`);
    assert.equal((await world.run(["ps"])).status, 0);
    assert.equal((await world.inside("echo ran")).stdout, "ran\n");
  }
  assert.equal((await world.run(["stop", "1"])).status, 0);
  await outcome;
  await eventually("nothing of it is left", () => !delegation.jails.includes(group));
  assert.equal((await world.inside("echo ran")).stdout, "ran\n");
});

testDelegated("A transition gives the jail the limits of what it is now", async (
  delegation,
  world,
) => {
  for (const [name, processes] of [["left", 50], ["right", 200]] as const) {
    world.directory(`${world.home}/${name}`);
    world.write(`${world.home}/${name}/file`, name);
    const paths = { [world.work]: "write", [`${world.home}/${name}`]: "read" } as const;
    world.profile(name, paths, `[limits]\nprocesses = ${processes}`);
  }
  Deno.removeSync(`${world.profiles}/plain.toml`);
  await delegation.startPortal();
  const script = `until [ -e go ]; do sleep 0.05; done; cat ../right/file; sleep 60`;
  const { group } = await startJail(delegation, `cd ${world.work}; ${script}`);
  assert.equal(delegation.read(`${group}/pids.max`), String(50 + MONITOR));
  world.write(`${world.work}/go`, "");
  const widened = () => delegation.read(`${group}/pids.max`) === String(200 + MONITOR);
  await eventually("it may have as many as the one profile that is left says", widened);
});

testDelegated("A limit that the kernel refuses ends the launch", async (delegation, world) => {
  const portal = await delegation.startPortal();
  const [controller] = controllersHere();
  const turn = (sign: string) => delegation.write("cgroup.subtree_control", sign + controller);
  turn("-");
  const { status, stdout, stderr } = await world.inside("echo ran");
  assert.deepEqual({ status, stdout }, { status: 125, stdout: "" });
  assert.match(stderr, /^stemjail: Cannot limit the jail: open .*\.max: ENOENT .*doctor.*\n$/);
  await eventually("only a monitor that waits is left", () => monitorsOf(world).length === 1);
  turn("+");
  const { stdout: again, stderr: complaint } = await world.inside("echo ran");
  assert.equal(again, "ran\n", complaint);
  await end(portal);
});

testDelegated("Jails that outlive their portal keep their cgroups, others lose theirs", async (
  delegation,
  world,
) => {
  const first = await delegation.startPortal();
  const lasting = await startJail(delegation, "sleep 60");
  const passing = await startJail(delegation, "sleep 60");
  first.kill("SIGKILL");
  // Not its outcome: the monitors have its standard error as theirs.
  await eventually("the portal is gone", () => portalsOf(world).length === 0);
  const alive = delegation.read(`${lasting.group}/inside/cgroup.procs`);
  assert.notEqual(alive, "", "a jail survives its portal");
  delegation.write(`${passing.group}/cgroup.kill`, "1");
  await passing.outcome;
  assert.ok(delegation.jails.includes(passing.group), "nobody removed it yet");
  const second = await delegation.startPortal("/stemjail-portal");
  assert.ok(!delegation.jails.includes(passing.group));
  assert.equal(delegation.read(`${lasting.group}/inside/cgroup.procs`), alive);
  const { group } = await startJail(delegation, "sleep 60");
  assert.notEqual(group, lasting.group);
  await end(second);
  assert.ok(Number(delegation.read(`${lasting.group}/pids.max`)) > 0, "its limits stay");
  delegation.write(`${lasting.group}/cgroup.kill`, "1");
  await lasting.outcome;
});

testDelegated("A portal that shares its cgroup leaves it as it is", async (delegation, world) => {
  limits(world, "memory_mb = 512");
  const other = delegation.start(["sleep", "60"]);
  await eventually("another process is there", () => delegation.read("cgroup.procs") !== "");
  const portal = await delegation.startPortal();
  assert.deepEqual(delegation.groups, []);
  const { status, stdout, stderr } = await world.inside("echo ran");
  assert.deepEqual({ status, stdout }, { status: 0, stdout: "ran\n" });
  assert.match(
    stderr,
    /^stemjail: warning: memory_mb of the profile "plain" is not in force: .*shares.*doctor.*\n$/,
  );
  other.kill("SIGKILL");
  await other.outcome;
  await end(portal);
});
