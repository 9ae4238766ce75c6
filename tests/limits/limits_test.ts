/** A jail that takes all it can get leaves the host usable, and the portal serving. */

import assert from "node:assert/strict";
import { testAsUser } from "../system/harness.ts";
import { eventually } from "../system/process.ts";
import { processesOf } from "../system/traces.ts";
import type { World } from "../system/world.ts";

function limits(world: World, text: string): void {
  world.profile("plain", { [world.work]: "write" }, `[limits]\n${text}`);
}

/** Another jail can be had, and the portal answers. */
async function assertServing(world: World): Promise<void> {
  assert.equal((await world.run(["ps"])).status, 0);
  const { status, stdout, stderr } = await world.inside("echo ran");
  assert.deepEqual({ status, stdout }, { status: 0, stdout: "ran\n" }, stderr);
}

testAsUser("A fork bomb stays within its jail's limit, and ends with it", async (world) => {
  limits(world, "processes = 60");
  const bomb = `bomb() { bomb | bomb & }; bomb; sleep 60`;
  const { outcome } = world.start([world.executable, "run", "--", "/bin/bash", "-c", bomb]);
  outcome.catch(() => {});
  await eventually("it explodes", () => countInJail(world) > 20);
  for (let round = 0; round < 5; round++) {
    assert.ok(countInJail(world) <= 60, "there are more than the limit");
    await assertServing(world);
  }
  assert.equal((await world.run(["stop", "1"])).status, 0);
  await outcome;
  await eventually("nothing of it is left", () => countInJail(world) === 0);
  await assertServing(world);
});

testAsUser("The limit of processes is each jail's own", async (world) => {
  limits(world, "processes = 20");
  const many = "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 5 & done; echo ran";
  const both = await Promise.all([1, 2].map(() => world.jail(["/bin/bash", "-c", many])));
  assert.deepEqual(both.map(({ stdout, stderr }) => stdout + stderr), ["ran\n", "ran\n"]);
});

testAsUser("A program that wants all memory is refused it", async (world) => {
  limits(world, "address_space_mb = 512");
  const hog = "try:\n bytearray(1 << 30)\nexcept MemoryError:\n print('refused')";
  const { status, stdout, stderr } = await world.jail(["/usr/bin/python3", "-c", hog]);
  assert.deepEqual({ status, stdout }, { status: 0, stdout: "refused\n" }, stderr);
  await assertServing(world);
});

testAsUser("A program that opens all it can meets its limit", async (world) => {
  limits(world, "open_files = 64");
  const hog = [
    "import errno, os",
    "try:",
    " while True: last = os.open('/dev/null', os.O_RDONLY)",
    "except OSError as error: print(errno.errorcode[error.errno], last)",
  ].join("\n");
  const { stdout, stderr } = await world.jail(["/usr/bin/python3", "-c", hog]);
  assert.equal(stdout, "EMFILE 63\n", stderr);
  await assertServing(world);
});

testAsUser("A program cannot raise its limits again", async (world) => {
  limits(world, "processes = 50\nopen_files = 64");
  const { stdout } = await world.jail([
    "/bin/bash",
    "-c",
    "ulimit -n 65; ulimit -u 51; ulimit -n; ulimit -u; true",
  ]);
  assert.equal(stdout, "64\n50\n");
});

testAsUser("A crash leaves no core file", async (world) => {
  const { status } = await world.inside("ulimit -c unlimited 2>/dev/null; kill -SEGV $$");
  assert.equal(status, 139);
  assert.deepEqual([...Deno.readDirSync(world.work)], []);
});

testAsUser("A full /dev is its own jail's concern", async (world) => {
  const fill = "cat /dev/zero > /dev/shm/full & sleep 0.2; kill $!; " +
    "truncate -s 1G /dev/shm/large && echo ran";
  assert.equal((await world.inside(fill)).stdout, "ran\n");
  await assertServing(world);
});

testAsUser(
  "A flood of messages to the monitor does not keep other jails waiting",
  async (world) => {
    const flood = [
      "import os, socket, threading, time",
      "end = time.time() + 3",
      "def go():",
      " while time.time() < end:",
      "  try:",
      "   s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)",
      "   s.connect('/dev/stemjail/socket')",
      "   for _ in range(50): s.send(os.urandom(64))",
      "  except OSError: pass",
      "threads = [threading.Thread(target=go) for _ in range(8)]",
      "[t.start() for t in threads]; [t.join() for t in threads]",
      "print('done')",
    ].join("\n");
    const flooding = world.jail(["/usr/bin/python3", "-c", flood]);
    await assertServing(world);
    assert.equal((await flooding).stdout, "done\n");
    await assertServing(world);
  },
);

/** How many shells of the bomb there are. */
function countInJail(world: World): number {
  return processesOf(world).filter(({ command }) => command[0] === "/bin/bash").length;
}
