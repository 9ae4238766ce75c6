import assert from "node:assert/strict";
import fc from "fast-check";
import { PathExpander } from "../../src/profile/expand.ts";
import { type FileSystem, hostFileSystem } from "../../src/profile/file_system.ts";
import { DIRECTORY_LIMIT, GlobFinder, MATCH_LIMIT, NAME_LIMIT } from "../../src/profile/glob.ts";
import { HostResolver } from "../../src/profile/resolve.ts";
import { fakeHost, type FakeNode } from "./fake_host.ts";

function find(
  written: string,
  files: FileSystem,
  environment: Record<string, string> = {},
  home = "/home/u",
) {
  const expander = new PathExpander({ environment: (name) => environment[name], home, files });
  const pattern = expander.expandPattern(written);
  assert.ok("components" in pattern, JSON.stringify(pattern));
  return new GlobFinder(files, new HostResolver(files)).find(pattern);
}

function matches(
  written: string,
  nodes: Record<string, FakeNode>,
  ...more: [
    environment?: Record<string, string>,
    home?: string,
  ]
): string[] {
  const found = find(written, fakeHost(nodes), ...more);
  assert.ok(!("refusal" in found), JSON.stringify(found));
  return found.map(({ path }) => path);
}

function refusal(written: string, files: FileSystem | Record<string, FakeNode>) {
  const isHost = (host: typeof files): host is FileSystem => typeof host.readFile === "function";
  const found = find(written, isHost(files) ? files : fakeHost(files));
  assert.ok("refusal" in found, JSON.stringify(found));
  return { ...found.refusal, missing: found.missing };
}

const browsers = {
  "/usr/lib/firefox-esr/firefox-esr": "ELF",
  "/usr/lib/firefox/firefox": "ELF",
  "/usr/lib/fire": "",
  "/usr/lib/.firefox/firefox": "",
  "/usr/lib/libfirefox.so": "",
} as const;

Deno.test("a star matches any characters of a name, and the matches are sorted", () => {
  assert.deepEqual(matches("/usr/lib/firefox*", browsers), [
    "/usr/lib/firefox",
    "/usr/lib/firefox-esr",
  ]);
  assert.deepEqual(matches("/usr/lib/*fox*", browsers), [
    "/usr/lib/firefox",
    "/usr/lib/firefox-esr",
    "/usr/lib/libfirefox.so",
  ]);
  assert.deepEqual(matches("/usr/lib/fire*", browsers).length, 3);
  assert.deepEqual(matches("/usr/*/fire", browsers), ["/usr/lib/fire"]);
  assert.deepEqual(matches("/usr/*/*/firefox*", browsers), [
    "/usr/lib/firefox/firefox",
    "/usr/lib/firefox-esr/firefox-esr",
  ]);
});

Deno.test("a star does not match a dot at the beginning", () => {
  const nodes = { "/d/.a": "", "/d/b.c": "", "/d/.d/e": "", "/d/f/e": "" };
  assert.deepEqual(matches("/d/*", nodes), ["/d/b.c", "/d/f"]);
  assert.deepEqual(matches("/d/.*", nodes), ["/d/.a", "/d/.d"]);
  assert.deepEqual(matches("/d/*/e", nodes), ["/d/f/e"]);
});

Deno.test("other characters that are special to a shell are not", () => {
  const nodes = { "/d/a?": "", "/d/ab": "", "/d/[ab]c": "", "/d/ac": "", "/d/\\x": "" };
  assert.deepEqual(matches("/d/a?*", nodes), ["/d/a?"]);
  assert.deepEqual(matches("/d/[ab]*", nodes), ["/d/[ab]c"]);
  assert.deepEqual(matches("/d/\\*", nodes), ["/d/\\x"]);
});

Deno.test("shorthands are expanded, and a star in what they stand for is part of its name", () => {
  const nodes = { "/srv/a*b/x1": "", "/srv/a*b/x2": "", "/srv/aXb/x3": "" };
  const environment = { XDG_DATA_HOME: "/srv/a*b" };
  assert.deepEqual(matches("${XDG_DATA_HOME}/x*", nodes, environment), [
    "/srv/a*b/x1",
    "/srv/a*b/x2",
  ]);
  assert.deepEqual(matches("~/x*", nodes, {}, "/srv/a*b").length, 2);
});

