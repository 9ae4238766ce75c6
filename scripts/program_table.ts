/**
 * The README's table of programs: what the tests saw of each, and how that is written down.
 *
 * @module
 */

/** The programs, in the table's order. */
export const programs = [
  "Firefox, a page of one client",
  "Chromium, a page of one client",
  "LibreOffice, converting a document",
  "Python, a virtual environment with a package",
  "npm, installing a package",
  "git, cloning and pushing over ssh",
  "git, cloning a repository",
  "make and gcc, building a program",
  "tar, packing a directory",
] as const;

/** One of them. */
export type Program = typeof programs[number];

/** What a test saw of a program that did in a jail what it was to do. */
export interface Seen {
  /** Which one. */
  readonly program: Program;
  /** The profile that comes along and that it ran in, or in one that extends it. */
  readonly profile: string;
  /** From the first domain to the last. */
  readonly transitions: readonly string[];
}

const BEGIN = "<!-- Made by `deno task programs`. -->\n\n";
const END = "\n<!-- End of what is made. -->";
const HEAD = "| program | profile | transitions seen | works |\n| --- | --- | --- | --- |\n";

/** The cells of a program's row. */
export function cellsOf({ program, profile, transitions }: Seen): string[] {
  return [program, profile, transitions.join(" → "), "yes"];
}

function parts(text: string): [before: string, table: string, after: string] {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin === -1 || end < begin) throw new Error("The README has no marks around its table");
  const from = begin + BEGIN.length;
  return [text.slice(0, from), text.slice(from, end), text.slice(end)];
}

/** The README with the table of what was seen. */
export function withTable(readme: string, seen: readonly Seen[]): string {
  const [before, , after] = parts(readme);
  const rows = seen.map((each) => `| ${cellsOf(each).join(" | ")} |\n`);
  return `${before}${HEAD}${rows.join("")}${after}`;
}

/** The cells of each row of the README's table, the two of its head left out. */
export function rowsOf(readme: string): string[][] {
  const [, table] = parts(readme);
  return table.trim().split("\n").slice(2)
    .map((row) => row.split("|").slice(1, -1).map((cell) => cell.trim()));
}
