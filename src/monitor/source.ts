/**
 * Sources of grants: trees of M0, looked up, compared with what they were when the profile was loaded, and
 * cloned. Each clone is sealed while it is detached, so there is no moment at which the jail sees
 * it without its attributes.
 *
 * @module
 */
import { readLinkAt } from "../../ffi/entry.ts";
import { close, OpenFlag, openResolved, ResolveFlag } from "../../ffi/file.ts";
import { cloneTree, MountAttribute, sealTree } from "../../ffi/mount.ts";
import { type FileStatus, statusOf } from "../../ffi/status.ts";
import { encodePath } from "../stemflow/path.ts";
import type { MountStep } from "../stemflow/plan.ts";
import { GrantError, reasonOf } from "./grant_error.ts";

/** A step with what it mounts, detached and sealed; or the text of a link to make. */
export interface Prepared {
  /** Where it goes. */
  readonly path: string;
  /** Whether its place is to be a directory. */
  readonly isDirectory: boolean;
  /** A detached tree, or -1 for a link. */
  readonly tree: number;
  /** The text of a link, or null for a tree. */
  readonly link: Uint8Array<ArrayBuffer> | null;
}

const noLinks = ResolveFlag.noSymbolicLinks | ResolveFlag.noMagicLinks;
const nodeFlags = OpenFlag.pathOnly | OpenFlag.noFollow;

/** Where grants come from. */
export class Sources {
  readonly #longestBind: number;

  /**
   * Sources in one tree.
   *
   * @param hostRoot the root of M0
   * @param expected what each bind was when the profile was loaded
   */
  constructor(
    private readonly hostRoot: number,
    private readonly expected: ReadonlyMap<string, FileStatus["kind"]>,
  ) {
    this.#longestBind = [...expected.keys()].reduce(
      (most, { length }) => Math.max(most, length),
      0,
    );
  }

  /**
   * Clones what a step of a plan grants.
   *
   * @returns its tree is the caller's to close
   * @throws GrantError when it is not there, or not what it was
   */
  take(step: MountStep): Prepared {
    return this.takeFrom(this.hostRoot, step, this.expected.get(step.path) === "link");
  }

  /**
   * Clones a tree, or reads a link.
   *
   * @param root where the path begins
   * @param mayBeLink whether the path may be a symbolic link, or lead through one
   * @returns its tree is the caller's to close
   * @throws GrantError when it is not there, or not what it was
   */
  takeFrom(root: number, step: MountStep, mayBeLink: boolean): Prepared {
    const node = openNode(step.path, root, mayBeLink);
    try {
      return this.#takeOpened(step, node, mayBeLink);
    } finally {
      close(node);
    }
  }

  #takeOpened(step: MountStep, node: number, mayBeLink: boolean): Prepared {
    const { path } = step;
    const { kind } = statusOf(node);
    const expected = this.expected.get(path);
    if (kind === "link") {
      if (!mayBeLink) throw new GrantError(`${path}: it became a symbolic link`);
      return { path, isDirectory: false, tree: -1, link: readLinkAt(node, "") };
    }
    if (expected !== undefined && expected !== kind) {
      throw new GrantError(changeOf(path, expected, kind));
    }
    const tree = cloneTree(node, "", true);
    const readOnly = step.write ? 0n : MountAttribute.readOnly;
    try {
      sealTree(tree, readOnly | MountAttribute.noSetuid | MountAttribute.noDevices);
    } catch (error) {
      close(tree);
      throw error;
    }
    return { path, isDirectory: kind === "directory", tree, link: null };
  }

  /** Why a bind at or above a path is not what it was when its profile was loaded, or null. */
  changedBind(path: string): string | null {
    // The path is the jail's and may be long; no further than a bind can be.
    const known = `${path.slice(0, this.#longestBind + 1)}/`;
    for (let end = known.indexOf("/", 1); end > 0; end = known.indexOf("/", end + 1)) {
      const bind = known.slice(0, end);
      const expected = this.expected.get(bind);
      if (expected === undefined || expected === "link") continue;
      const changed = this.#changeAt(bind, expected);
      if (changed !== null) return changed;
    }
    return null;
  }

  #changeAt(bind: string, expected: FileStatus["kind"]): string | null {
    let node = -1;
    try {
      node = openNode(bind, this.hostRoot, false);
      const { kind } = statusOf(node);
      return kind === expected ? null : changeOf(bind, expected, kind);
    } catch (error) {
      if (error instanceof GrantError) return error.message;
      throw error;
    } finally {
      if (node >= 0) close(node);
    }
  }
}

function openNode(path: string, root: number, mayBeLink: boolean): number {
  const links = mayBeLink ? ResolveFlag.noMagicLinks : noLinks;
  try {
    return openResolved(root, encodePath(path), {
      flags: nodeFlags,
      resolve: ResolveFlag.inRoot | links,
    });
  } catch (error) {
    throw new GrantError(`${path}: ${reasonOf(error)}`);
  }
}

function changeOf(path: string, expected: string, kind: string): string {
  return `${path}: it was a ${expected} when the profile was loaded, now it is a ${kind}`;
}
