import assert from "node:assert/strict";
import { examine } from "../../src/doctor/checks.ts";
import type { Attempt } from "../../src/doctor/system.ts";
import { type Differences, fakeSystem, findingOf, noNamespaces } from "./fake_system.ts";

function jailOf(attempt: Attempt, different: Differences = {}) {
  return findingOf(examine(fakeSystem({ ...different, attempt })), "a jail");
}

function failed(message: string): Attempt {
  return { kind: "failed", message: `Cannot make a jail: ${message}` };
}

Deno.test("a jail that was made is all well", () => {
  assert.equal(jailOf({ kind: "made" }).level, "ok");
});

Deno.test("a container's filter that refuses namespaces is known by the process's own status", () => {
  const files = { "/proc/self/status": "Name:\tstemjail\nSeccomp:\t2\nSeccomp_filters:\t1" };
  const { level, value, remedy } = jailOf(noNamespaces("EPERM", "user"), { files });
  assert.deepEqual([level, value], ["FAIL", "no new namespaces: clone: EPERM"]);
  assert.match(remedy.join("\n"), /--security-opt seccomp=unconfined/);
});

Deno.test("a refusal that nothing explains asks the kernel's log", () => {
  const { remedy } = jailOf(noNamespaces("EPERM", "user"));
  assert.match(remedy.join("\n"), /a chroot/);
  assert.match(remedy.at(-1)!, /^sudo dmesg \| grep/);
});

Deno.test("a container that covers parts of /proc is told to uncover them", () => {
  const mountinfo =
    "1 22 27 0:21 / /proc rw - proc proc rw\n2 1 0:5 /null /proc/kcore rw - tmpfs t rw";
  const files = { "/proc/self/mountinfo": mountinfo };
  const { remedy } = jailOf(failed("mount proc proc: EPERM"), { files });
  assert.match(remedy[0], /\(\/proc\/kcore\)/);
  assert.match(remedy.join("\n"), /systempaths=unconfined/);
});

Deno.test("binfmt_misc on /proc covers nothing", () => {
  assert.doesNotMatch(jailOf(failed("mount proc proc: EPERM")).remedy.join("\n"), /binfmt_misc/);
});

for (const attempt of [noNamespaces("EAGAIN"), failed("clone /dev/null: EAGAIN (Resource ...)")]) {
  Deno.test(`too many processes are told as such: ${attempt.kind}`, () => {
    assert.match(jailOf(attempt).remedy.join("\n"), /too many processes/);
  });
}

Deno.test("a jail that takes too long is a failure", () => {
  const { level, value } = jailOf({ kind: "no answer", milliseconds: 500 });
  assert.deepEqual([level, value], ["FAIL", "no answer within 500 ms"]);
});

Deno.test("a failure that no check explains is to be reported", () => {
  assert.match(jailOf(failed("move_mount: EINVAL")).remedy[0], /please report it/);
});
