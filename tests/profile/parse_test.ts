import assert from "node:assert/strict";
import fc from "fast-check";
import { parseProfile } from "../../src/profile/parse.ts";

function messages(text: string): string[] {
  return parseProfile(text, "p.toml").problems.map((problem) => problem.message);
}

function parsed(text: string) {
  const { profile, problems } = parseProfile(text, "p.toml");
  assert.deepEqual(problems.map((problem) => problem.message), []);
  assert.ok(profile);
  return profile;
}

Deno.test("a file of the first StemJail is read", () => {
  const profile = parsed(`name = "OpenBar"

[[fs.bind]]
path = "/usr"

[[fs.bind]]
path = "/home/u/Clients/OpenBar"
write = true

[run]
cmd = ["/bin/sh", "-l"]
`);
  assert.equal(profile.name, "OpenBar");
  assert.deepEqual(
    profile.binds.map(({ path, write, optional }) => ({ path, write, optional })),
    [
      { path: "/usr", write: false, optional: false },
      { path: "/home/u/Clients/OpenBar", write: true, optional: false },
    ],
  );
  assert.deepEqual(profile.run, { cmd: ["/bin/sh", "-l"] });
});

Deno.test("every key is read", () => {
  const profile = parsed(`name = "all"
extends = ["base", "shell"]
fs.bind = [{ path = "~/a", optional = true, create = true }]
run = { cmd = ["x"], linger = true, match = [] }
[env]
pass = ["LANG"]
set = { EDITOR = "vi", "_X1" = "" }
unset = ["MAIL"]
[net]
mode = "nat"
loopback = true
[desktop]
x11 = true
wayland = true
dbus = "unfiltered"
dbus_talk = ["org.freedesktop.Notifications", "org.mpris.*"]
audio = true
gpu = true
fonts = true
themes = true
portals = true
[limits]
memory_mb = 2_048
required = true
processes = 1_000
open_files = 0x100
address_space_mb = 0
core_mb = 5
tmp_mb = 6
[sandbox]
nested_namespaces = true
`);
  assert.deepEqual(profile.extends, ["base", "shell"]);
  assert.equal(profile.binds[0].optional, true);
  assert.equal(profile.binds[0].create, true);
  assert.deepEqual(profile.run, { cmd: ["x"], linger: true, match: [] });
  assert.deepEqual({ ...profile.env, set: { ...profile.env.set } }, {
    pass: ["LANG"],
    set: { EDITOR: "vi", _X1: "" },
    unset: ["MAIL"],
  });
  assert.deepEqual(profile.net, { mode: "nat", loopback: true });
  assert.deepEqual(profile.desktop, {
    x11: true,
    wayland: true,
    dbus: "unfiltered",
    dbusTalk: ["org.freedesktop.Notifications", "org.mpris.*"],
    audio: true,
    gpu: true,
    fonts: true,
    themes: true,
    portals: true,
  });
  assert.deepEqual(profile.limits, {
    memoryMb: 2048,
    required: true,
    processes: 1000,
    openFiles: 256,
    addressSpaceMb: 0,
    coreMb: 5,
    tmpMb: 6,
  });
  assert.deepEqual(profile.sandbox, { nestedNamespaces: true });
});

Deno.test("a byte order mark counts neither as text nor as a column", () => {
  assert.equal(parsed('\ufeffname = "x"').name, "x");
  assert.match(messages("\ufeffnmae = 1")[0], /^p\.toml:1:1: Unknown key/);
});

