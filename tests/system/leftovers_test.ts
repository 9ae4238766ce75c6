/** Many launches leave nothing behind: no process, mount, file or descriptor. */

import assert from "node:assert/strict";
import { testAsEveryone, type World } from "./harness.ts";
import { eventually } from "./process.ts";
import { assertNothingLeft, monitorsOf, portalsOf, processesOf, steadyTraces } from "./traces.ts";

/** Starts a portal that keeps nothing for later, and makes everything that is made once. */
async function settle(world: World): Promise<void> {
  await world.startPortal("--warm", "0");
  for (let launch = 0; launch < 3; launch++) {
    assert.equal((await world.jail(["true"])).status, 0);
  }
  await eventually("no jail is left", () => monitorsOf(world).length === 0);
}

testAsEveryone("many launches in a row leave nothing behind", async (world) => {
  // Root does not share its limits with the other, but for the rest it is the same code.
  const count = world.user.uid === 0 ? 50 : 200;
  await settle(world);
  const before = await steadyTraces(world);
  assert.equal(before.descriptors > 0, true);
  const script = `for i in $(seq ${count}); do
    stemjail run -- /bin/sh -c 'touch /tmp/stemjail-mark /dev/shm/stemjail-mark; sleep 60 & exit 3'; echo $?; done | sort | uniq -c`;
  const { stdout, stderr } = await world.shell(script, { patience: 120_000 });
  assert.deepEqual([stdout.trim().split(/\s+/), stderr], [[String(count), "3"], ""]);
  await assertNothingLeft(world, before);
});

testAsEveryone("twenty launches at once leave nothing behind", async (world) => {
  await settle(world);
  const before = await steadyTraces(world);
  const script = `for i in $(seq 20); do
    stemjail run -- /bin/sh -c 'sleep 60 & sleep 0.2; exit 3' & done
    for job in $(jobs -p); do wait $job; echo $?; done > statuses; sort statuses | uniq -c; rm statuses`;
  const { stdout, stderr } = await world.shell(script, { patience: 60_000 });
  assert.deepEqual([stdout.trim().split(/\s+/), stderr], [["20", "3"], ""]);
  await assertNothingLeft(world, before);
});

testAsEveryone("twenty refused launches leave nothing behind", async (world) => {
  await settle(world);
  const before = await steadyTraces(world);
  world.write(`${world.work}/script`, "#!/no/such/interpreter\n");
  Deno.chmodSync(`${world.work}/script`, 0o755);
  for (let launch = 0; launch < 10; launch++) {
    assert.equal((await world.jail(["./script"])).status, 127);
    assert.equal((await world.jail(["missing"])).status, 127);
  }
  Deno.removeSync(`${world.work}/script`);
  await assertNothingLeft(world, before);
});

testAsEveryone("of a burst nothing outlives the portal", async (world) => {
  const script = "for i in $(seq 40); do stemjail run -- sleep 0.1 & done; wait";
  assert.equal((await world.shell(script, { patience: 60_000 })).stderr, "");
  for (const { pid } of portalsOf(world)) Deno.kill(pid, "SIGTERM");
  await eventually("nothing runs", () => processesOf(world).length === 0, 5_000);
});
