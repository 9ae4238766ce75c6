import assert from "node:assert/strict";
import { checkHelpers } from "../../src/doctor/helpers.ts";
import { canRun } from "../../src/doctor/report.ts";
import { type Differences, fakeSystem, findingOf } from "./fake_system.ts";

const TUNNEL = "/dev/net/tun";

function examined(what: string, different: Differences) {
  const findings = checkHelpers(fakeSystem(different));
  assert.ok(canRun(findings), "jails that need no helper can be made");
  return findingOf(findings, what);
}

function osRelease(text: string): Differences["files"] {
  return { "/etc/os-release": text };
}

Deno.test("programs that are there are named, pasta before slirp4netns", () => {
  assert.deepEqual(checkHelpers(fakeSystem()).map(({ level, value }) => [level, value]), [
    ["ok", "/usr/bin/pasta"],
    ["ok", "open for reading and writing"],
    ["ok", "/usr/bin/xdg-dbus-proxy"],
  ]);
  const { level, value } = examined("way to the network", { programs: { pasta: null } });
  assert.deepEqual([level, value], ["ok", "/usr/bin/slirp4netns, as there is no pasta"]);
});

Deno.test("a package that is missing is installed as the distribution does it", () => {
  const programs = { pasta: null, slirp4netns: null, "xdg-dbus-proxy": null };
  const remedy = (what: string, files = osRelease("ID=debian"), uid = 1000) => {
    const { level, remedy } = examined(what, { programs, files, uid });
    assert.equal(level, "warning");
    return remedy;
  };
  assert.deepEqual(remedy("way to the network"), ["sudo apt-get install passt"]);
  assert.deepEqual(remedy("session bus filter"), ["sudo apt-get install xdg-dbus-proxy"]);
  const mint = osRelease('ID=linuxmint\nID_LIKE="ubuntu debian"');
  assert.deepEqual(remedy("way to the network", mint, 0), ["apt-get install passt"]);
  assert.deepEqual(remedy("way to the network", osRelease('ID="fedora"')), [
    "sudo dnf install passt",
  ]);
  assert.deepEqual(remedy("way to the network", { "/etc/os-release": null }), [
    "# Install the package passt",
  ]);
});

Deno.test("a tunnel that the user may not open is told with its mode", () => {
  const { level, value, remedy } = examined(TUNNEL, {
    refusals: { [TUNNEL]: "EACCES" },
    directories: { [TUNNEL]: { kind: "character device", mode: 0o20600 } },
  });
  assert.equal(level, "warning");
  assert.match(value, /^EACCES \(mode 600\): /);
  assert.equal(remedy.at(-1), "sudo chmod 666 /dev/net/tun");
});

Deno.test("a tunnel that is not there wants its module", () => {
  for (const code of ["ENOENT", "ENODEV", "EPERM"]) {
    const { value, remedy } = examined(TUNNEL, { refusals: { [TUNNEL]: code } });
    assert.match(value, new RegExp(`^${code}: `));
    assert.equal(remedy.at(-1), "sudo modprobe tun");
    assert.match(remedy[0], /docker run --device \/dev\/net\/tun/);
  }
});