/** One broken text for each thing that can be wrong, and all that is said about it. */
const broken: Record<string, [text: string, ...messages: string[]]> = {
  "an unfinished string": [
    'name = "x\n',
    "p.toml:1:10: Invalid TOML: control characters are not allowed in strings; close the string with its quote on this line",
  ],
  "a key written twice": [
    'name = "x"\nname = "y"',
    "p.toml:2:1: Invalid TOML: trying to redefine an already defined table or value; write each key and each [table] once; only [[fs.bind]] repeats",
  ],
  "a character beyond the basic plane before the error": [
    'name = "é🦊\x01"',
    "p.toml:1:11: Invalid TOML: control characters are not allowed in strings; close the string with its quote on this line",
  ],
  "a missing name": ["", 'p.toml:1:1: "name" is missing: add name = "..." above the first [table]'],
  "an unknown key": [
    'name = "x"\n[run]\n cmdd = []',
    'p.toml:3:2: Unknown key "run.cmdd": did you mean "cmd"?',
  ],
  "an unknown key like no other": [
    'name = "x"\n[net]\nzzzzz = 1',
    'p.toml:3:1: Unknown key "net.zzzzz": the keys in "net" are mode, loopback',
  ],
  "an unknown key with a line break": [
    'name = "x"\n"a\\nb" = 1',
    'p.toml:2:1: Unknown key "a\\nb": the keys at the top of a profile are name, extends, fs, run, env, net, desktop, limits, sandbox',
  ],
  "a key of JavaScript's": [
    'name = "x"\n__proto__ = {}\nrun.constructor = 1',
    'p.toml:2:1: Unknown key "__proto__": the keys at the top of a profile are name, extends, fs, run, env, net, desktop, limits, sandbox',
    'p.toml:3:5: Unknown key "run.constructor": the keys in "run" are cmd, linger, match',
  ],
  "a word that dbus does not know": [
    'name = "x"\n[desktop]\ndbus = "all"',
    'p.toml:3:8: Cannot take this for "desktop.dbus": write true, false or "unfiltered"',
  ],
  "a bus name that is none": [
    'name = "x"\n[desktop]\ndbus_talk = ["org"]',
    'p.toml:3:14: Cannot talk to "org" on the session bus: write a bus name, as in "org.freedesktop.Notifications" or "org.mpris.MediaPlayer2.*"',
  ],
  "a number for a name": [
    "name = 3",
    'p.toml:1:8: "name" is an integer: it must be a string, as in "text" with its quotes',
  ],
  "an empty name": [
    'name = ""',
    'p.toml:1:8: Cannot name a profile "": the name is empty; choose one, as in "OpenBar"',
  ],
  "a name that moves the cursor": [
    'name = "a\\u001b[2J"',
    'p.toml:1:8: Cannot name a profile "a\\x1b[2J": it holds a character that cannot be shown; remove it',
  ],
  "a name like a path": [
    'name = "../x"',
    'p.toml:1:8: Cannot name a profile "../x": it looks like a path; write it without "/", and not "." or ".."',
  ],
  "a name like an option": [
    'name = "-p"',
    'p.toml:1:8: Cannot name a profile "-p": it looks like an option; begin it with something else than "-"',
  ],
  "a name like an intersection's": [
    'name = "a ∩ b"',
    'p.toml:1:8: Cannot name a profile "a ∩ b": a "∩" joins the names of an intersection; write it without',
  ],
  "text for a boolean": [
    'name = "x"\n[[fs.bind]]\npath = "/a"\nwrite = "true"',
    'p.toml:4:9: "fs.bind[0].write" is a string: it must be true or false, as in write = true without quotes',
  ],
  "one bind as a table": [
    'name = "x"\n[fs.bind]\npath = "/a"',
    'p.toml:2:1: "fs.bind" is a table: it must be an array, as in [[fs.bind]] with two brackets',
  ],
  "a bind without a path": [
    'name = "x"\n[[fs.bind]]\npath = "/a"\n[[fs.bind]]\nwrite = true',
    'p.toml:4:1: "fs.bind[1].path" is missing: add path = "/..." or remove this bind',
  ],
  "a relative path": [
    'name = "x"\n[[fs.bind]]\npath = "usr"',
    'p.toml:3:8: Cannot bind "usr": it is relative; a path is absolute, as in "/usr" or "~/Documents"',
  ],
  "an empty path": [
    'name = "x"\n[[fs.bind]]\npath = ""',
    'p.toml:3:8: Cannot bind "": it is empty; a path is absolute, as in "/usr" or "~/Documents"',
  ],
  "a path with two dots": [
    'name = "x"\n[[fs.bind]]\npath = "~/a/.."',
    'p.toml:3:8: Cannot bind "~/a/..": it has a ".." component; write where the path leads instead',
  ],
  "a path with a NUL": [
    'name = "x"\n[[fs.bind]]\npath = "/a\\u0000b"',
    'p.toml:3:8: Cannot bind "/a\\x00b": a path cannot hold a NUL character; remove it',
  ],
  "a path in the jail's own trees": [
    'name = "x"\n[[fs.bind]]\npath = "/proc"\n[[fs.bind]]\npath = "//dev/./shm/"\n[[fs.bind]]\npath = "/tmp${HOME}"',
    'p.toml:3:8: Cannot bind "/proc": every jail has a /proc of its own; remove this bind',
    'p.toml:5:8: Cannot bind "//dev/./shm/": every jail has a /dev of its own; remove this bind',
    'p.toml:7:8: Cannot bind "/tmp${HOME}": every jail has a /tmp of its own; remove this bind',
  ],
  "another user's home": [
    'name = "x"\n[[fs.bind]]\npath = "~bob/x"',
    'p.toml:3:8: Cannot expand "~bob/x": only "~" and "~/..." are known; write the other home out in full',
  ],
  "a variable that nobody knows": [
    'name = "x"\n[[fs.bind]]\npath = "${XDG_DOWNLOADS_DIR}"\n[[fs.bind]]\npath = "${USER}"',
    'p.toml:3:8: Cannot expand "${XDG_DOWNLOADS_DIR}": there is no variable "XDG_DOWNLOADS_DIR"; did you mean "XDG_DOWNLOAD_DIR"?',
    'p.toml:5:8: Cannot expand "${USER}": there is no variable "USER": only ${HOME} and the ${XDG_...} folders are expanded',
  ],
  "a variable that is not closed": [
    'name = "x"\n[[fs.bind]]\npath = "${HOME"',
    'p.toml:3:8: Cannot expand "${HOME": a "${" is not closed; add the "}"',
  ],
  "a command as one string": [
    'name = "x"\n[run]\ncmd = "sh"',
    'p.toml:3:7: "run.cmd" is a string: it must be an array, as in cmd = ["/bin/sh"]',
  ],
  "an empty command": [
    'name = "x"\n[run]\ncmd = []',
    'p.toml:3:7: "run.cmd" names no command: write one, as in cmd = ["/bin/sh"], or remove the key',
  ],
  "an argument with a NUL": [
    'name = "x"\n[run]\ncmd = ["\\u0000"]',
    'p.toml:3:8: Cannot pass "\\x00": execve(2) takes no NUL; remove it',
  ],
  "a pattern that could not fit": [
    'name = "x"\n[run]\nmatch = ["sh", "bin/sh"]',
    'p.toml:3:16: Cannot match "bin/sh": a pattern is a bare name or an absolute path; begin it with "/"',
  ],
  "a network that there is not": [
    'name = "x"\n[net]\nmode = "nta"',
    'p.toml:3:8: "net.mode" is "nta": it must be one of "none", "nat", "host"',
  ],
  "a limit out of range": [
    'name = "x"\n[limits]\nprocesses = 0\ncore_mb = 99999999999999999999',
    'p.toml:3:13: "limits.processes" is 0: it must be from 1 to 4194304',
    'p.toml:4:11: "limits.core_mb" is 99999999999999999999: it must be from 0 to 137438953472',
  ],
  "too little memory for a jail": [
    'name = "x"\n[limits]\nmemory_mb = 127',
    'p.toml:3:13: "limits.memory_mb" is 127: it must be from 128 to 137438953472, or 0 for no limit',
  ],
  "a float for an integer": [
    'name = "x"\n[limits]\nprocesses = 1.0',
    'p.toml:3:13: "limits.processes" is a float: it must be an integer, as in processes = 1024 without quotes',
  ],
  "a variable's name with a dash": [
    'name = "x"\n[env.set]\n"A-B" = "c"',
    'p.toml:3:1: Cannot use "A-B" as the name of a variable: a name has letters, digits and _ and does not begin with a digit; correct it',
  ],
  "a variable both set and unset": [
    'name = "x"\n[env]\nset = { E = "1" }\nunset = ["F", "E"]',
    'p.toml:4:15: "E" is both set and unset: remove it from env.set or from env.unset',
  ],
  "a date for a table": [
    'name = "x"\nrun = 1979-05-27',
    'p.toml:2:7: "run" is a date: it must be a table, as in [run]',
  ],
};