Deno.test("a link is a match with all that it leads to, a link to nothing is none", () => {
  const nodes = {
    "/d/one": { link: "../e" },
    "/d/two": { link: "gone" },
    "/e/f": "",
  };
  const found = find("/d/*", fakeHost(nodes));
  assert.deepEqual(found, [{
    path: "/d/one",
    resolution: {
      links: [{ path: "/d/one", write: false, kind: "link", target: "../e" }],
      path: "/e",
      kind: "directory",
    },
  }]);
  assert.deepEqual(matches("/d/*/f", nodes), ["/d/one/f"]);
});

Deno.test("the jail's own trees are no match", () => {
  const nodes = { "/dev/null": "", "/proc/1/x": "", "/tmp/x": "", "/usr/x": "", "/data/x": "" };
  assert.deepEqual(matches("/*", nodes), ["/data", "/usr"]);
  assert.deepEqual(matches("/d*/*", nodes), ["/data/x"]);
});

Deno.test("a match that cannot be granted is there with the reason", () => {
  const found = find("/d/*", fakeHost({ "/d/s": { kind: "block device" }, "/d/t": "" }));
  assert.ok(!("refusal" in found));
  assert.deepEqual(found.map(({ resolution }) => "refusal" in resolution), [true, false]);
});

Deno.test("where nothing matches, that is like a path that is missing", () => {
  for (const written of ["/usr/lib/gone*", "/usr/lib/fire/*", "/usr/*/gone"]) {
    const { what, remedy, missing } = refusal(written, browsers);
    assert.equal(what, `Cannot bind "${written}"`);
    assert.match(remedy, /^nothing matches it; .*optional = true .*literal = true/);
    assert.equal(missing, true);
  }
  const { remedy, missing } = refusal("/usr/gone/*/x", browsers);
  assert.match(remedy, /^"\/usr\/gone": it does not exist \(ENOENT\); /);
  assert.equal(missing, true);
});

Deno.test("a directory that is named and cannot be read is told, one that is found is passed over", () => {
  const host = fakeHost({ "/d/a/x": "", "/d/b/x": "" });
  const locked = (path: string): FileSystem => ({
    ...host,
    readDirectory: (directory, most) => {
      if (directory === path) throw Object.assign(new Error("made up"), { code: "EACCES" });
      return host.readDirectory(directory, most);
    },
  });
  const { remedy, missing } = refusal("/d/*/x*", locked("/d"));
  assert.match(remedy, /^"\/d" cannot be read \(EACCES\); /);
  assert.equal(missing, false);
  const found = find("/d/*/x*", locked("/d/a"));
  assert.ok(!("refusal" in found));
  assert.deepEqual(found.map(({ path }) => path), ["/d/b/x"]);
});

Deno.test("a name that is not UTF-8 cannot be granted", () => {
  const base = Deno.makeTempDirSync({ dir: "/var/tmp" });
  try {
    const make = `cd ${base} && touch good $'bad\\xff'`;
    assert.ok(new Deno.Command("bash", { args: ["-c", make] }).outputSync().success);
    const found = find(`${base}/*`, hostFileSystem);
    assert.ok(!("refusal" in found));
    const [bad, good] = found.map(({ resolution }) => resolution);
    assert.ok("refusal" in bad && bad.refusal.remedy.startsWith("its name is not valid UTF-8"));
    assert.ok("path" in good);
  } finally {
    Deno.removeSync(base, { recursive: true });
  }
});

function many(count: number, path: (at: number) => string): Record<string, FakeNode> {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [path(at), ""]));
}

Deno.test("matches are bounded", () => {
  assert.equal(matches("/d/*", many(MATCH_LIMIT, (at) => `/d/${at}`)).length, MATCH_LIMIT);
  const { remedy, missing } = refusal("/d/*", many(MATCH_LIMIT + 1, (at) => `/d/${at}`));
  assert.match(remedy, /^it matches more than 256 paths; /);
  assert.equal(missing, false);
});

