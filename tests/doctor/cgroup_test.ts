import assert from "node:assert/strict";
import { checkCgroup } from "../../src/doctor/cgroup.ts";
import { type Differences, fakeSystem } from "./fake_system.ts";

const check = (different: Differences = {}) => checkCgroup(fakeSystem(different));
const systemd = { "/run/systemd/system": {} };

Deno.test("a portal in a cgroup of its own limits jails as a whole", () => {
  const { level, value } = check();
  assert.equal(level, "ok");
  assert.match(value, /^memory and processes, .*\/user\.slice\/portal\.scope\/stemjail-portal$/);
});

for (
  const [what, files] of [
    ["no portal runs", { "/run/user/1000/stemjail/portal.sock.lock": null }],
    ["no portal runs", { "/proc/77/cgroup": null }],
    ["the portal has no cgroup of its own", { "/proc/77/cgroup": "0::/user.slice/shell.scope" }],
  ] as const
) {
  Deno.test(`where ${what} the remedy is to have systemd start one: ${Object.keys(files)}`, () => {
    const { level, value, remedy } = check({ files, directories: systemd });
    assert.equal(level, "warning");
    assert.equal(value, `${what}: memory_mb is not in force, and processes not for root`);
    assert.equal(remedy.at(-1), "systemd-run --user --scope -p Delegate=yes stemjail portal");
  });
}

Deno.test("root's portal is started by the system's systemd", () => {
  const files = { "/proc/77/cgroup": "0::/" };
  const { remedy } = check({ files, directories: systemd, uid: 0 });
  assert.equal(remedy.at(-1), "systemd-run --scope -p Delegate=yes stemjail portal");
});

Deno.test("without systemd the remedy makes a cgroup by hand", () => {
  const { remedy } = check({ files: { "/proc/77/cgroup": "0::/" } });
  assert.deepEqual(remedy.slice(1), [
    "echo +memory +pids | sudo tee /sys/fs/cgroup/cgroup.subtree_control",
    "sudo mkdir /sys/fs/cgroup/stemjail-1000",
    "sudo chown 1000 /sys/fs/cgroup/stemjail-1000 /sys/fs/cgroup/stemjail-1000/cgroup.procs " +
    "/sys/fs/cgroup/stemjail-1000/cgroup.subtree_control",
    "echo $$ | sudo tee /sys/fs/cgroup/stemjail-1000/cgroup.procs; exec stemjail portal",
  ]);
});

Deno.test("a controller that the portal's cgroup lacks is named", () => {
  const directory = "/sys/fs/cgroup/user.slice/portal.scope/stemjail-portal";
  const { level, value, remedy } = check({
    files: { [`${directory}/cgroup.controllers`]: "cpu pids" },
  });
  assert.deepEqual([level, value], ["warning", "the portal's cgroup has no controller memory"]);
  assert.ok(remedy.some((line) => line.includes("Delegate=memory pids")));
});

for (
  const files of [
    { "/proc/self/cgroup": "4:memory:/a" },
    { "/sys/fs/cgroup/cgroup.controllers": "hugetlb misc" },
  ] as Record<string, string>[]
) {
  Deno.test(`a system with controllers in version 1 alone is told so: ${Object.keys(files)}`, () => {
    const { level, value } = check({ files });
    assert.equal(level, "warning");
    assert.match(value, /^cgroups of version 2 have no controller of memory or pids: /);
  });
}
