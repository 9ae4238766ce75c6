/** Paths as text, and resolved: the kernel is the judge. */

import assert from "node:assert/strict";
import { ownTree } from "../../src/protocol/inside.ts";
import { compileProgram, run } from "./build.ts";

const directory = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "stemjail-paths-" });
globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
await Promise.all([
  compileProgram(`${directory}/paths`, "programs/paths.c", { shim: ["path.c"] }),
  compileProgram(`${directory}/sanitized`, "programs/paths.c", {
    shim: ["path.c"],
    sanitized: true,
  }),
]);

async function paths(...args: string[]): Promise<string> {
  return (await run(`${directory}/sanitized`, ...args)).trimEnd();
}

const long = (bytes: number) => "/" + "x".repeat(bytes - 1);

Deno.test("a path is plain unless a component is a dot or two", async () => {
  const plain = ["/", "/a", "/a/b.c", "/.a/..b/...", "//a//b/", "/a./b..", long(4095)];
  const others = ["", "a", "/.", "/..", "/a/.", "/a/../b", "/./a", "/a//../", long(4096)];
  for (const path of plain) assert.equal(await paths("plain", path), `${path.length}`, path);
  for (const path of others) assert.equal(await paths("plain", path), "0", path);
});

Deno.test("a path is measured at every alignment and length", async () => {
  for (let length = 1; length < 40; length++) {
    assert.equal(await paths("plain", `/${"é.".repeat(length)}`), `${1 + 3 * length}`);
  }
});

Deno.test("appending leaves out empty components and dots, and takes parents as text", async () => {
  const cases = [
    ["/", "a", "/a"],
    ["/", "", "/"],
    ["/", "/", "/"],
    ["/", "..", "/"],
    ["/a", "b/./c//d/", "/a/b/c/d"],
    ["/a/b", "../c", "/a/c"],
    ["/a/b", "../../../..", "/"],
    ["/a", "../.", "/"],
    ["/a", ".hidden/..x", "/a/.hidden/..x"],
  ];
  for (const [base, path, expected] of cases) {
    assert.equal(await paths("append", base, path), expected, `${base} + ${path}`);
  }
});

Deno.test("what does not fit is refused", async () => {
  assert.equal(await paths("append", "/", "x".repeat(4094)), long(4095));
  assert.equal(await paths("append", "/", "x".repeat(4095)), "too long");
  assert.equal(await paths("append", long(2048), "x".repeat(2047)), "too long");
});

Deno.test("the jail's own trees are the same to the shim and to the monitor, their namesakes none", async () => {
  const own = { "/tmp": "/tmp", "/tmp/x": "/tmp", "/proc/1": "/proc", "/dev": "/dev" };
  for (const [path, tree] of Object.entries(own)) {
    assert.deepEqual([await paths("own", path), ownTree(path)], ["yes", tree], path);
  }
  for (const path of ["/", "/tmpx", "/home/tmp", "/pro", "/devel/x", "/process"]) {
    assert.deepEqual([await paths("own", path), ownTree(path)], ["no", undefined], path);
  }
});

for (const program of ["paths", "sanitized"]) {
  Deno.test(`random paths through random links resolve as in the kernel (${program})`, async () => {
    let existing = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const root = `${directory}/${program}-${seed}`;
      await Deno.mkdir(root);
      const text = await run(`${directory}/${program}`, "walk", root, `${seed}`, "2000");
      existing += Number(/^same (\d+)$/.exec(text.trim())![1]);
    }
    assert.ok(existing > 10_000, `only ${existing} of the random paths existed`);
  });
}
