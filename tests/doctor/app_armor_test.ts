import assert from "node:assert/strict";
import { checkAppArmor } from "../../src/doctor/app_armor.ts";
import { report } from "../../src/doctor/report.ts";
import { type Differences, failedStep, fakeSystem, noNamespaces } from "./fake_system.ts";

const restricted = {
  "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1",
  "/proc/self/attr/apparmor/current": "unconfined",
};

/** Ubuntu 24.04 makes the namespaces, and then refuses every capability in them. */
const mountsRefused = {
  kind: "failed",
  message: "Cannot make a jail: mount /: EACCES (Permission denied)",
} as const;

function ubuntu(different: Differences = {}) {
  return fakeSystem({
    attempt: mountsRefused,
    ...different,
    files: { ...restricted, ...different.files },
  });
}

/** Does what the remedy says, with commands that only write down what they were given. */
async function paste(remedy: string): Promise<string> {
  const commands = 'sudo() { echo "+ sudo $*"; [ "$1" != tee ] || cat; }\n';
  const { stdout, stderr } = await new Deno.Command("bash", {
    args: ["-c", commands + remedy],
    stdin: "null",
  }).output();
  assert.equal(new TextDecoder().decode(stderr), "");
  return new TextDecoder().decode(stdout);
}

function remedyText(system: ReturnType<typeof fakeSystem>): string {
  const finding = checkAppArmor(system);
  assert.equal(finding?.level, "FAIL");
  return report([finding!]).split("\n\n").slice(2).join("\n\n");
}

for (
  const [how, attempt] of [
    ["refuses mounts", mountsRefused],
    ["refuses user namespaces", noNamespaces("EACCES", "user")],
    ["refuses the uid map", failedStep("write the id maps", "EPERM", "user")],
  ] as const
) {
  Deno.test(`Ubuntu that ${how} fails, and the remedy pastes a profile for the executable`, async () => {
    assert.equal(
      await paste(remedyText(ubuntu({ attempt }))),
      `+ sudo tee /etc/apparmor.d/stemjail
abi <abi/4.0>,
include <tunables/global>

profile stemjail "/usr/local/bin/stemjail" flags=(unconfined) {
  userns,
  include if exists <local/stemjail>
}
+ sudo apparmor_parser -r /etc/apparmor.d/stemjail
`,
    );
  });
}

Deno.test("the remedy says that what StemJail starts keeps the profile", () => {
  assert.match(remedyText(ubuntu()), /Whatever it starts keeps that profile/);
});

Deno.test("an executable in a home gets its profile, and the advice to move where only root writes", () => {
  const environment = { STEMJAIL_INSTALLED: "/home/u/my tools/stemjail" };
  const text = remedyText(ubuntu({ environment }));
  assert.match(text, /^profile stemjail "\/home\/u\/my tools\/stemjail" /m);
  assert.match(text, /^# Any program that can write to \/home\/u\/my tools\/stemjail /m);
});

for (
  const path of ['/home/u/"x"/stemjail', "/home/u/a*/stemjail", "/home/u/a\nb/stemjail", "/@{x}/s"]
) {
  Deno.test(`an executable at ${JSON.stringify(path)} is installed elsewhere first`, () => {
    const finding = checkAppArmor(ubuntu({ environment: { STEMJAIL_INSTALLED: path } }));
    const install = `sudo install -m 755 -- '${path}' /usr/local/bin/stemjail`;
    assert.ok(finding?.remedy.includes(install));
    assert.ok(finding?.remedy.some((line) => line.startsWith('profile stemjail "/usr/local/bin/')));
  });
}

Deno.test("Ubuntu with a profile for StemJail is fine, and the profile is named", () => {
  const files = { "/proc/self/attr/apparmor/current": "stemjail (unconfined)" };
  const finding = checkAppArmor(ubuntu({ attempt: { kind: "made" }, files }));
  assert.equal(finding?.level, "ok");
  assert.match(finding!.value, /stemjail \(unconfined\)/);
});

Deno.test("Ubuntu's restriction is not blamed for a limit", () => {
  assert.equal(checkAppArmor(ubuntu({ attempt: noNamespaces("ENOSPC", "net") }))?.level, "ok");
});

Deno.test("Ubuntu's restriction that is off is fine", () => {
  const files = { "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "0" };
  assert.equal(checkAppArmor(ubuntu({ files }))?.level, "ok");
});

Deno.test("a system without Ubuntu's restriction has no line for it", () => {
  assert.equal(checkAppArmor(fakeSystem({ attempt: mountsRefused })), null);
});