for (const [what, [text, ...expected]] of Object.entries(broken)) {
  Deno.test(`${what} is told with its place and a remedy`, () => {
    assert.deepEqual(messages(text), expected);
  });
}

Deno.test("several problems of one file are told together, in the order of the text", () => {
  const said = messages("[[fs.bind]]\nwirte = true\npath = 1\n[run]\nlinger = 0\n");
  assert.deepEqual(said.map((message) => message.split(":").slice(0, 3).join(":")), [
    "p.toml:1:1",
    "p.toml:2:1",
    "p.toml:3:8",
    "p.toml:5:10",
  ]);
});

Deno.test("a name may have 64 characters, whatever their encoding", () => {
  assert.equal(parsed(`name = "${"🦊".repeat(64)}"`).name.length, 128);
  assert.match(messages(`name = "${"🦊".repeat(65)}"`)[0], /it has 65 characters/);
});

Deno.test("a path may be as long as the kernel takes", () => {
  const bind = (path: string) => messages(`name = "x"\n[[fs.bind]]\npath = "${path}"`);
  const component = "/" + "é".repeat(127);
  assert.deepEqual(bind(component + "a"), []);
  assert.match(bind(component + "ab")[0], /component is longer than the 255 bytes/);
  assert.deepEqual(bind("/a".repeat(2047)), []);
  assert.match(bind("/a".repeat(2048))[0], /longer than the 4095 bytes/);
});

