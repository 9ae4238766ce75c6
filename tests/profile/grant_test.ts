import assert from "node:assert/strict";
import { loadProfiles } from "../../src/profile/load.ts";
import { formatFinding } from "../../src/profile/problem.ts";
import { checkReport } from "../../src/profile/report.ts";
import { fakeHost, type FakeNode } from "./fake_host.ts";

const browsers = {
  "/usr/lib/firefox-esr/firefox-esr": "ELF",
  "/usr/lib/firefox": { link: "firefox-esr" },
} as const;

/** Loads profiles, each given by what follows its name. */
function load(nodes: Record<string, FakeNode>, ...texts: string[]) {
  const profiles = Object.fromEntries(
    texts.map((text, at): [string, FakeNode] => [`/p/${at}.toml`, `name = "p${at}"\n${text}`]),
  );
  const loaded = loadProfiles({
    directories: ["/p"],
    environment: () => undefined,
    home: "/home/u",
    files: fakeHost({ ...nodes, ...profiles }),
  });
  return {
    loaded,
    binds: loaded.profiles.map(({ binds }) =>
      binds.map(({ path, write, kind }) => `${write ? "write" : "read"} ${kind} ${path}`)
    ),
    skipped: loaded.profiles.map(({ skipped }) => skipped),
    problems: loaded.problems.map(({ message }) => message),
    warnings: loaded.warnings.map(formatFinding),
    matches: loaded.matches.map(formatFinding),
  };
}

Deno.test("what a pattern matches is granted as if each path were written", () => {
  const { binds, problems, matches } = load(
    browsers,
    'fs.bind = [{ path = "/usr/lib/firefox*", write = true }]',
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(binds, [[
    "read link /usr/lib/firefox",
    "write directory /usr/lib/firefox-esr",
  ]]);
  assert.deepEqual(matches, [
    '/p/0.toml:2:21: "/usr/lib/firefox*" matches 2 paths: "/usr/lib/firefox", ' +
    '"/usr/lib/firefox-esr"',
  ]);
});

Deno.test("check shows what patterns match, once for each, and long lists in short", () => {
  const nodes = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`/d/${at}`, ""]));
  const bind = '[[fs.bind]]\npath = "/d/*"\n';
  const { loaded } = load(nodes, bind, 'extends = ["p0"]\n');
  const lines = checkReport(loaded).split("\n");
  assert.equal(lines.length, 2);
  assert.match(lines[0], /^\/p\/0\.toml:3:8: "\/d\/\*" matches 20 paths: "\/d\/0", .* and 4 more$/);
  assert.equal(lines[1], "2 profiles, 0 problems");
});

Deno.test("a pattern that nothing matches is a problem, unless it is optional", () => {
  const { problems } = load(browsers, '[[fs.bind]]\npath = "/usr/lib/chrom*"\n');
  assert.deepEqual(problems, [
    '/p/0.toml:3:8: Cannot bind "/usr/lib/chrom*": nothing matches it; correct it, say ' +
    'optional = true to leave it out, or literal = true if a name has that "*"',
  ]);
  const optional = load(browsers, 'fs.bind = [{ path = "/usr/lib/chrom*", optional = true }]');
  assert.deepEqual([optional.problems, optional.warnings], [[], []]);
  assert.deepEqual(optional.skipped, [["/usr/lib/chrom*"]]);
  assert.deepEqual(optional.matches, [
    '/p/0.toml:2:21: "/usr/lib/chrom*" matches nothing: left out, as it is optional',
  ]);
});

Deno.test("a match that cannot be granted is a problem, or left out with a warning", () => {
  const nodes = { "/d/disk": { kind: "block device" }, "/d/file": "" } as const;
  assert.match(
    load(nodes, 'fs.bind = [{ path = "/d/*" }]').problems.join(),
    /^\/p\/0\.toml:2:21: Cannot bind "\/d\/disk": it is a block device/,
  );
  const optional = load(nodes, 'fs.bind = [{ path = "/d/*", optional = true }]');
  assert.deepEqual(optional.binds, [["read file /d/file"]]);
  assert.match(optional.warnings.join(), /Cannot bind "\/d\/disk", left out: it is a block device/);
  assert.deepEqual(optional.skipped, [["/d/disk"]]);
});

