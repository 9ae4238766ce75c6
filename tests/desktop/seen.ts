/** What tests saw of programs: kept for the README's table, or compared with it. */

import assert from "node:assert/strict";
import { cellsOf, programs, rowsOf, type Seen } from "../../scripts/program_table.ts";

/** The README's table, without its head. */
export function readTable(): string[][] {
  return rowsOf(Deno.readTextFileSync(new URL("../../README.md", import.meta.url)));
}

/**
 * Says what a test saw of a program that works: the README must say the same, unless STEMJAIL_PROGRAMS
 * names a directory, in which it is then kept for `deno task programs`.
 */
export function note(seen: Seen): void {
  const directory = Deno.env.get("STEMJAIL_PROGRAMS");
  if (directory !== undefined) {
    const path = `${directory}/${programs.indexOf(seen.program)}.json`;
    return Deno.writeTextFileSync(path, JSON.stringify(seen));
  }
  const row = readTable().find(([program]) => program === seen.program);
  assert.deepEqual(row, cellsOf(seen), "`deno task programs` makes the README's table anew");
}
