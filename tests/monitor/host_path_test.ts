import assert from "node:assert/strict";
import fc from "fast-check";
import { readLinkAt } from "../../ffi/entry.ts";
import { AT_FDCWD, close, openAt, OpenFlag, openResolved, ResolveFlag } from "../../ffi/file.ts";
import { BOUNDS, placesOn } from "../../src/monitor/host_path.ts";
import { decodePath, encodePath, isAtOrBelow } from "../../src/stemflow/path.ts";

const root = openAt(AT_FDCWD, "/", OpenFlag.pathOnly | OpenFlag.directory);

function inDirectory(act: (directory: string) => void): void {
  const directory = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "host-path-" }));
  try {
    act(directory);
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

/** Where a path ends. */
function endOf(path: string): string {
  return placesOn(root, path).at(-1)!;
}

/** What the kernel says, or null. */
function kernelPath(path: string): string | null {
  const node = openResolved(root, encodePath(path), {
    flags: OpenFlag.pathOnly,
    resolve: ResolveFlag.inRoot | ResolveFlag.noMagicLinks,
    allowed: ["ENOENT", "ENOTDIR", "ELOOP", "EACCES"],
  });
  if (node < 0) return null;
  try {
    return decodePath(readLinkAt(AT_FDCWD, `/proc/self/fd/${node}`)!);
  } finally {
    close(node);
  }
}

const name = fc.constantFrom("a", "b", "c");
const relative = fc.array(
  fc.oneof({ weight: 4, arbitrary: name }, fc.constantFrom("..", ".", "")),
  { minLength: 1, maxLength: 5 },
).map((names) => names.join("/")).filter((text) => text !== "");
const node = fc.record({
  at: fc.array(name, { minLength: 1, maxLength: 3 }),
  kind: fc.oneof(
    { weight: 3, arbitrary: fc.constant({ is: "directory" as const }) },
    fc.constant({ is: "file" as const }),
    {
      weight: 3,
      arbitrary: fc.record({
        is: fc.constant("link" as const),
        target: relative,
        absolute: fc.boolean(),
      }),
    },
  ),
});

Deno.test("a path with links leads where the kernel says, in any tree", () => {
  const trees = fc.array(node, { minLength: 4, maxLength: 12 });
  const paths = fc.array(fc.array(name, { minLength: 1, maxLength: 4 }), { minLength: 8 });
  fc.assert(
    fc.property(trees, paths, (nodes, asked) =>
      inDirectory((directory) => {
        for (const { at, kind } of nodes) make(`${directory}/${at.join("/")}`, kind, directory);
        for (const names of asked) assertAsKernel(`${directory}/${names.join("/")}`);
      })),
    { numRuns: 300 },
  );
});

type Kind =
  | { is: "directory" }
  | { is: "file" }
  | { is: "link"; target: string; absolute: boolean };

/** Makes a node where it can be made; not outside the tree, where the links in it may lead. */
function make(path: string, kind: Kind, directory: string): void {
  try {
    const parent = Deno.realPathSync(path.slice(0, path.lastIndexOf("/")));
    if (!isAtOrBelow(parent, directory)) return;
    if (kind.is === "directory") Deno.mkdirSync(path);
    else if (kind.is === "file") Deno.writeTextFileSync(path, "", { createNew: true });
    else Deno.symlinkSync(kind.absolute ? `${directory}/${kind.target}` : kind.target, path);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
  }
}

function assertAsKernel(path: string): void {
  const end = endOf(path);
  const expected = kernelPath(path);
  if (expected !== null) return assert.equal(end, expected);
  const isThere = kernelPath(end.slice(0, end.lastIndexOf("/")) || "/") !== null;
  assert.ok(end === path || isThere, `${path}: ${end}`);
}

Deno.test("what a link makes of a file that does not exist yet is in the real directory", () =>
  inDirectory((directory) => {
    Deno.mkdirSync(`${directory}/real`);
    Deno.symlinkSync("real", `${directory}/link`);
    assert.deepEqual(placesOn(root, `${directory}/link/new`), [
      `${directory}/link`,
      `${directory}/real/new`,
    ]);
    assert.equal(endOf(`${directory}/link/new/newer`), `${directory}/real/new`);
    Deno.symlinkSync("real/file", `${directory}/dangling`);
    assert.equal(endOf(`${directory}/dangling`), `${directory}/real/file`);
  }));

Deno.test("a path without a link turns nowhere, whether it exists or not", () =>
  inDirectory((directory) => {
    for (const path of [directory, `${directory}/a`, `${directory}/a/b`]) {
      assert.deepEqual(placesOn(root, path), [path]);
    }
  }));

Deno.test("every place counts that a path turns at", () =>
  inDirectory((directory) => {
    for (const name of ["one", "two", "two/deep"]) Deno.mkdirSync(`${directory}/${name}`);
    const links = {
      "one/link": "../two/deep/../../one/next",
      "one/next": `${directory}/two/last`,
      "two/last": "deep",
    };
    for (const [name, text] of Object.entries(links)) {
      Deno.symlinkSync(text, `${directory}/${name}`);
    }
    assert.deepEqual(
      placesOn(root, `${directory}/one/link/file`).map((place) => place.slice(directory.length)),
      ["/one/link", "/two/deep", "/one/next", "/two/last", "/two/deep/file"],
    );
  }));

Deno.test("of what is left through .. the same is said, whether it exists or not", () =>
  inDirectory((directory) => {
    Deno.mkdirSync(`${directory}/secret`);
    for (const name of ["secret", "missing"]) {
      const link = `${directory}/to-${name}`;
      Deno.symlinkSync(`${name}/..`, link);
      assert.deepEqual(placesOn(root, link).slice(0, 2), [link, `${directory}/${name}`]);
    }
  }));

Deno.test("a link into /proc leads to /proc, and no magic link of it is followed", () =>
  inDirectory((directory) => {
    for (const target of ["/proc/self/cwd", "/proc/self/root/usr", "/proc", "/../proc/1/fd/0"]) {
      const link = `${directory}/link`;
      Deno.symlinkSync(target, link);
      assert.equal(endOf(link), "/proc");
      assert.equal(endOf(`${link}/etc`), "/proc");
      Deno.removeSync(link);
    }
  }));

Deno.test("as many links are followed as the kernel follows, and no more", () =>
  inDirectory((directory) => {
    Deno.writeTextFileSync(`${directory}/0`, "");
    for (let at = 1; at <= BOUNDS.links + 1; at++) {
      Deno.symlinkSync(`${at - 1}`, `${directory}/${at}`);
    }
    const last = `${directory}/${BOUNDS.links}`;
    assert.equal(endOf(last), `${directory}/0`);
    assert.equal(kernelPath(last), `${directory}/0`);
    const further = `${directory}/${BOUNDS.links + 1}`;
    assert.equal(endOf(further), `${directory}/1`);
    assert.equal(kernelPath(further), null);
  }));

Deno.test("a labyrinth is left after a bounded number of steps, however it is laid out", () =>
  inDirectory((directory) => {
    const link = `${directory}/link`;
    const own = link.split("/").length - 1;
    for (const name of ["d", "end"]) Deno.mkdirSync(`${directory}/${name}`);
    for (const [text, steps] of [["d/../", 2], ["./", 1]] as const) {
      const most = Math.floor((BOUNDS.steps - own - 1) / steps);
      for (const [count, leads] of [[most, true], [most + 1, false]] as const) {
        Deno.symlinkSync(`${text.repeat(count)}end`, link);
        assert.equal(kernelPath(link), `${directory}/end`);
        assert.equal(endOf(link) === `${directory}/end`, leads, `${count} ${text}`);
        Deno.removeSync(link);
      }
    }
  }));

Deno.test("what a path and its links say together can be as long as a path, and no longer", () =>
  inDirectory((directory) => {
    Deno.mkdirSync(`${directory}/d`);
    const rest = "d";
    for (const length of [4095 - rest.length - 1, 4095 - rest.length]) {
      const link = `${directory}/link`;
      const target = `${directory}/d/..`.padEnd(length, "/");
      Deno.symlinkSync(target, link);
      const isShort = length + 1 + rest.length < 4096;
      assert.equal(endOf(`${link}/${rest}`), isShort ? `${directory}/d` : link);
      Deno.removeSync(link);
    }
  }));

Deno.test("names and paths that are too long lead nowhere", () =>
  inDirectory((directory) => {
    const link = `${directory}/link`;
    let target = directory;
    for (const text of ["x".repeat(255), "x".repeat(256), "x".repeat(4000)]) {
      Deno.symlinkSync(text, link);
      assert.equal(endOf(`${link}/y`), `${directory}/${text.slice(0, 256)}`);
      Deno.removeSync(link);
    }
    // Deeper than a path can say; a link goes on from the middle.
    Deno.chdir(directory);
    for (let depth = 0; depth < 20; depth++) {
      Deno.mkdirSync("n".repeat(250));
      Deno.chdir("n".repeat(250));
      if (depth === 9) target = Deno.cwd();
    }
    Deno.chdir("/");
    Deno.symlinkSync(target, link);
    const further = (count: number) => `/${"n".repeat(250)}`.repeat(count);
    assert.equal(endOf(`${link}${further(5)}`), `${target}${further(5)}`);
    assert.equal(endOf(`${link}${further(9)}`), link);
  }));

Deno.test("a walk leaves no descriptor open, wherever it ends", () =>
  inDirectory((directory) => {
    const count = () => [...Deno.readDirSync("/proc/self/fd")].length;
    Deno.writeTextFileSync(`${directory}/file`, "");
    const targets = [
      "file",
      "missing",
      "file/x",
      "link",
      "/",
      "..",
      "x/".repeat(600),
      "/proc/1/cwd",
    ];
    const before = count();
    for (const target of targets) {
      Deno.symlinkSync(target, `${directory}/link`);
      for (const end of ["", "/a", "/a/b"]) placesOn(root, `${directory}/link${end}`);
      Deno.removeSync(`${directory}/link`);
    }
    assert.equal(count(), before);
  }));
