import assert from "node:assert/strict";
import { examine } from "../../src/doctor/checks.ts";
import { checkLimits, checkUnprivilegedClone } from "../../src/doctor/namespaces.ts";
import { namespaceKinds } from "../../src/doctor/system.ts";
import { fakeSystem, findingOf, noNamespaces } from "./fake_system.ts";

const names = {
  user: "user namespaces",
  mnt: "mount namespaces",
  pid: "pid namespaces",
  ipc: "ipc namespaces",
  uts: "uts namespaces",
  net: "network namespaces",
};

Deno.test("limits that allow namespaces are one line with each kind's", () => {
  const [finding, ...others] = checkLimits(fakeSystem());
  assert.deepEqual(others, []);
  assert.equal(finding.level, "ok");
  assert.equal(
    finding.value,
    "user 31000, mnt 31000, pid 31000, ipc 31000, uts 31000, net 31000",
  );
});

for (const kind of namespaceKinds) {
  Deno.test(`a limit of 0 ${names[kind]} fails for that kind alone, and is raised for good`, () => {
    const [finding, ...others] = checkLimits(fakeSystem({
      files: { [`/proc/sys/user/max_${kind}_namespaces`]: "0" },
      attempt: noNamespaces("ENOSPC", kind),
    }));
    assert.deepEqual(others, []);
    assert.deepEqual([finding.level, finding.what], ["FAIL", names[kind]]);
    assert.deepEqual(finding.remedy, [
      `echo 'user.max_${kind}_namespaces = 31000' | sudo tee -a /etc/sysctl.d/60-stemjail.conf`,
      "sudo sysctl -p /etc/sysctl.d/60-stemjail.conf",
    ]);
  });

  Deno.test(`a limit of ${names[kind]} that is reached fails with its value`, () => {
    const [finding, ...others] = checkLimits(fakeSystem({
      files: { [`/proc/sys/user/max_${kind}_namespaces`]: "7" },
      attempt: noNamespaces("ENOSPC", kind),
    }));
    assert.deepEqual(others, []);
    assert.deepEqual([finding.level, finding.what], ["FAIL", names[kind]]);
    assert.match(finding.value, new RegExp(`max_${kind}_namespaces = 7, `));
  });
}

Deno.test("several limits of 0 are all named", () => {
  const findings = checkLimits(fakeSystem({
    files: { "/proc/sys/user/max_net_namespaces": "0", "/proc/sys/user/max_pid_namespaces": "0" },
    attempt: noNamespaces("ENOSPC", "pid", "net"),
  }));
  assert.deepEqual(findings.map(({ what }) => what), [names.pid, names.net]);
});

Deno.test("in a user namespace the limit is raised there, not in the system's settings", () => {
  const [{ remedy }] = checkLimits(fakeSystem({
    files: { "/proc/self/uid_map": "0 1000 1", "/proc/sys/user/max_net_namespaces": "0" },
    attempt: noNamespaces("ENOSPC", "net"),
  }));
  assert.equal(remedy.at(-1), "echo 31000 > /proc/sys/user/max_net_namespaces");
});

Deno.test("a suggested limit is neither 0 nor boundless, whatever the others are", () => {
  const limits = (text: string) =>
    Object.fromEntries(
      namespaceKinds.map((kind) => [`/proc/sys/user/max_${kind}_namespaces`, text]),
    );
  const suggestion = (files: Record<string, string>) => {
    const system = fakeSystem({ files, attempt: noNamespaces("ENOSPC", "user") });
    return /= (\d+)'/.exec(checkLimits(system)[0].remedy.join("\n"))?.[1];
  };
  assert.equal(suggestion(limits("0")), "15000");
  const boundless = { ...limits("2147483647"), "/proc/sys/user/max_user_namespaces": "0" };
  assert.equal(suggestion(boundless), "100000");
});

Deno.test("a kind that the kernel was built without is named with its option", () => {
  const files = { "/proc/sys/user/max_net_namespaces": null };
  const [finding] = checkLimits(fakeSystem({ files, attempt: noNamespaces("EINVAL", "net") }));
  assert.deepEqual([finding.level, finding.what], ["FAIL", names.net]);
  assert.match(finding.remedy[0], /CONFIG_NET_NS=y/);
});

const forbidden = { "/proc/sys/kernel/unprivileged_userns_clone": "0" };

Deno.test("Debian's switch at 0 fails for an ordinary user, and is turned for good", () => {
  const findings = examine(
    fakeSystem({ files: forbidden, attempt: noNamespaces("EPERM", "user") }),
  );
  const finding = findingOf(findings, "Debian's switch");
  assert.equal(finding.level, "FAIL");
  assert.deepEqual(finding.remedy, [
    "echo 'kernel.unprivileged_userns_clone = 1' | sudo tee -a /etc/sysctl.d/60-stemjail.conf",
    "sudo sysctl -p /etc/sysctl.d/60-stemjail.conf",
  ]);
  assert.deepEqual(findingOf(findings, "a jail").remedy, [
    "# The other failures explain this one, and have the remedies",
  ]);
});

Deno.test("Debian's switch at 0 does not bind root, for whom jails work", () => {
  const finding = checkUnprivilegedClone(fakeSystem({ files: forbidden, uid: 0 }));
  assert.equal(finding?.level, "ok");
});

Deno.test("Debian's switch at 0 is not blamed for a limit", () => {
  const attempt = noNamespaces("ENOSPC", "net");
  const finding = checkUnprivilegedClone(fakeSystem({ files: forbidden, uid: 0, attempt }));
  assert.equal(finding?.level, "ok");
});

Deno.test("a system without Debian's switch has no line for it", () => {
  const files = { "/proc/sys/kernel/unprivileged_userns_clone": null };
  assert.equal(checkUnprivilegedClone(fakeSystem({ files })), null);
});
