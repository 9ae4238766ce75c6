/**
 * Profiles as texts, to copy and to edit: also those that the loader refuses.
 *
 * @module
 */
import { nameOf } from "../stemflow/path.ts";
import type { FileSystem } from "./file_system.ts";
import type { ShippedProfile } from "./load.ts";
import { TomlLocations } from "./locate.ts";
import { parseProfile } from "./parse.ts";
import { readProfileFiles } from "./read.ts";
import { quote } from "./text.ts";

/** One profile's text, and where it comes from. */
export interface ProfileText {
  /** Its name; undefined where the text does not give one. */
  readonly name: string | undefined;
  /** What its file is called, without `.toml`. */
  readonly stem: string;
  /** Its file, or undefined for a shipped one. */
  readonly path: string | undefined;
  /** What it holds. */
  readonly text: string;
}

/**
 * Collects the texts of a set of profiles.
 *
 * @param directories where the user's profiles are; a missing one has none
 * @param shipped those that come along
 * @param files the host's files
 * @returns the user's own first, then those shipped ones that none of these replaces
 */
export function profileTexts(
  directories: readonly string[],
  shipped: readonly ShippedProfile[],
  files: FileSystem,
): ProfileText[] {
  const { sources } = readProfileFiles(directories, files, { optional: true });
  const own = sources.map(({ file, text }) => ({
    name: parseProfile(text, file).profile?.name,
    stem: nameOf(file).replace(/\.toml$/, ""),
    path: file,
    text,
  }));
  const taken = new Set(own.map(({ name }) => name));
  const rest = shipped.map(({ name: stem, text }) => ({
    name: parseProfile(text, stem).profile?.name,
    stem,
    path: undefined,
    text,
  }));
  return [...own, ...rest.filter(({ name }) => !taken.has(name))];
}

/**
 * Finds a text by the profile's name, else by its file's: a text that is broken may have no name.
 *
 * @param texts the set
 * @param name what was asked for
 */
export function findText(texts: readonly ProfileText[], name: string): ProfileText | undefined {
  return texts.find((text) => text.name === name) ??
    texts.find((text) => text.path !== undefined && text.stem === name);
}

/**
 * Copies a text under a new name; all else, comments included, stays as it is.
 *
 * @param text a valid profile
 * @param name the copy's name
 */
export function renamed(text: string, name: string): string {
  const { start, end } = new TomlLocations(text).value(["name"]);
  return text.slice(0, start) + quote(name) + text.slice(end);
}

/**
 * What a new profile holds that is not copied from another one.
 *
 * @param name its name
 */
export function firstText(name: string): string {
  return `name = ${quote(name)}
extends = ["base"]                  # the system's programs, libraries and public settings

[run]
# cmd = ["program"]                 # what \`stemjail run -p NAME\` starts
# match = ["program"]               # commands that start in it and in others that name them

[[fs.bind]]
path = "~/Documents"                # what it may see
write = true                        # and change
optional = true                     # no problem where it is missing
`;
}

/**
 * The name of a file for a profile: one that the loader reads, and that needs no quotes in a shell.
 *
 * @param name the profile's name
 */
export function fileStem(name: string): string {
  const stem = name.toLowerCase().replace(/[^\p{L}\p{N}._-]+/gu, "-").replace(/^[.#-]+|-+$/g, "");
  return stem === "" ? "profile" : stem;
}
