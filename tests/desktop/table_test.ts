/** The README's table of programs, of which each test of a program compares its own row. */

import assert from "node:assert/strict";
import { programs, rowsOf, type Seen, withTable } from "../../scripts/program_table.ts";
import { readTable } from "./seen.ts";

Deno.test("the README's table has a row for each program that is tested, and no other", () => {
  assert.deepEqual(readTable().map(([program]) => program), programs);
});

Deno.test("a table is written between its marks, and read back", () => {
  const readme = Deno.readTextFileSync(new URL("../../README.md", import.meta.url));
  const seen: Seen = {
    program: programs[0],
    profile: "firefox",
    transitions: ["left ∩ right", "left"],
  };
  const changed = withTable(readme, [seen]);
  assert.deepEqual(rowsOf(changed), [[programs[0], "firefox", "left ∩ right → left", "yes"]]);
  const [before, after] = [readme.indexOf(programs[0]), readme.lastIndexOf("<!--")];
  assert.ok(changed.startsWith(readme.slice(0, readme.lastIndexOf("\n| program", before))));
  assert.ok(changed.endsWith(readme.slice(after)));
  assert.throws(() => withTable("no marks", [seen]), /no marks around its table/);
});
