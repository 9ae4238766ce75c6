import assert from "node:assert/strict";
import { loadProfiles } from "../../src/profile/load.ts";
import {
  checkReport,
  findProfile,
  listReport,
  refuseUnknown,
  showReport,
} from "../../src/profile/report.ts";
import { fakeHost, type FakeNode, profileText } from "./fake_host.ts";

function load(nodes: Record<string, FakeNode>) {
  return loadProfiles({
    directories: ["/p"],
    environment: () => undefined,
    home: "/home/u",
    files: fakeHost({ "/usr/bin/sh": "", "/bin": { link: "usr/bin" }, ...nodes }),
  });
}

Deno.test("check ends with the counts", () => {
  assert.equal(
    checkReport(
      load({ "/p/a.toml": profileText("a", "/usr"), "/p/b.toml": profileText("b", "/usr") }),
    ),
    "2 profiles, 0 problems",
  );
  assert.equal(
    checkReport(load({ "/p/a.toml": profileText("a", "/") })),
    `/p/a.toml:3:8: warning: Binding "/" grants reading every file of the host: only /proc, /dev ` +
      `and /tmp stay the jail's own; bind what is needed instead
1 profile, 0 problems, 1 warning`,
  );
});

Deno.test("check tells every problem on a line of its own", () => {
  const report = checkReport(load({
    "/p/a.toml": profileText("a", "/gone\u001b[2J"),
    "/p/b.toml": "x = 1",
  }));
  const lines = report.split("\n");
  assert.equal(lines.length, 4);
  assert.equal(lines[3], "2 profiles, 3 problems");
  assert.ok(lines.every((line) => !/\p{Cc}/u.test(line)));
});

Deno.test("list shows names, grants, commands and files in columns", () => {
  const loaded = load({
    "/p/a.toml": profileText("OpenBar", "/bin") + '[run]\ncmd = ["/bin/sh", "-c", "a b"]\n',
    "/p/b.toml": profileText("🦊", "/usr"),
  });
  assert.equal(
    listReport(loaded),
    [
      "NAME     BINDS  COMMAND           FILE",
      'OpenBar  2      /bin/sh -c "a b"  /p/a.toml',
      "🦊        1      -                 /p/b.toml",
    ].join("\n"),
  );
});

Deno.test("show tells all that a profile is on this host", () => {
  const loaded = load({
    "/p/base.toml": profileText("base", "/bin"),
    "/p/a.toml": `name = "a"
extends = ["base"]
[[fs.bind]]
path = "~/gone"
optional = true
[run]
cmd = ["/bin/sh", "a b"]
[env]
set = { X = "1 2" }
[net]
mode = "nat"
loopback = true
[desktop]
x11 = true
dbus = true
dbus_talk = ["org.x.Y"]
[limits]
address_space_mb = 64
`,
  });
  const profile = findProfile(loaded, "a");
  assert.ok("name" in profile);
  assert.equal(
    showReport(profile),
    `name               a
file               /p/a.toml
extends            base
command            /bin/sh "a b"
match              what no profile names
linger             no
pass               none
set                "X=1 2"
unset              none
network            nat, with the host's loopback
desktop            x11 dbus org.x.Y
limits             memory three quarters of all, 4096 processes, 16384 open files, address space 64 MiB, no core files, half the memory for files of its own
nested namespaces  no

2 binds
        link       /bin -> usr/bin
  read  directory  /usr/bin

1 optional path left out
  /home/u/gone`,
  );
});

Deno.test("show of a profile with nothing left out ends with that", () => {
  const profile = findProfile(load({ "/p/a.toml": profileText("a", "/usr") }), "a");
  assert.ok("name" in profile);
  assert.match(showReport(profile), /\n\n0 optional paths left out$/);
});

Deno.test("a name that there is not is told with the nearest", () => {
  const loaded = load({ "/p/a.toml": 'name = "OpenBar"', "/p/b.toml": 'name = "Paranoid"' });
  assert.deepEqual(findProfile(loaded, "opnbar"), {
    what: 'No such profile "opnbar"',
    remedy: 'did you mean "OpenBar"?',
  });
  assert.deepEqual(refuseUnknown("zzzzz", ["OpenBar"]), {
    what: 'No such profile "zzzzz"',
    remedy: "`stemjail profile list` names those that exist",
  });
});