Deno.test("the directories that are read are bounded, whatever they hold", () => {
  // The one that holds the others is read as well.
  const host = (count: number): FileSystem => ({
    ...fakeHost({}),
    kind: () => "directory",
    readDirectory: (path) => path === "/d" ? Object.keys(many(count, String)) : ["no"],
  });
  assert.match(refusal("/d/*/x*", host(DIRECTORY_LIMIT - 1)).remedy, /^nothing matches it/);
  assert.match(refusal("/d/*/x*", host(DIRECTORY_LIMIT)).remedy, /more than 1024 directories; /);
});

Deno.test("the names that are looked at are bounded, and no more are read", () => {
  const asked: (number | undefined)[] = [];
  const host: FileSystem = {
    ...fakeHost({ "/d/x": "" }),
    readDirectory: (_path, most) => {
      asked.push(most);
      return Array.from({ length: NAME_LIMIT + 1 }, String);
    },
  };
  assert.match(refusal("/d/x*", host).remedy, /more than 65536 names; /);
  assert.deepEqual(asked, [NAME_LIMIT]);
});

Deno.test("a directory of this machine is read no further than asked", () => {
  const base = Deno.makeTempDirSync({ dir: "/var/tmp" });
  try {
    for (let at = 0; at < 10; at++) Deno.writeTextFileSync(`${base}/${at}`, "");
    assert.equal(hostFileSystem.readDirectory(base, 4).length, 5);
    assert.equal(hostFileSystem.readDirectory(base, 10).length, 10);
    assert.equal(hostFileSystem.readDirectory(base).length, 10);
  } finally {
    Deno.removeSync(base, { recursive: true });
  }
});

Deno.test("patterns match what they match in a shell", () => {
  const top = Deno.realPathSync(Deno.makeTempDirSync({ dir: "/var/tmp" }));
  const name = fc.constantFrom("a", "b", "ab", "ba", "aab", ".a", ".ba", "a-", "-b");
  const tree = fc.array(fc.array(name, { minLength: 1, maxLength: 3 }), { maxLength: 16 });
  const component = fc.constantFrom("*", "a*", "*b", "*a*", ".*", ".a*", "-*", "*-", "a", "ab");
  const pattern = fc.array(component, { minLength: 1, maxLength: 3 })
    .map((parts) => parts.join("/")).filter((text) => text.includes("*"));
  let round = 0;
  let matched = 0;
  try {
    fc.assert(
      fc.property(tree, fc.array(pattern, { minLength: 1, maxLength: 12 }), (paths, patterns) => {
        const base = `${top}/${round++}`;
        Deno.mkdirSync(base);
        paths.forEach((parts, at) => {
          try {
            if (at % 4 === 3) Deno.symlinkSync(base, `${base}/${parts[0]}`);
            else Deno.mkdirSync(`${base}/${parts.join("/")}`, { recursive: true });
          } catch { /* there is something of this name already */ }
        });
        const script =
          `cd ${base}; shopt -s nullglob; for p; do printf '%s\\n' ${base}/$p; echo; done`;
        const { stdout } = new Deno.Command("bash", {
          args: ["-c", script, "bash", ...patterns],
          env: { LC_ALL: "C" },
        }).outputSync();
        const expected = new TextDecoder().decode(stdout).split("\n\n");
        patterns.forEach((written, at) => {
          const found = find(`${base}/${written}`, hostFileSystem);
          const paths = "refusal" in found ? [] : found.map(({ path }) => path);
          const known = expected[at].split("\n").filter((path) => path !== "");
          assert.deepEqual(paths.toSorted(), known.toSorted(), written);
          matched += paths.length;
        });
      }),
      { numRuns: 200 },
    );
  } finally {
    Deno.removeSync(top, { recursive: true });
  }
  assert.ok(matched > 300, `only ${matched} matches`);
});
