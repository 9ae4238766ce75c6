/** Where no cgroup is delegated, profiles say whether that matters. */

import assert from "node:assert/strict";
import { testAsEveryone } from "../system/harness.ts";
import type { World } from "../system/world.ts";

async function launch(world: World, limits: string) {
  world.profile("plain", { [world.work]: "write" }, `[limits]\n${limits}`);
  const { status, stdout, stderr } = await world.inside("echo ran");
  return { ran: stdout === "ran\n", status, stderr };
}

testAsEveryone("Without a cgroup a profile that says nothing of memory is not bothered", async (
  world,
) => {
  const outcome = await launch(world, "processes = 100\nmemory_mb = 0");
  assert.deepEqual(outcome, { ran: true, status: 0, stderr: "" });
});

testAsEveryone("Without a cgroup a limit of memory is a warning", async (world) => {
  const { ran, status, stderr } = await launch(world, "memory_mb = 512");
  assert.deepEqual({ ran, status }, { ran: true, status: 0 });
  assert.match(stderr, /^stemjail: warning: memory_mb .*"plain" is not in force: .*doctor.*\n$/);
});

testAsEveryone("Without a cgroup a profile that requires one has no jail", async (world) => {
  const { ran, status, stderr } = await launch(world, "required = true");
  assert.deepEqual({ ran, status }, { ran: false, status: 125 });
  assert.match(stderr, /^stemjail: The profile "plain" requires a cgroup .*: .*doctor.*\n$/);
});
