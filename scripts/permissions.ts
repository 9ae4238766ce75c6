/**
 * What each subcommand may do through Deno: the one table behind both kinds of executable.
 *
 * The kernel is reached through FFI, so `--allow-ffi` is the permission that counts, and it names
 * one library. Files are read through it too: with Deno's permission to read a file comes that to
 * import it.
 *
 * @module
 */

/** A place that is known only when StemJail starts. */
export type Place = "LIBRARY" | "SCRIPTS";

/** One option of `deno run`. */
export interface Permission {
  /** Such as `--allow-read`. */
  readonly option: string;
  /** What it is allowed for, if the option does not say so itself. */
  readonly at?: Place;
}

/** In C, a place is a letter after a control character, which no option contains. */
const PLACE_LETTERS: Readonly<Record<Place, string>> = { LIBRARY: "l", SCRIPTS: "j" };

const ffi: Permission = { option: "--allow-ffi", at: "LIBRARY" };
/** The parts of the bundle that are loaded when they are needed. */
const scripts: Permission = { option: "--allow-read", at: "SCRIPTS" };
const ownVariables: Permission = {
  option: "--allow-env=STEMJAIL_DIR,STEMJAIL_FILES,STEMJAIL_EXE,STEMJAIL_INSTALLED",
};
/** Only reading is at stake: what a process sets ends with it, and programs get what `run` sends. */
const environment: Permission = { option: "--allow-env" };
/** `info -o FILE`; without that option the command gives it up before it does anything else. */
const writeAny: Permission = { option: "--allow-write" };

const client = [scripts, environment, ffi];

/** The options for each subcommand; the others, `--help` and `--version` among them, get the last. */
export const permissionTable: readonly (readonly [string | null, readonly Permission[]])[] = [
  ["run", client],
  ["portal", client],
  ["monitor", [scripts, ownVariables, ffi]],
  ["info", [...client, writeAny]],
  ["ps", client],
  ["stop", client],
  ["profile", client],
  ["desktop", client],
  ["doctor", client],
  ["shim", client],
  ["mount", client],
  [null, [scripts, ownVariables]],
];

/** What is denied to all of them, whatever the table allows. */
export const denials: readonly string[] = [
  "--no-prompt",
  "--deny-net",
  "--deny-run",
  "--deny-import",
];

function optionInC(permission: Permission): string {
  const place = permission.at === undefined ? "" : `=\\001" "${PLACE_LETTERS[permission.at]}`;
  return `"${permission.option}${place}"`;
}

/**
 * The table as C, for the launcher.
 *
 * @returns the text of `permissions.h`
 */
export function permissionsHeader(): string {
  const rows = permissionTable.map(([subcommand, permissions]) =>
    `    {${subcommand === null ? "NULL" : `"${subcommand}"`}, {${
      [...permissions.map(optionInC), "NULL"].join(", ")
    }}},`
  );
  const longest = Math.max(...permissionTable.map(([, permissions]) => permissions.length));
  const places = Object.entries(PLACE_LETTERS).map(([place, letter]) =>
    `    PLACE_${place} = '${letter}',`
  );
  return [
    "/* Written by scripts/permissions.ts. */",
    `enum { PERMISSION_LIMIT = ${longest + 1}, PLACE_MARK = '\\001' };`,
    ...["enum {", ...places, "};"],
    "struct permissions {",
    "    const char *subcommand;",
    "    const char *options[PERMISSION_LIMIT];",
    "};",
    "static const struct permissions permission_table[] = {",
    ...rows,
    "};",
    "",
  ].join("\n");
}
