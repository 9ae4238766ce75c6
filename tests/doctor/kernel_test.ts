import assert from "node:assert/strict";
import {
  checkKernel,
  checkLandlock,
  checkSeccomp,
  checkSecurityModules,
} from "../../src/doctor/kernel.ts";
import { fakeSystem, noNamespaces } from "./fake_system.ts";

const failed = { kind: "failed", message: "Cannot make a jail: openat2 /: ENOSYS" } as const;

function kernel(release: string, more: Record<string, string | null> = {}) {
  const files = { "/proc/sys/kernel/osrelease": release, ...more };
  return fakeSystem({ files, attempt: failed });
}

for (const release of ["5.12.0", "6.8.0-31-generic", "6.12.48+deb13-amd64", "10.0.1"]) {
  Deno.test(`kernel ${release} is new enough`, () => {
    const { level, value } = checkKernel(kernel(release));
    assert.deepEqual([level, value], ["ok", `Linux ${release}`]);
  });
}

for (
  const [release, missing] of [
    ["5.11.22", "mount_setattr (5.12)"],
    ["5.8.0", "close_range (5.9), mount_setattr (5.12)"],
    ["5.4.0-216-generic", "openat2 (5.6), close_range (5.9), mount_setattr (5.12)"],
    [
      "4.19.0-27-amd64",
      "pidfd_open (5.3), openat2 (5.6), close_range (5.9), mount_setattr (5.12)",
    ],
  ]
) {
  Deno.test(`kernel ${release} fails, and the calls that it lacks are named`, () => {
    const { level, value } = checkKernel(kernel(release));
    assert.deepEqual([level, value], ["FAIL", `Linux ${release}, too old for ${missing}`]);
  });
}

Deno.test("an old kernel into which the calls were ported is only worth a warning", () => {
  const files = { "/proc/sys/kernel/osrelease": "4.18.0-553.el8" };
  assert.equal(checkKernel(fakeSystem({ files })).level, "warning");
});

Deno.test("an old Ubuntu is told the package with a newer kernel", () => {
  const { remedy } = checkKernel(
    kernel("5.4.0-216-generic", { "/etc/os-release": 'ID=ubuntu\nVERSION_ID="20.04"' }),
  );
  assert.equal(
    remedy.at(-1),
    "sudo apt install --install-recommends linux-generic-hwe-20.04",
  );
});

Deno.test("without /proc the version is unknown, and the remedy mounts it", () => {
  const system = fakeSystem({ files: { "/proc/sys/kernel/osrelease": null }, uid: 0 });
  const { level, remedy } = checkKernel(system);
  assert.deepEqual([level, remedy.at(-1)], ["warning", "mount -t proc proc /proc"]);
});

Deno.test("Landlock of the newest ABI loses nothing", () => {
  assert.deepEqual(checkLandlock(fakeSystem()), {
    level: "ok",
    what: "Landlock",
    value: "ABI 7",
    remedy: [],
  });
});

const truncation = "truncation is not restricted";
const devices = "ioctl on devices is not restricted";
const scope = "signals and abstract sockets are not scoped";

for (
  const [abi, losses] of [
    [2, `${truncation}; ${devices}; ${scope}`],
    [3, `${devices}; ${scope}`],
    [4, `${devices}; ${scope}`],
    [5, scope],
  ] as const
) {
  Deno.test(`Landlock ABI ${abi} is a warning that says what is lost`, () => {
    const { level, value } = checkLandlock(fakeSystem({ landlockAbi: abi }));
    assert.deepEqual([level, value], ["warning", `ABI ${abi}: ${losses}`]);
  });
}

Deno.test("Landlock ABI 1 is said to be of no use", () => {
  const { level, value } = checkLandlock(fakeSystem({ landlockAbi: 1 }));
  assert.equal(level, "warning");
  assert.match(value, /^ABI 1, not used/);
});

Deno.test("Landlock that was not started gets the kernel parameter that keeps the other modules", () => {
  const files = { "/sys/kernel/security/lsm": "capability,lockdown,yama,apparmor" };
  const { level, remedy } = checkLandlock(fakeSystem({ files, landlockAbi: 0 }));
  assert.equal(level, "warning");
  assert.match(remedy[0], /lsm=landlock,lockdown,yama,apparmor$/);
  assert.match(
    remedy[1],
    /^sudo sed -i .*lsm=landlock,lockdown,yama,apparmor .*\/etc\/default\/grub$/,
  );
});

Deno.test("a kernel from before Landlock is told to be newer, not to start it", () => {
  const { level, value, remedy } = checkLandlock({ ...kernel("5.12.3"), landlockAbi: 0 });
  assert.equal(level, "warning");
  assert.match(value, /5\.13/);
  assert.doesNotMatch(remedy.join("\n"), /lsm=/);
});

Deno.test("a kernel without seccomp filters fails with the option that it needs", () => {
  const files = { "/proc/sys/kernel/seccomp/actions_avail": null };
  const { level, remedy } = checkSeccomp(fakeSystem({ files, attempt: failed }));
  assert.equal(level, "FAIL");
  assert.match(remedy.join("\n"), /CONFIG_SECCOMP_FILTER=y/);
});

Deno.test("seccomp that cannot kill a process fails, and the action is named", () => {
  const files = { "/proc/sys/kernel/seccomp/actions_avail": "kill trap errno trace allow" };
  const { level, value } = checkSeccomp(fakeSystem({ files, attempt: noNamespaces("EPERM") }));
  assert.deepEqual([level, value], ["FAIL", "lacks kill_process"]);
});

Deno.test("where /proc/sys is hidden but jails work, seccomp is only worth a warning", () => {
  const files = { "/proc/sys/kernel/seccomp/actions_avail": null };
  assert.equal(checkSeccomp(fakeSystem({ files })).level, "warning");
});

Deno.test("the security modules are listed, or said to be unknown", () => {
  assert.equal(checkSecurityModules(fakeSystem()).value, "capability,landlock,yama,apparmor");
  const hidden = fakeSystem({ files: { "/sys/kernel/security/lsm": null } });
  assert.match(checkSecurityModules(hidden).value, /^unknown/);
});
