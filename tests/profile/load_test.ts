import assert from "node:assert/strict";
import { type LoadOptions, loadProfiles } from "../../src/profile/load.ts";
import { formatFinding } from "../../src/profile/problem.ts";
import { DEFAULT_SETTINGS } from "../../src/profile/profile.ts";
import { fakeHost, type FakeNode, profileText } from "./fake_host.ts";

const system = {
  "/usr/bin/sh": "ELF",
  "/bin": { link: "usr/bin" },
  "/home/u/Clients/OpenBar/plan": "",
} as const;

function load(nodes: Record<string, FakeNode>, options: Partial<LoadOptions> = {}) {
  const loaded = loadProfiles({
    directories: ["/p"],
    environment: () => undefined,
    home: "/home/u",
    files: fakeHost({ ...system, ...nodes }),
    ...options,
  });
  return {
    ...loaded,
    names: loaded.profiles.map(({ name }) => name),
    messages: loaded.problems.map(({ message }) => message),
    warned: loaded.warnings.map(formatFinding),
  };
}

Deno.test("a profile is loaded with the links on its way", () => {
  const { profiles, messages } = load({
    "/p/openbar.toml": `name = "OpenBar"
[[fs.bind]]
path = "/bin"
[[fs.bind]]
path = "~/Clients//OpenBar/"
write = true
[run]
cmd = ["/bin/sh"]
`,
  });
  assert.deepEqual(messages, []);
  assert.deepEqual(profiles, [{
    name: "OpenBar",
    file: "/p/openbar.toml",
    extends: [],
    binds: [
      { path: "/bin", write: false, kind: "link", target: "usr/bin" },
      { path: "/usr/bin", write: false, kind: "directory" },
      { path: "/home/u/Clients/OpenBar", write: true, kind: "directory" },
    ],
    run: { cmd: ["/bin/sh"], linger: false, match: undefined },
    env: { pass: [], set: {}, unset: [] },
    net: { mode: "none", loopback: false },
    desktop: DEFAULT_SETTINGS.desktop,
    limits: DEFAULT_SETTINGS.limits,
    sandbox: { nestedNamespaces: false },
    skipped: [],
  }]);
});

Deno.test("profiles come in the order of their directories and files", () => {
  const { names } = load(
    {
      "/p/b.toml": profileText("one"),
      "/p/c.toml": profileText("two"),
      "/q/a.toml": 'name="three"',
    },
    { directories: ["/p", "/q"] },
  );
  assert.deepEqual(names, ["one", "two", "three"]);
});

Deno.test("a path that is granted by two ways is granted once, for writing if one says so", () => {
  const { profiles } = load({
    "/p/a.toml": `name = "a"
fs.bind = [{ path = "/usr/bin" }, { path = "/bin", write = true }, { path = "/usr/bin" }]`,
  });
  assert.deepEqual(profiles[0].binds, [
    { path: "/usr/bin", write: true, kind: "directory" },
    { path: "/bin", write: false, kind: "link", target: "usr/bin" },
  ]);
});

Deno.test("a missing path is told where the profile names it", () => {
  const { names, messages } = load({
    "/p/a.toml": profileText("a", "/usr", "/gone"),
    "/p/b.toml": profileText("b", "/usr"),
  });
  assert.deepEqual(names, ["b"]);
  assert.deepEqual(messages, [
    '/p/a.toml:5:8: Cannot bind "/gone": it does not exist (ENOENT); create it, or say ' +
    "optional = true to leave it out",
  ]);
});

Deno.test("a missing path that is optional is left out, and which is told", () => {
  const { profiles, messages, warned } = load({
    "/p/a.toml": `name = "a"
fs.bind = [{ path = "/usr" }, { path = "~/gone/", optional = true }]`,
  });
  assert.deepEqual([messages, warned], [[], []]);
  assert.deepEqual(profiles[0].skipped, ["/home/u/gone"]);
  assert.deepEqual(profiles[0].binds.map(({ path }) => path), ["/usr"]);
});

Deno.test("an optional link to nothing is left out with the link itself", () => {
  const { profiles } = load({
    "/l": { link: "gone" },
    "/p/a.toml": 'name = "a"\nfs.bind = [{ path = "/l", optional = true }]',
  });
  assert.deepEqual([profiles[0].binds, profiles[0].skipped], [[], ["/l"]]);
});

