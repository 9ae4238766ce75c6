import assert from "node:assert/strict";
import { bundleSingle, bundleSplit } from "../../scripts/bundle.ts";
import { root } from "../../scripts/paths.ts";
import { must } from "./fixture.ts";

const entry = "tests/build/probe/main.ts";

Deno.test("the split bundle has a file for each lazy part, named alike on every machine", async () => {
  const files = await bundleSplit(entry);
  assert.deepEqual(Array.from(files.keys()).sort(), ["lazy.js", "main.js"]);
  assert.match(files.get("lazy.js") ?? "", /loaded/);
  assert.doesNotMatch(files.get("main.js") ?? "", /"loaded"/);
});

Deno.test("the runtime does not foresee a lazy part, so that it reads none before it is needed", async () => {
  const files = await bundleSplit(entry);
  const directory = await Deno.makeTempDir();
  try {
    for (const [name, text] of files) Deno.writeTextFileSync(`${directory}/${name}`, text);
    const graph = JSON.parse(await must(Deno.execPath(), "info", "--json", `${directory}/main.js`));
    assert.equal(graph.modules.length, 1);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("the single bundle imports nothing", async () => {
  const text = await bundleSingle(entry);
  assert.match(text, /"loaded"/);
  assert.doesNotMatch(text, /\bimport\s*\(|^import\b/m);
});

/** Bundles in a tree, in a process of its own; returns a hash for each file. */
async function bundleIn(tree: string, cache: string): Promise<string> {
  const script = `
    import { bundleSingle, bundleSplit } from ${JSON.stringify(`${tree}/scripts/bundle.ts`)};
    import { createHash } from "node:crypto";
    const entry = "src/stemflow/svg.ts";
    const files = [...await bundleSplit(entry), ["single", await bundleSingle(entry)]];
    for (const [name, text] of files) {
      console.log(name, createHash("sha256").update(text).digest("hex"));
    }`;
  return await must("env", `DENO_DIR=${cache}`, Deno.execPath(), "eval", script);
}

Deno.test("the bundle is the same with another cache of packages, in another folder", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const copy = `${directory}/elsewhere`;
    await must("mkdir", copy);
    for (const name of ["deno.json", "deno.lock", "scripts", "src", "ffi"]) {
      await must("cp", "-r", `${root}${name}`, `${copy}/${name}`);
    }
    const [one, other] = [
      await bundleIn(root, `${directory}/cache`),
      await bundleIn(copy, `${directory}/another/cache`),
    ];
    assert.equal(one.split("\n").length, 3);
    assert.equal(other, one);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
