/**
 * Where a granted path leads on this host, and which symbolic links are on the way.
 *
 * @module
 */
import { ownTree } from "../protocol/inside.ts";
import { refuseReserved } from "./bind_path.ts";
import { errnoName, type FileKind, type FileSystem } from "./file_system.ts";
import type { Refusal } from "./problem.ts";
import type { ResolvedBind } from "./profile.ts";
import { quote } from "./text.ts";

// MAXSYMLINKS of the kernel, path_resolution(7).
const LINK_LIMIT = 40;

/** Where a path leads. */
export interface Resolved {
  /** The links met on the way, in order, each once. */
  readonly links: readonly ResolvedBind[];
  /** The path without links. */
  readonly path: string;
  /** What it names. */
  readonly kind: "directory" | "file" | "socket" | "fifo";
}

/** Why a path leads nowhere that can be granted. */
export interface Unresolved {
  /** The message about it. */
  readonly refusal: Refusal;
  /** Whether that is because nothing is there. */
  readonly missing: boolean;
}

/** Resolves paths as the kernel does, but sees the links. Asks the host once for each path. */
export class HostResolver {
  readonly #files: FileSystem;
  readonly #kinds = new Map<string, FileKind | { readonly errno: string }>();
  readonly #resolutions = new Map<string, Resolved | Unresolved>();

  /**
   * Resolves on one host.
   *
   * @param files the host's files
   */
  constructor(files: FileSystem) {
    this.#files = files;
  }

  /**
   * Resolves a path.
   *
   * @param path a normalised absolute path
   * @returns where it leads, or why it cannot be granted
   */
  resolve(path: string): Resolved | Unresolved {
    let resolution = this.#resolutions.get(path);
    if (resolution === undefined) {
      resolution = this.#walk(path);
      this.#resolutions.set(path, resolution);
    }
    return resolution;
  }

  /**
   * Tells what a path itself names, links not followed.
   *
   * @param path an absolute path
   * @returns its kind, or undefined if lstat(2) fails
   */
  kind(path: string): FileKind | undefined {
    const kind = this.#lookUp(path);
    return typeof kind === "string" ? kind : undefined;
  }

  #walk(path: string): Resolved | Unresolved {
    const links = new Map<string, ResolvedBind>();
    let linksFollowed = 0;
    // What is still to walk, the next component last.
    const pending = path.split("/").reverse();
    let here = "";
    let kind: FileKind = "directory";
    while (pending.length > 0) {
      const component = pending.pop();
      if (component === undefined || component === "" || component === ".") continue;
      if (kind !== "directory") return missing(path, here, "ENOTDIR");
      if (component === "..") {
        // `here` holds no links, so its parent is what the text says.
        here = here.slice(0, Math.max(0, here.lastIndexOf("/")));
        continue;
      }
      const next = `${here}/${component}`;
      const tree = ownTree(next);
      if (tree !== undefined) {
        return { refusal: refuseReserved(path, tree, next), missing: false };
      }
      const found = this.#lookUp(next);
      if (typeof found !== "string") return missing(path, next, found.errno);
      if (found !== "link") {
        here = next;
        kind = found;
        continue;
      }
      if (++linksFollowed > LINK_LIMIT) return endless(path);
      const target = this.#readLink(next);
      if (typeof target !== "string") return unreadable(path, next, target.errno);
      links.set(next, { path: next, write: false, kind: "link", target });
      if (target.startsWith("/")) here = "";
      pending.push(...target.split("/").reverse());
    }
    if (kind === "character device" || kind === "block device") return device(path, kind);
    return { links: [...links.values()], path: here || "/", kind: kind as Resolved["kind"] };
  }

  #lookUp(path: string): FileKind | { readonly errno: string } {
    let kind = this.#kinds.get(path);
    if (kind === undefined) {
      try {
        kind = this.#files.kind(path);
      } catch (error) {
        kind = { errno: errnoName(error) };
      }
      this.#kinds.set(path, kind);
    }
    return kind;
  }

  #readLink(path: string): string | { readonly errno: string } {
    try {
      return this.#files.readLink(path);
    } catch (error) {
      return { errno: errnoName(error) };
    }
  }
}

const OPTIONAL = "say optional = true to leave it out";

function missing(path: string, at: string, errno: string): Unresolved {
  const what = `Cannot bind ${quote(path)}`;
  const place = at === path ? "it" : quote(at);
  if (errno === "ENOENT") {
    const remedy = `${place} does not exist (ENOENT); create it, or ${OPTIONAL}`;
    return { refusal: { what, remedy }, missing: true };
  }
  if (errno === "ENOTDIR") {
    const remedy = `${quote(at)} is not a directory (ENOTDIR); correct the path, or ${OPTIONAL}`;
    return { refusal: { what, remedy }, missing: true };
  }
  const remedy = `${place} cannot be looked at (${errno}); change its permissions, or ${OPTIONAL}`;
  return { refusal: { what, remedy }, missing: false };
}

function unreadable(path: string, link: string, errno: string): Unresolved {
  return {
    refusal: {
      what: `Cannot bind ${quote(path)}`,
      remedy: `the text of the symbolic link ${quote(link)} cannot be read (${errno}); correct it`,
    },
    missing: false,
  };
}

function endless(path: string): Unresolved {
  return {
    refusal: {
      what: `Cannot bind ${quote(path)}`,
      remedy: `more than ${LINK_LIMIT} symbolic links are on the way (ELOOP); break the loop`,
    },
    missing: false,
  };
}

function device(path: string, kind: FileKind): Unresolved {
  return {
    refusal: {
      what: `Cannot bind ${quote(path)}`,
      remedy: `it is a ${kind}, and a jail reaches no devices but its own; remove this bind`,
    },
    missing: false,
  };
}