Deno.test("an optional path that is there but cannot be granted is left out with a warning", () => {
  const { profiles, messages, warned } = load({
    "/l": { link: "/tmp/x" },
    "/denied": { errno: "EACCES" },
    "/p/a.toml": `name = "a"
[[fs.bind]]
path = "/l"
optional = true
[[fs.bind]]
path = "/denied"
optional = true`,
  });
  assert.deepEqual(messages, []);
  assert.deepEqual(profiles[0].skipped, ["/l", "/denied"]);
  assert.deepEqual(warned, [
    '/p/a.toml:3:8: Cannot bind "/l", left out: a symbolic link leads it to "/tmp", and every ' +
    "jail has a /tmp of its own; remove this bind",
    '/p/a.toml:6:8: Cannot bind "/denied", left out: it cannot be looked at (EACCES); change its ' +
    "permissions, or say optional = true to leave it out",
  ]);
});

Deno.test("a variable without a value is a problem, or leaves an optional bind out", () => {
  const text = (rest: string) =>
    `name = "a"\nfs.bind = [{ path = "\${XDG_RUNTIME_DIR}/s"${rest} }]`;
  assert.deepEqual(load({ "/p/a.toml": text("") }).messages, [
    '/p/a.toml:2:21: Cannot expand "${XDG_RUNTIME_DIR}/s": XDG_RUNTIME_DIR is not set; set it, ' +
    "or say optional = true to leave the bind out",
  ]);
  const { profiles, messages } = load({ "/p/a.toml": text(", optional = true") });
  assert.deepEqual([messages, profiles[0].skipped], [[], ["${XDG_RUNTIME_DIR}/s"]]);
});

Deno.test("two profiles of one name are told with both files", () => {
  const { names, messages } = load({
    "/p/a.toml": 'name = "x"',
    "/p/b.toml": '# mine\nname = "x"',
    "/p/c.toml": 'name = "X"',
  });
  assert.deepEqual(messages, [
    '/p/b.toml:2:8: The name "x" is taken: /p/a.toml has it, and /p/b.toml too; rename one of the two',
  ]);
  assert.deepEqual(names, ["x", "X"]);
});

Deno.test("problems of all kinds and files are told together", () => {
  const { messages, examined } = load({
    "/p/a.toml": "name =",
    "/p/b.toml": 'name = "b"\nnope = 1',
    "/p/c.toml": profileText("c", "/gone"),
    "/p/d.toml": 'name = "d"\nextends = ["nobody"]',
    "/p/e.toml": new Uint8Array([0xff]),
  }, { directories: ["/p", "/missing"] });
  const places = messages.map((message) => message.replace(/^(\S+): .*/, "$1")).sort();
  assert.deepEqual(places, [
    "/missing",
    "/p/a.toml:1:7",
    "/p/b.toml:2:1",
    "/p/c.toml:3:8",
    "/p/d.toml:2:12",
    "/p/e.toml:1:1",
  ]);
  assert.equal(examined, 5);
});

Deno.test("what is wrong with an inherited grant is told once, where it is written", () => {
  const { names, messages } = load({
    "/p/a.toml": profileText("base", "/gone"),
    "/p/b.toml": 'name = "b"\nextends = ["base"]',
    "/p/c.toml": 'name = "c"\nextends = ["base", "b"]',
  });
  assert.equal(messages.length, 1);
  assert.match(messages[0], /^\/p\/a\.toml:3:8: /);
  assert.deepEqual(names, []);
});

const shipped = [
  { name: "base", text: profileText("base", "/usr") },
  { name: "shell", text: 'name = "shell"\nextends = ["base"]' },
];

Deno.test("shipped profiles come after those of the directories", () => {
  const { names, examined } = load({ "/p/a.toml": profileText("a", "/usr") }, { shipped });
  assert.deepEqual(names, ["a", "base", "shell"]);
  assert.equal(examined, 3);
});

Deno.test("shipped profiles can be there for extending alone", () => {
  const { profiles, examined } = load(
    { "/p/a.toml": 'name = "a"\nextends = ["shell"]' },
    { shipped, includeShipped: false },
  );
  assert.deepEqual(profiles.map(({ name, binds }) => [name, binds.map(({ path }) => path)]), [
    ["a", ["/usr"]],
  ]);
  assert.equal(examined, 1);
});

