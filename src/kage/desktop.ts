/**
 * `stemjail desktop`: entries in the desktop's menu that start programs in jails.
 *
 * @module
 */
import { removeAt } from "../../ffi/entry.ts";
import { AT_FDCWD } from "../../ffi/file.ts";
import type { Given } from "../cli/options.ts";
import { print } from "../cli/output.ts";
import { Status, UserError } from "../errors.ts";
import { hostFileSystem } from "../profile/file_system.ts";
import { loadInstalled } from "../profile/installed.ts";
import { matchesCommand } from "../profile/match.ts";
import type { ResolvedProfile } from "../profile/profile.ts";
import { homeDirectory, processEnvironment } from "../protocol/locations.ts";
import { isOurs, jailedEntry, profileEntry, programOf } from "./desktop_entry.ts";
import { writeNewFile } from "./new_file.ts";

const PRIVATE = 0o700;

/** The largest entry that is looked at; those of large programs, in all languages, have a tenth. */
const MAXIMUM_ENTRY_BYTES = 1024 * 1024;

/** Where the user's own entries are, and where the system's: XDG Base Directory Specification. */
function directories(): { own: string; system: string[] } {
  const home = homeDirectory(processEnvironment);
  const data = processEnvironment("XDG_DATA_HOME") ?? `${home}/.local/share`;
  const shared = processEnvironment("XDG_DATA_DIRS") ?? "/usr/local/share:/usr/share";
  const below = (directory: string) => `${directory.replace(/\/+$/, "")}/applications`;
  return { own: below(data), system: [data, ...shared.split(":")].filter(Boolean).map(below) };
}

function readText(path: string): string | null {
  try {
    return new TextDecoder().decode(hostFileSystem.readFile(path, MAXIMUM_ENTRY_BYTES));
  } catch {
    return null;
  }
}

function* entries(system: readonly string[]): Generator<string> {
  for (const directory of system) {
    let names: string[];
    try {
      names = hostFileSystem.readDirectory(directory).sort();
    } catch {
      continue;
    }
    for (const name of names.filter((each) => each.endsWith(".desktop"))) {
      const text = readText(`${directory}/${name}`);
      if (text !== null && !isOurs(text)) yield text;
    }
  }
}

/** The system's entry of a name, else one for a program of that name, else one that the profile matches. */
function findEntry(
  name: string,
  profile: ResolvedProfile | undefined,
  system: readonly string[],
): string | null {
  for (const directory of system) {
    const text = readText(`${directory}/${name}.desktop`);
    if (text !== null && !isOurs(text)) return text;
  }
  const all = [...entries(system)];
  const match = profile?.run.match;
  return all.find((text) => programOf(text) === name) ??
    (match === undefined
      ? null
      : all.find((text) => matchesCommand(match, programOf(text))) ?? null);
}

function stemjailPath(): string {
  // The file that the user has, and not what it unpacked: that goes with the next build.
  const path = processEnvironment("STEMJAIL_INSTALLED") ?? processEnvironment("STEMJAIL_EXE");
  if (path !== undefined) return path;
  throw new UserError(
    "desktop: This program does not know its own file: run the built executable",
  );
}

function composeEntry(name: string, system: readonly string[]): string {
  const profile = loadInstalled([]).profiles.find((each) => each.name === name);
  const entry = findEntry(name, profile, system);
  if (entry !== null) return jailedEntry(entry, stemjailPath());
  if (profile !== undefined && profile.run.cmd.length > 0) {
    return profileEntry(name, stemjailPath());
  }
  throw new UserError(
    `There is no desktop entry and no profile with a command for ${JSON.stringify(name)}: ` +
      "install the program, or give the profile a [run] cmd",
  );
}

/** Removes the entry that an earlier install wrote; false when there is none. */
function removeOurs(path: string): boolean {
  const text = readText(path);
  if (text === null) return false;
  if (!isOurs(text)) {
    throw new UserError(`${JSON.stringify(path)} was not written by StemJail: it stays as it is`);
  }
  removeAt(AT_FDCWD, path);
  return true;
}

function install(path: string, name: string, system: readonly string[]): number {
  const text = composeEntry(name, system);
  removeOurs(path);
  writeNewFile(path, text, PRIVATE);
  return print(`${path}\n`);
}

function uninstall(path: string, name: string): number {
  if (removeOurs(path)) return Status.ok;
  throw new UserError(`No entry of StemJail's for ${JSON.stringify(name)}: there is no ${path}`);
}

/** Carries out the operands: install NAME or uninstall NAME. */
export function desktop(given: Given): number {
  const [action = "", name = "", ...rest] = given.operands;
  const isKnown = ["install", "uninstall"].includes(action) && name !== "" && rest.length === 0;
  if (!isKnown) throw new UserError("desktop: say install NAME or uninstall NAME", Status.usage);
  if (!/^[^/.][^/]*$/.test(name)) {
    throw new UserError(`desktop: ${JSON.stringify(name)} is no name of a program or profile`);
  }
  const { own, system } = directories();
  const path = `${own}/stemjail-${name}.desktop`;
  return action === "install" ? install(path, name, system) : uninstall(path, name);
}
