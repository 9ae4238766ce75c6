/**
 * Granted paths with a `*` in them, to the paths that exist when the profiles are loaded.
 *
 * A `*` stands for any characters of one component's name, as in `[run] match`, and as in a shell
 * not for a dot at its beginning. What matches is from then on a path like any other.
 *
 * @module
 */
import { ownTree } from "../protocol/inside.ts";
import type { PathPattern } from "./expand.ts";
import { errnoName, type FileSystem } from "./file_system.ts";
import { fitsPieces } from "./match.ts";
import type { Refusal } from "./problem.ts";
import { sortByBytes } from "./read.ts";
import type { HostResolver, Resolved, Unresolved } from "./resolve.ts";
import { quote } from "./text.ts";

/** How many paths one pattern may match: each is a mount of every jail that has it. */
export const MATCH_LIMIT = 256;
/** How many directories are read for one pattern. */
export const DIRECTORY_LIMIT = 1024;
/** How many names in them are looked at. */
export const NAME_LIMIT = 65_536;

/** A path that a pattern matches, and what becomes of it. */
export interface Match {
  /** An absolute, normalised path. */
  readonly path: string;
  /** Where it leads, or why it cannot be granted. */
  readonly resolution: Resolved | Unresolved;
}

/**
 * Says why a pattern is refused, as far as its text tells.
 *
 * @param written the path as the profile writes it
 * @returns the refusal, or undefined if nothing is wrong with it
 */
export function refuseGlob(written: string): Refusal | undefined {
  if (!written.includes("**")) return undefined;
  return {
    what: `Cannot bind ${quote(written)}`,
    remedy: 'a "*" stays within one component; write "*/*" for two, or say literal = true ' +
      "if the name is so",
  };
}

/** Finds what patterns match on one host. Each is looked for once, however many profiles have it. */
export class GlobFinder {
  readonly #files: FileSystem;
  readonly #resolver: HostResolver;
  readonly #found = new Map<string, readonly Match[] | Unresolved>();

  /**
   * Looks on one host.
   *
   * @param files the host's files
   * @param resolver for where paths lead
   */
  constructor(files: FileSystem, resolver: HostResolver) {
    this.#files = files;
    this.#resolver = resolver;
  }

  /**
   * Finds what a pattern matches.
   *
   * @param pattern the pattern, expanded
   * @returns the matches in the order of their components' bytes, at least one and at most
   *   {@link MATCH_LIMIT}; or why there are none
   */
  find(pattern: PathPattern): readonly Match[] | Unresolved {
    const key = JSON.stringify(pattern.components);
    let found = this.#found.get(key);
    if (found === undefined) {
      found = new Search(this.#files, this.#resolver, pattern).run();
      this.#found.set(key, found);
    }
    return found;
  }
}

const NO_MATCH = "nothing matches it; correct it, say optional = true to leave it out, or " +
  'literal = true if a name has that "*"';

/** Ends a search. */
class SearchError extends Error {
  constructor(readonly unresolved: Unresolved) {
    super(unresolved.refusal.remedy);
  }
}

/** One search, from the root down. */
class Search {
  readonly #matches: Match[] = [];
  #directories = 0;
  #names = 0;

  constructor(
    private readonly files: FileSystem,
    private readonly resolver: HostResolver,
    private readonly pattern: PathPattern,
  ) {}

  run(): readonly Match[] | Unresolved {
    try {
      this.#descend("", 0, false);
    } catch (error) {
      if (error instanceof SearchError) return error.unresolved;
      throw error;
    }
    return this.#matches.length > 0 ? this.#matches : this.#refuse(NO_MATCH, true);
  }

  /** Looks below a directory, as the pattern from a component on says. */
  #descend(directory: string, from: number, isFound: boolean): void {
    const { components } = this.pattern;
    const rest = components.slice(from);
    const stars = rest.findIndex((pieces) => pieces.length > 1);
    const fixed = (stars < 0 ? rest : rest.slice(0, stars)).map(([name]) => `/${name}`).join("");
    const path = directory + fixed;
    if (stars < 0) return this.#take(path);
    const next = from + stars + 1;
    for (const name of this.#namesIn(path, rest[stars], isFound)) {
      const found = `${path}/${name}`;
      if (ownTree(found) !== undefined) continue;
      if (next === components.length) this.#take(found);
      else this.#descend(found, next, true);
    }
  }

  #take(path: string): void {
    const resolution = this.#resolve(path);
    if (resolution === undefined) return;
    if (this.#matches.length === MATCH_LIMIT) {
      throw this.#excess(`it matches more than ${MATCH_LIMIT} paths`);
    }
    this.#matches.push({ path, resolution });
  }

  /** What is not there is no match, a link to nothing included, nor what the user cannot reach. */
  #resolve(path: string): Resolved | Unresolved | undefined {
    const resolution = this.resolver.resolve(path);
    if ("path" in resolution) return resolution;
    if (!resolution.missing && this.resolver.kind(path) !== undefined) return resolution;
    // This character stands for what is not UTF-8 in a name, which then names nothing.
    if (!path.includes("\ufffd")) return undefined;
    const what = `Cannot bind ${quote(path)}`;
    return { refusal: { what, remedy: "its name is not valid UTF-8; rename it" }, missing: false };
  }

  /** A directory that the pattern names in full must be there and readable; others need not. */
  #namesIn(path: string, pieces: readonly string[], isFound: boolean): string[] {
    const directory = this.resolver.resolve(path || "/");
    if ("refusal" in directory) {
      if (isFound) return [];
      const { remedy } = directory.refusal;
      throw new SearchError(this.#refuse(`${quote(path)}: ${remedy}`, directory.missing));
    }
    if (directory.kind !== "directory") return [];
    if (++this.#directories > DIRECTORY_LIMIT) {
      throw this.#excess(`it takes reading more than ${DIRECTORY_LIMIT} directories`);
    }
    const names = this.#list(directory.path, isFound);
    this.#names += names.length;
    if (this.#names > NAME_LIMIT) {
      throw this.#excess(`it takes looking at more than ${NAME_LIMIT} names`);
    }
    const isHidden = (name: string) => pieces[0] === "" && name.startsWith(".");
    return sortByBytes(names.filter((name) => !isHidden(name) && fitsPieces(pieces, name)));
  }

  #list(directory: string, isFound: boolean): string[] {
    try {
      return this.files.readDirectory(directory, NAME_LIMIT - this.#names);
    } catch (error) {
      if (isFound) return [];
      const errno = errnoName(error);
      const remedy = `${quote(directory)} cannot be read (${errno}); make it readable for you`;
      throw new SearchError(this.#refuse(remedy, false));
    }
  }

  #refuse(remedy: string, missing: boolean): Unresolved {
    return { refusal: { what: `Cannot bind ${quote(this.pattern.text)}`, remedy }, missing };
  }

  #excess(because: string): SearchError {
    return new SearchError(this.#refuse(`${because}; write a narrower one`, false));
  }
}
