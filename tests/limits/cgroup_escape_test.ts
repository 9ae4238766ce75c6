/** Whoever is in a jail finds no control group to change, whatever its profile grants. */

import assert from "node:assert/strict";
import { testAsEveryone } from "../system/harness.ts";
import { eventually } from "../system/process.ts";
import type { World } from "../system/world.ts";
import { startJail, testDelegated } from "./delegated.ts";

const NESTED = "[sandbox]\nnested_namespaces = true";

/** A profile that grants more than anybody should. */
function generous(world: World, more = ""): void {
  world.profile("plain", { [world.work]: "write", "/sys": "write" }, more);
}

/** Lines of a program of the jail's that tries each way to a cgroup file system, and names those found. */
const SEARCH = `
import os
def below(path):
    try: return [os.path.join(path, name) for name in os.listdir(path)]
    except OSError as error: return []
places = ["/sys/fs/cgroup", "/proc/1/root/sys/fs/cgroup", "/proc/self/root/sys/fs/cgroup"]
with open("/proc/self/mountinfo") as table:
    places += [line.split()[4] for line in table if " - cgroup" in line]
print(sorted({found for place in places for found in below(place)}))
`;

testAsEveryone("A jail that is granted /sys for writing sees no control group", async (world) => {
  generous(world);
  const { stdout, stderr } = await world.jail(["/usr/bin/python3", "-c", SEARCH]);
  assert.deepEqual([stdout, stderr], ["[]\n", ""]);
  const attempt = "ls /sys/kernel > /dev/null && touch /sys/fs/cgroup/x";
  assert.match((await world.inside(attempt)).stderr, /Read-only file system/);
});

testAsEveryone("A jail cannot take the cover off the control groups", async (world) => {
  generous(world, NESTED);
  const attempts = "umount /sys/fs/cgroup; umount -l /sys/fs/cgroup; " +
    "unshare --user --map-root-user --mount sh -c 'umount -l /sys/fs/cgroup; ls -A /sys/fs/cgroup'";
  const { stdout } = await world.inside(attempts);
  assert.equal(stdout, "");
});

/** What a namespace of one's own shows of one's own cgroup, and what can be done there. */
const MOUNT_OWN = `
mkdir /tmp/own
unshare --user --map-root-user --mount --cgroup sh -c '
  mount -t cgroup2 own /tmp/own && echo mounted
  cd /tmp/own && ls -d *.max && echo max > pids.max && echo loosened
  mkdir another && echo made
  echo 1 > cgroup.freeze && echo frozen'
true
`;

testDelegated("A jail with namespaces of its own cannot loosen or freeze its cgroup", async (
  delegation,
  world,
) => {
  generous(world, `[limits]\nprocesses = 60\n${NESTED}`);
  await delegation.startPortal();
  const { stdout, stderr } = await world.inside(MOUNT_OWN);
  assert.equal(stdout, "");
  assert.match(stderr, /unshare failed: No space left on device/);
  // Other namespaces can be had.
  const others = "unshare --user --mount --net --ipc --uts echo made";
  assert.equal((await world.inside(others)).stdout, "made\n");
});

testDelegated("A jail's processes stay in its cgroup however they are started", async (
  delegation,
  world,
) => {
  await delegation.startPortal();
  const { group } = await startJail(
    delegation,
    "setsid sleep 50 & (nohup sleep 51 >/dev/null &) ; sleep 52",
  );
  const tasks = () => delegation.read(`${group}/inside/cgroup.procs`).split("\n");
  const sleeps = () =>
    tasks().map(commandOf).filter((command) => command.startsWith("sleep ")).sort().join();
  await eventually("all of them sleep in it", () => sleeps() === "sleep 50,sleep 51,sleep 52");
  assert.equal((await world.run(["stop", "1"])).status, 0);
});

/** The command line of a process; nothing of one that has just ended. */
function commandOf(pid: string): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();
  } catch {
    return "";
  }
}
