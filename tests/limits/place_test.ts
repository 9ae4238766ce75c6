/** Where a process is among control groups, by what the kernel's text files say. */

import assert from "node:assert/strict";
import { cgroupDirectory, jailControllersIn, unifiedCgroup } from "../../src/protocol/cgroup.ts";
import { parseMounts } from "../../src/protocol/mounts.ts";

Deno.test("the cgroup of version 2 is found among those of version 1", () => {
  const text = "4:memory:/other\n1:name=systemd:/x\n0::/user.slice/a:b c\n";
  assert.equal(unifiedCgroup(text), "/user.slice/a:b c");
  assert.equal(unifiedCgroup("4:memory:/other\n"), null);
});

const ONE = "29 22 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate";
const OLD = "36 31 0:36 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids";

for (
  const [what, cgroup, mount, directory] of [
    ["a hierarchy that is mounted whole", "/a/b", ONE, "/sys/fs/cgroup/a/b"],
    ["the root of a hierarchy", "/", ONE, "/sys/fs/cgroup"],
    ["a part that is mounted alone", "/c/d/e", "1 2 0:26 /c /mnt rw - cgroup2 x rw", "/mnt/d/e"],
    ["exactly the part that is mounted", "/c", "1 2 0:26 /c /mnt rw - cgroup2 x rw", "/mnt"],
    ["another part", "/cc", "1 2 0:26 /c /mnt rw - cgroup2 x rw", null],
    ["a mount point with a space", "/a", "1 2 0:26 / /m\\040t rw - cgroup2 x rw", "/m t/a"],
    ["version 1 alone", "/a", OLD, null],
  ] as const
) {
  Deno.test(`a cgroup's directory is found: ${what}`, () => {
    assert.equal(cgroupDirectory(cgroup, parseMounts(`${OLD}\n${mount}\n`)), directory);
  });
}

Deno.test("of the controllers those count that limit a jail", () => {
  assert.deepEqual(jailControllersIn("cpuset cpu pids hugetlb\n"), ["pids"]);
  assert.deepEqual(jailControllersIn("pids memory\n"), ["memory", "pids"]);
  assert.deepEqual(jailControllersIn("\n"), []);
});