Deno.test("a user's profile takes the place of a shipped one, for those that extend it too", () => {
  const { profiles, messages, examined } = load(
    { "/p/mine.toml": profileText("base", "/bin") },
    { shipped },
  );
  assert.deepEqual(messages, []);
  assert.deepEqual(profiles.map(({ name, file }) => [name, file]), [
    ["base", "/p/mine.toml"],
    ["shell", "<shipped>/shell.toml"],
  ]);
  assert.equal(profiles[1].binds[0].path, "/bin");
  assert.equal(examined, 2);
});

Deno.test("shipped profiles suffice where the user's directory is optional", () => {
  const options = { shipped, directories: ["/none"], directoriesOptional: true };
  const { names, messages } = load({}, options);
  assert.deepEqual([names, messages], [["base", "shell"], []]);
});

Deno.test("a problem of a shipped profile names it as shipped", () => {
  const { messages } = load({}, {
    directories: [],
    shipped: [{ name: "x", text: profileText("x", "/gone") }],
  });
  assert.match(messages[0], /^<shipped>\/x\.toml:3:8: /);
});

Deno.test("risky grants and empty profiles are warned about, where they are written", () => {
  const { messages, warned } = load({
    "/p/a.toml": 'name = "a"\nfs.bind = [{ path = "~", write = true }]',
    "/p/b.toml": 'name = "b"\nextends = ["a"]',
    "/p/c.toml": '\nname = "c"',
    "/home/u/.git/config": "",
  });
  assert.deepEqual(messages, []);
  assert.deepEqual(warned.map((line) => line.slice(0, 44)), [
    '/p/a.toml:2:21: Writing to "/home/u" reaches',
    '/p/a.toml:2:21: Writing to "/home/u" reaches',
    "/p/c.toml:2:8: This profile grants nothing: ",
  ]);
});

Deno.test("ten thousand profiles are loaded, and the host is asked once about each path", () => {
  const nodes: Record<string, FakeNode> = {};
  for (let index = 0; index < 10_000; index++) {
    nodes[`/p/${index}.toml`] = `extends = ["base"]\n` +
      profileText(`p${index}`, "/bin/sh", `/home/u/Clients/${index % 100}`);
    nodes[`/home/u/Clients/${index % 100}`] = { kind: "directory" };
  }
  const files = fakeHost({ ...system, ...nodes });
  const { profiles, messages } = load({}, { shipped, includeShipped: false, files });
  assert.deepEqual(messages, []);
  assert.equal(profiles.length, 10_000);
  assert.equal(Math.max(...files.asked.values()), 1);
});

Deno.test("settings that reach out of the jail are warned of, where the file has them", () => {
  const { warnings } = loadProfiles({
    directories: ["/p"],
    environment: () => undefined,
    home: "/home/u",
    files: fakeHost({
      "/usr/x": "",
      "/p/a.toml": `name = "a"
fs.bind = [{ path = "/usr" }]
[net]
mode = "host"
[desktop]
dbus = "unfiltered"`,
    }),
  });
  assert.deepEqual(warnings.map(({ file, line, column }) => `${file}:${line}:${column}`), [
    "/p/a.toml:4:8",
    "/p/a.toml:6:8",
  ]);
});

Deno.test("problems are told file by file, each from its top to its end", () => {
  const { messages } = load({
    "/p/a.toml": `${profileText("a", "/gone")}extends = ["nobody"]\n`,
    "/p/b.toml": `name = "b"\nextends = ["nobody"]\n[[fs.bind]]\npath = "/gone"\n[net]\nx = 1\n`,
    "/p/c.toml": 'name = "b"\n[run]\ny = 2\n',
    "/p/d.toml": { kind: "fifo" },
  });
  assert.deepEqual(messages.map((message) => message.split(": ")[0]), [
    "/p/d.toml",
    "/p/a.toml:4:1",
    "/p/b.toml:2:12",
    "/p/b.toml:6:1",
    "/p/c.toml:1:8",
    "/p/c.toml:3:1",
  ]);
});

Deno.test("where the home is not known, no path is taken from the root instead", () => {
  const text = 'name = "a"\nfs.bind = [{ path = "~", write = true }, { path = "~/x*" }]\n';
  const { messages } = load({ "/p/a.toml": text, "/x1": "" }, { home: "" });
  assert.equal(messages.length, 2);
  for (const message of messages) {
    assert.match(message, /the home directory is not known; set HOME/);
  }
});