Deno.test("a match through a link that a jail may have made is not granted", () => {
  const nodes = { "/home/u/src/a/doc": "", "/home/u/src/b": { link: "../.ssh" } } as const;
  const { problems } = load(
    { ...nodes, "/home/u/.ssh/doc": "" },
    'fs.bind = [{ path = "~/src", write = true }]',
    'fs.bind = [{ path = "~/src/*/doc" }]',
  );
  assert.match(problems.join(), /^\/p\/1\.toml:2:21: "\/home\/u\/src\/b" is a symbolic link in/);
});

Deno.test("with literal = true a star is part of a name", () => {
  const nodes = { "/d/a*b": "", "/d/aXb": "" };
  const pattern = load(nodes, 'fs.bind = [{ path = "/d/a*b" }]');
  assert.deepEqual(pattern.binds, [["read file /d/a*b", "read file /d/aXb"]]);
  const literal = load(nodes, 'fs.bind = [{ path = "/d/a*b", literal = true }]');
  assert.deepEqual([literal.binds, literal.matches], [[["read file /d/a*b"]], []]);
  const twice = load({ "/d/a**": "" }, 'fs.bind = [{ path = "/d/a**", literal = true }]');
  assert.deepEqual(twice.binds, [["read file /d/a**"]]);
});

Deno.test("what a pattern cannot say is refused where it is written", () => {
  const refused = (bind: string) => load(browsers, `fs.bind = [${bind}]`).problems.join();
  assert.match(
    refused('{ path = "/usr/**/x" }'),
    /^\/p\/0\.toml:2:21: Cannot bind "\/usr\/\*\*\/x": a "\*" stays within one component; /,
  );
  assert.match(
    refused('{ path = "~/.x*", create = true }'),
    /^\/p\/0\.toml:2:39: Cannot create what a "\*" stands for: /,
  );
  assert.match(refused('{ path = "/dev/*" }'), /Cannot bind "\/dev\/\*": every jail has a \/dev/);
  assert.match(refused('{ path = "*" }'), /it is relative/);
  assert.match(refused('{ path = "/usr/*/../etc" }'), /it has a "\.\." component/);
  assert.match(refused('{ path = "~*" }'), /only "~" and "~\/\.\.\." are known/);
  assert.match(refused('{ path = "${HO*ME}" }'), /there is no variable/);
});

Deno.test("a pattern whose variable is not set is left out where it is optional", () => {
  const written = "${XDG_RUNTIME_DIR}/wayland-*";
  const { problems } = load({}, `fs.bind = [{ path = "${written}" }]`);
  assert.match(problems.join(), /Cannot expand "\$\{XDG_RUNTIME_DIR\}\/wayland-\*"/);
  const optional = load({}, `fs.bind = [{ path = "${written}", optional = true }]`);
  assert.deepEqual([optional.problems, optional.skipped], [[], [[written]]]);
});

Deno.test("a user's folder is not where a file that jails may write says", () => {
  const nodes = {
    "/home/u/.config/user-dirs.dirs": 'XDG_DOWNLOAD_DIR="$HOME/.ssh"\n',
    "/home/u/.config/own/x": "",
    "/home/u/.ssh/id": "",
    "/home/u/src/x": "",
  } as const;
  const folder = 'fs.bind = [{ path = "${XDG_DOWNLOAD_DIR}", write = true }]';
  const writable = (path: string) => `fs.bind = [{ path = "${path}", write = true }]`;
  for (const path of ["~/.config", "~", "~/.config/user-dirs.dirs"]) {
    const { problems } = load(nodes, writable(path), folder);
    assert.match(
      problems.join(),
      /^\/p\/1\.toml:2:21: "\/home\/u\/\.config\/user-dirs\.dirs" says where it is, and lies in "/,
    );
  }
  for (const path of ["~/.config/own", "~/src"]) {
    assert.deepEqual(load(nodes, writable(path), folder).problems, []);
  }
  const optional = folder.replace("write", "optional = true, write");
  const { binds, warnings } = load(nodes, writable("~/.config"), optional);
  assert.deepEqual(binds[1], []);
  assert.match(warnings.join("\n"), /says where it is, .*, left out: bind the folder by its own/);
});

Deno.test("a user's folder is not where a link in a tree that jails may write leads", () => {
  const { problems } = load(
    {
      "/home/u/.config": { link: "src/config" },
      "/home/u/src/config/user-dirs.dirs": 'XDG_DOWNLOAD_DIR="$HOME/.ssh"\n',
      "/home/u/.ssh/id": "",
    },
    'fs.bind = [{ path = "~/src", write = true }]',
    'fs.bind = [{ path = "${XDG_DOWNLOAD_DIR}" }]',
  );
  assert.match(problems.join(), /says where it is, and lies in "\/home\/u\/src"/);
});
