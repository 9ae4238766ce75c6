import assert from "node:assert/strict";
import { buildIfNeeded } from "../../scripts/build.ts";
import { bundleSplit } from "../../scripts/bundle.ts";
import { productPath } from "../../scripts/paths.ts";
import { Place } from "./fixture.ts";

await buildIfNeeded();

/** The static imports of a bundled file, and what those import in turn. */
function closure(files: ReadonlyMap<string, string>, name: string, seen = new Set<string>()) {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (
    const [, next] of (files.get(name) ?? "").matchAll(
      /\bfrom "\.\/([\w.-]+)"|^import "\.\/([\w.-]+)"/gm,
    )
  ) {
    if (next !== undefined) closure(files, next, seen);
  }
  return seen;
}

Deno.test("the version tells how the file was made, on which runtime, and its hash", async () => {
  using place = new Place(productPath);
  const { version } = JSON.parse(Deno.readTextFileSync("deno.json"));
  const { code, stdout, stderr } = await place.start(["--version"]);
  const escaped = RegExp.escape(`stemjail ${version} (`);
  assert.match(
    stdout,
    new RegExp(`^${escaped}(self-extracting|compiled), deno [\\d.]+, build [0-9a-f]{16}\\)\\n$`),
  );
  assert.deepEqual([code, stderr], [0, ""]);
});

for (const role of ["run", "monitor"]) {
  Deno.test(`the bundle's ${role} imports no node: module and no TOML parser`, async () => {
    const files = await bundleSplit("main.ts");
    // A launch's own part is in the main file.
    const names = closure(files, role === "run" ? "main.js" : `${role}.js`);
    assert.ok([...names].every((name) => files.has(name)));
    for (const name of names) {
      assert.doesNotMatch(
        files.get(name) ?? "",
        /["']node:|\bprocess\.env\b|^\/\/ npm:/m,
        name,
      );
    }
  });
}
