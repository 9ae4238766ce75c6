import assert from "node:assert/strict";
import { headerText, sourceText } from "../../scripts/bench/source_tree.ts";
import { run } from "../../scripts/command.ts";

Deno.test("a header includes only earlier headers", () => {
  for (let index = 0; index < 300; index++) {
    for (const [, other] of headerText(index).matchAll(/#include "part(\d+)\.h"/g)) {
      assert.ok(Number(other) < index, `part${index}.h includes part${other}.h`);
    }
  }
});

Deno.test("sources differ from each other, and are the same each time", () => {
  const texts = Array.from({ length: 200 }, (_, seed) => sourceText(seed, 100));
  assert.equal(new Set(texts).size, texts.length);
  assert.equal(sourceText(7, 100), texts[7]);
});

Deno.test("a source compiles with the headers that it names", async () => {
  const directory = await Deno.makeTempDir({ prefix: "stemjail-tree-" });
  try {
    for (let header = 0; header < 20; header++) {
      await Deno.writeTextFile(`${directory}/part${header}.h`, headerText(header));
    }
    await Deno.writeTextFile(`${directory}/file.c`, sourceText(41, 20));
    const flags = ["-Wall", "-Wextra", "-Werror", "-fsyntax-only"];
    const outcome = await run("cc", [...flags, `${directory}/file.c`]);
    assert.deepEqual(outcome, { success: true, text: "" });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
