// The shorthands of a profile's paths: `~`, `${HOME}` and the folders of the XDG specifications.

import { normalisePath, refusePath } from "./bind_path.ts";
import { errnoName, type FileSystem } from "./file_system.ts";
import { nearestNames } from "./nearest.ts";
import type { Refusal } from "./problem.ts";
import { quote } from "./text.ts";

/** A variable of the environment by name, or undefined where it is not set. */
export type Environment = (name: string) => string | undefined;

/** What expansions depend on. */
export interface ExpansionContext {
  /** The environment, only asked for XDG variables. */
  readonly environment: Environment;
  /** The home directory, an absolute path. */
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

// What xdg-user-dirs makes of a home without a user-dirs.dirs: its user-dirs.defaults.
const USER_DIRECTORIES: Readonly<Record<string, string>> = {
  XDG_DESKTOP_DIR: "Desktop",
  XDG_DOCUMENTS_DIR: "Documents",
  XDG_DOWNLOAD_DIR: "Downloads",
  XDG_MUSIC_DIR: "Music",
  XDG_PICTURES_DIR: "Pictures",
  XDG_PUBLICSHARE_DIR: "Public",
  XDG_TEMPLATES_DIR: "Templates",
  XDG_VIDEOS_DIR: "Videos",
};

/** The largest user-dirs.dirs, in bytes: the usual one has eight lines. */
const USER_DIRECTORIES_LIMIT = 65_536;

const KNOWN_VARIABLES: readonly string[] = [
  "HOME",
  ...Object.keys(BASE_DIRECTORIES),
  ...Object.keys(USER_DIRECTORIES),
];

// Stands for a star of the profile's text while values, which may hold stars too, are put in.
const STAR = "\0";

const REFERENCE = /\$\{([^}]*)\}/g;
const USER_DIRECTORY_LINE =
  /^\s*(XDG_[A-Z]+_DIR)\s*=\s*"(\$HOME(?=[/"]))?((?:[^"\\]|\\.)*)"\s*(?:#.*)?$/;

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
  #userDirectories: ReadonlyMap<string, string> | Refusal | undefined;

  /**
   * Expands for one user.
   *
   * @param context whose paths they are
   */
  constructor(context: ExpansionContext) {
    this.#context = context;
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
      if (typeof home !== "string") return { refusal: home, unset: true };
      parts.push(home);
      end = 1;
    }
    for (const match of text.matchAll(REFERENCE)) {
      const value = this.#value(match[1], written);
      if (typeof value !== "string") return { refusal: value, unset: true };
      parts.push(text.slice(end, match.index), value);
      end = match.index + match[0].length;
    }
    return { path: parts.join("") + text.slice(end) };
  }

  #value(name: string, written: string): string | Refusal {
    const { home, environment } = this.#context;
    const unset = (remedy: string): Refusal => ({
      what: `Cannot expand ${quote(written)}`,
      remedy,
    });
    if (!home.startsWith("/")) {
      return unset("the home directory is not known; set HOME to its absolute path");
    }
    if (name === "HOME") return home;
    if (name in USER_DIRECTORIES) {
      const folder = this.#userDirectory(name);
      return typeof folder === "string" ? folder : unset(folder.remedy);
    }
    const value = environment(name);
    // The specification: "All paths must be absolute", and one that is not is to be ignored.
    if (value?.startsWith("/")) return value;
    const fallback = BASE_DIRECTORIES[name];
    if (fallback !== undefined) return `${home}/${fallback}`;
    return unset(`${name} is not set; set it, or say optional = true to leave the bind out`);
  }

  #userDirectory(name: string): string | Refusal {
    this.#userDirectories ??= this.#readUserDirectories();
    if (!(this.#userDirectories instanceof Map)) return this.#userDirectories as Refusal;
    const { home } = this.#context;
    const folder = this.#userDirectories.get(name) ?? `${home}/${USER_DIRECTORIES[name]}`;
    if (normalisePath(folder) !== normalisePath(home)) return folder;
    // So xdg-user-dirs writes a folder that is switched off. It must not grant the whole home.
    return {
      what: name,
      remedy: `user-dirs.dirs has no folder for ${name}; name one there, or write the path out`,
    };
  }

  #readUserDirectories(): ReadonlyMap<string, string> | Refusal {
    const { environment, home, files } = this.#context;
    const configured = environment("XDG_CONFIG_HOME");
    const directory = configured?.startsWith("/") ? configured : `${home}/.config`;
    const file = `${directory}/user-dirs.dirs`;
    try {
      return parseUserDirectories(
        new TextDecoder().decode(files.readFile(file, USER_DIRECTORIES_LIMIT)),
        home,
      );
    } catch (error) {
      if (errnoName(error) === "ENOENT") return new Map();
      return {
        what: file,
        remedy: `${quote(file)} cannot be read (${
          errnoName(error)
        }); make it readable or remove it`,
      };
    }
  }
}

/**
 * Reads what xdg-user-dirs-update(1) writes.
 *
 * @param text the content of user-dirs.dirs
 * @param home what `$HOME` in it stands for
 * @returns the folders by variable, such as XDG_DOWNLOAD_DIR; lines of another form are ignored
 */
export function parseUserDirectories(text: string, home: string): Map<string, string> {
  const folders = new Map<string, string>();
  for (const line of text.split("\n")) {
    const match = USER_DIRECTORY_LINE.exec(line);
    if (match === null) continue;
    const [, name, belowHome, quoted] = match;
    const value = quoted.replace(/\\(.)/g, "$1");
    if (belowHome !== undefined) folders.set(name, home + value);
    else if (value.startsWith("/")) folders.set(name, value);
  }
  return folders;
}