Deno.test("a file of nonsense ends after fifty problems", () => {
  const keys = Array.from({ length: 1000 }, (_, index) => `key${index} = 1\n`);
  assert.equal(messages(keys.join("")).length, 50);
});

Deno.test("deeply nested arrays are a problem and not a crash", () => {
  assert.match(messages(`name = ${"[".repeat(100_000)}`)[0], /^p\.toml:1:\d+: Invalid TOML: /);
});

Deno.test("a file's name with control characters stays on one line", () => {
  const [problem] = parseProfile("", "a\n\x1b[31m.toml").problems;
  assert.match(problem.message, /^a\\n\\x1b\[31m\.toml:1:1: /);
});

Deno.test("whatever the text, parsing tells problems on one line and throws nothing", () => {
  const token = fc.constantFrom(
    "name",
    "=",
    '"',
    "'",
    "[",
    "]",
    "{",
    "}",
    ".",
    ",",
    "\n",
    " ",
    "#",
    "fs",
    "bind",
    "path",
    "[[fs.bind]]\n",
    'path = "/a"\n',
    'name = "x"\n',
    "true",
    "1",
    "-",
    "\\",
    "\0",
    "é",
    "\ud800",
    "__proto__",
    '"""',
    "1979-05-27",
  );
  const text = fc.array(token, { maxLength: 30 }).map((tokens) => tokens.join(""));
  fc.assert(
    fc.property(fc.oneof(text, fc.string({ unit: "binary" })), (content) => {
      for (const problem of parseProfile(content, "p.toml").problems) {
        assert.match(problem.message, /^p\.toml:[1-9]\d*:[1-9]\d*: [^\p{Cc}]+: [^\p{Cc}]+$/u);
        const lines = content.replace(/^\ufeff/, "").split("\n");
        assert.ok((problem.line ?? 0) <= lines.length);
        const line = lines[(problem.line ?? 1) - 1];
        assert.ok((problem.column ?? 0) <= Array.from(line).length + 1);
      }
    }),
    { numRuns: 5000 },
  );
});
