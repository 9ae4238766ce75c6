/**
 * The shorthands of a profile's paths: `~`, `${HOME}` and the folders of the XDG specifications.
 *
 * @module
 */
import type { Environment } from "../protocol/locations.ts";
import { normalisePath, refusePath } from "./bind_path.ts";
import type { FileSystem } from "./file_system.ts";
import { nearestNames } from "./nearest.ts";
import type { Refusal } from "./problem.ts";
import { quote } from "./text.ts";
import { USER_DIRECTORIES, UserDirectories } from "./user_directories.ts";

/** What expansions depend on. */
export interface ExpansionContext {
  /** The environment, only asked for XDG variables. */
  readonly environment: Environment;
  /** The home directory, an absolute path; empty where it is not known. */
  readonly home: string;
  /** Where user-dirs.dirs is read. */
  readonly files: FileSystem;
}

// XDG Base Directory Specification 0.8: where each folder is when its variable is not set.
const BASE_DIRECTORIES: Readonly<Record<string, string | undefined>> = {
  XDG_CACHE_HOME: ".cache",
  XDG_CONFIG_HOME: ".config",
  XDG_DATA_HOME: ".local/share",
  XDG_STATE_HOME: ".local/state",
  XDG_RUNTIME_DIR: undefined,
};

const KNOWN_VARIABLES: readonly string[] = [
  "HOME",
  ...Object.keys(BASE_DIRECTORIES),
  ...USER_DIRECTORIES,
];

// Stands for a star of the profile's text while values, which may hold stars too, are put in.
const STAR = "\0";

const REFERENCE = /\$\{([^}]*)\}/g;

/** A path with stars in it. */
export interface PathPattern {
  /** The pattern as text, for messages. */
  readonly text: string;
  /** Each component, split at those stars that stand for other characters. */
  readonly components: readonly (readonly string[])[];
}

/** Why there is no path. */
export interface Unexpanded {
  /** The message about it. */
  readonly refusal: Refusal;
  /** Whether a known variable has no value here. */
  readonly unset: boolean;
}

/** What became of a path: expanded, not to be had on this host, or wrong. */
export type Expansion = { readonly path: string } | Unexpanded;

/**
 * Says why a path cannot be bound, as far as its text tells before it is expanded.
 *
 * @param written the path as the profile writes it
 * @returns the refusal, or undefined if nothing is wrong with the text
 */
export function refuseWrittenPath(written: string): Refusal | undefined {
  const fault = findReferenceFault(written);
  if (fault !== undefined) return { what: `Cannot expand ${quote(written)}`, remedy: fault };
  // Every value is an absolute path, so any absolute path can stand in for it here.
  return refusePath(written.replace(/^~/, "/home").replace(REFERENCE, "/home"), written);
}

/**
 * Tells whether a path depends on where the user's folders are.
 *
 * @param written the path as the profile writes it
 */
export function namesUserDirectory(written: string): boolean {
  return Array.from(written.matchAll(REFERENCE), ([, name]) => name)
    .some((name) => USER_DIRECTORIES.includes(name));
}

function findReferenceFault(written: string): string | undefined {
  if (/^~[^/]/.test(written)) {
    return 'only "~" and "~/..." are known; write the other home out in full';
  }
  if (!written.includes("${")) return undefined;
  if (written.replace(REFERENCE, "").includes("${")) return 'a "${" is not closed; add the "}"';
  const names = Array.from(written.matchAll(REFERENCE), ([, name]) => name);
  const unknown = names.find((name) => !KNOWN_VARIABLES.includes(name));
  return unknown === undefined ? undefined : unknownVariable(unknown);
}

function unknownVariable(name: string): string {
  const [nearest] = nearestNames(name, KNOWN_VARIABLES, 1);
  const known = "only ${HOME} and the ${XDG_...} folders are expanded";
  return nearest === undefined
    ? `there is no variable ${quote(name)}: ${known}`
    : `there is no variable ${quote(name)}; did you mean ${quote(nearest)}?`;
}

/** Expands the paths of profiles for one user. */
export class PathExpander {
  readonly #context: ExpansionContext;
  readonly #expansions = new Map<string, Expansion>();
  readonly #userDirectories: UserDirectories;

  /**
   * Expands for one user.
   *
   * @param context whose paths they are
   */
  constructor(context: ExpansionContext) {
    this.#context = context;
    this.#userDirectories = new UserDirectories(context);
  }

  /** The file that decides where the user's folders are. */
  get userDirectoriesFile(): string {
    return this.#userDirectories.file;
  }

  /**
   * Expands a path.
   *
   * @param written a path that {@link refuseWrittenPath} does not refuse
   * @returns the normalised path, or why there is none; `unset` tells that a known variable has
   *   no value here, which leaves an optional bind out
   */
  expand(written: string): Expansion {
    let expansion = this.#expansions.get(written);
    if (expansion === undefined) {
      expansion = this.#expand(written);
      this.#expansions.set(written, expansion);
    }
    return expansion;
  }

  /**
   * Expands a path with stars in it. Those of a variable's value are what they are.
   *
   * @param written a path that {@link refuseWrittenPath} does not refuse
   * @returns the pattern, or why there is none
   */
  expandPattern(written: string): PathPattern | Unexpanded {
    const expansion = this.#substitute(written.replaceAll("*", STAR), written);
    if ("refusal" in expansion) return expansion;
    const path = normalisePath(expansion.path);
    const text = path.replaceAll(STAR, "*");
    const refusal = refusePath(text, written);
    if (refusal !== undefined) return { refusal, unset: false };
    const components = path.slice(1).split("/").map((component) => component.split(STAR));
    return { text, components };
  }

  #expand(written: string): Expansion {
    const expansion = this.#substitute(written, written);
    if ("refusal" in expansion) return expansion;
    const refusal = refusePath(expansion.path, written);
    if (refusal !== undefined) return { refusal, unset: false };
    return { path: normalisePath(expansion.path) };
  }

  #substitute(text: string, written: string): Expansion {
    const parts: string[] = [];
    let end = 0;
    if (text.startsWith("~")) {
      const home = this.#value("HOME", written);
      if (typeof home !== "string") return home;
      parts.push(home);
      end = 1;
    }
    for (const match of text.matchAll(REFERENCE)) {
      const value = this.#value(match[1], written);
      if (typeof value !== "string") return value;
      parts.push(text.slice(end, match.index), value);
      end = match.index + match[0].length;
    }
    return { path: parts.join("") + text.slice(end) };
  }

  #value(name: string, written: string): string | Unexpanded {
    const { home, environment } = this.#context;
    const fail = (remedy: string, unset = true): Unexpanded => ({
      refusal: { what: `Cannot expand ${quote(written)}`, remedy },
      unset,
    });
    if (!home.startsWith("/")) {
      return fail("the home directory is not known; set HOME to its absolute path");
    }
    if (name === "HOME") return home;
    if (USER_DIRECTORIES.includes(name)) {
      const folder = this.#userDirectories.folder(name);
      return typeof folder === "string" ? folder : fail(folder.remedy, folder.unset);
    }
    const value = environment(name);
    // The specification: "All paths must be absolute", and one that is not is to be ignored.
    if (value?.startsWith("/")) return value;
    const fallback = BASE_DIRECTORIES[name];
    if (fallback !== undefined) return `${home}/${fallback}`;
    return fail(`${name} is not set; set it, or say optional = true to leave the bind out`);
  }
}
