/**
 * Grants: trees of M0 appear in M1, all of one plan or none.
 *
 * Mount points are made in the jail's own root file system and nowhere else: where a tree of the
 * host is mounted already, its own directory is the mount point.
 *
 * @module
 */
import { KernelError } from "../../ffi/check.ts";
import { readLinkAt, tryLinkAt } from "../../ffi/entry.ts";
import { close, OpenFlag, openResolved, ResolveFlag } from "../../ffi/file.ts";
import { attachTree, detachTree } from "../../ffi/mount.ts";
import { existsAt, type FileStatus } from "../../ffi/status.ts";
import { encodePath, isBelow, nameOf, parentOf } from "../stemflow/path.ts";
import type { MountStep } from "../stemflow/plan.ts";
import { GrantError, reasonOf } from "./grant_error.ts";
import type { MountNamespaces } from "./namespaces.ts";
import { makeOwnDirectory, makeOwnFile } from "./place.ts";
import type { Skeleton } from "./skeleton.ts";
import { type Prepared, Sources } from "./source.ts";

/**
 * How often a plan is begun. A file that is replaced by another one, as package managers do it, cannot be
 * mounted any more if it was looked up before: then it is looked up again.
 */
const ATTEMPTS = 5;

const noLinks = ResolveFlag.noSymbolicLinks | ResolveFlag.noMagicLinks;
const nodeFlags = OpenFlag.pathOnly | OpenFlag.noFollow;

/** A mount that no profile says, for a portal that runs unconfined. */
export interface FreeMount {
  /** Absolute path of what is mounted. */
  readonly source: string;
  /** Absolute path in the jail. */
  readonly destination: string;
  /** Whether the jail may write there. */
  readonly write: boolean;
  /** Whether the source is the host's path, or else the jail's. */
  readonly fromHost: boolean;
}

/** Performs mount plans. */
export class Grants {
  readonly #sources: Sources;

  /**
   * Grants in one jail.
   *
   * @param skeleton where mount points are made
   * @param expected what each bind was when the profile was loaded
   * @param rootEntries the names in the host's root that stand for a grant of all of it
   */
  constructor(
    private readonly namespaces: MountNamespaces,
    private readonly skeleton: Skeleton,
    expected: ReadonlyMap<string, FileStatus["kind"]>,
    private readonly rootEntries: readonly string[],
  ) {
    this.#sources = new Sources(namespaces.hostRoot, expected);
  }

  /** Why a bind at or above a path is not what it was when its profile was loaded, or null. */
  changedBind(path: string): string | null {
    return this.#sources.changedBind(path);
  }

  /**
   * Mounts a plan, in its order.
   *
   * @throws GrantError when a step cannot be done; then the jail is as it was before
   */
  apply(steps: readonly MountStep[]): void {
    let wasShown = false;
    for (let attempts = 1;; attempts++) {
      try {
        return this.#applyOnce(steps);
      } catch (error) {
        if (error instanceof GrantError) {
          wasShown ||= error.wasShown;
          if (error.mayBeStale && attempts < ATTEMPTS) continue;
        }
        // What was visible for a moment counts, whatever came after it.
        throw wasShown ? new GrantError(reasonOf(error), true) : error;
      }
    }
  }

  #applyOnce(steps: readonly MountStep[]): void {
    const prepared: Prepared[] = [];
    try {
      for (const step of steps) this.#prepare(step, prepared);
      this.namespaces.inJail(() => this.#attachAll(prepared));
    } finally {
      for (const { tree } of prepared) if (tree >= 0) close(tree);
    }
  }

  /**
   * Mounts one tree at another path.
   *
   * @throws GrantError when it cannot be done
   */
  mountElsewhere(mount: FreeMount): void {
    const step = { path: mount.source, write: mount.write };
    const root = mount.fromHost ? this.namespaces.hostRoot : this.namespaces.jailRoot;
    const take = () => this.#sources.takeFrom(root, step, false);
    const prepared = mount.fromHost ? take() : this.namespaces.inJail(take);
    try {
      const moved = { ...prepared, path: mount.destination };
      this.namespaces.inJail(() => this.#attachAll([moved]));
    } finally {
      if (prepared.tree >= 0) close(prepared.tree);
    }
  }

  #prepare(step: MountStep, prepared: Prepared[]): void {
    if (step.path !== "/") {
      prepared.push(this.#sources.take(step));
      return;
    }
    // Nothing can be mounted over the root of running processes; what is in it can.
    for (const name of this.rootEntries) {
      const entry = { path: `/${name}`, write: step.write };
      prepared.push(this.#sources.takeFrom(this.namespaces.hostRoot, entry, true));
    }
  }

  /**
   * In M1: first every mount point, held by a descriptor, then every mount. So an obstacle is found
   * before anything is shown, and no name is looked up that the jail could have changed meanwhile.
   */
  #attachAll(prepared: readonly Prepared[]): void {
    const places: Place[] = [];
    try {
      prepared.forEach((item, index) => {
        if (item.link !== null) this.#makeLink(item.path, item.link);
        else places.push({ item, point: this.#mountPoint(item, prepared.slice(0, index)) });
      });
      attachPlaces(places);
    } catch (error) {
      if (error instanceof GrantError) throw error;
      throw new GrantError(`a mount point: ${reasonOf(error)}`);
    } finally {
      for (const { point } of places) close(point);
    }
  }

  /** A descriptor of the place in M1 where a path is, made if it lies in the jail's own root. */
  #mountPoint(item: Prepared, earlier: readonly Prepared[]): number {
    const outer = earlier.findLast(({ path, tree }) => tree >= 0 && isBelow(item.path, path));
    if (outer !== undefined) return placeIn(outer, item.path);
    const existing = this.#findInJail(item.path);
    if (existing >= 0) return existing;
    // In a tree of the jail's own; where a tree of the host is, there is nothing to be made.
    if (item.isDirectory) close(makeOwnDirectory(this.skeleton, item.path, 0o755));
    else makeOwnFile(this.skeleton, item.path);
    const made = this.#findInJail(item.path);
    if (made < 0) throw new GrantError(`${item.path}: it vanished`);
    return made;
  }

  #findInJail(path: string): number {
    try {
      return openResolved(this.namespaces.jailRoot, encodePath(path), {
        flags: nodeFlags,
        resolve: ResolveFlag.inRoot | noLinks,
        allowed: ["ENOENT"],
      });
    } catch (error) {
      throw new GrantError(`${path}: ${reasonOf(error)}`);
    }
  }

  #makeLink(path: string, target: Uint8Array<ArrayBuffer>): void {
    // Where a granted tree holds the link, it is there already.
    if (existsAt(this.namespaces.jailRoot, encodePath(path.slice(1)))) return;
    const parent = makeOwnDirectory(this.skeleton, parentOf(path), 0o755);
    const name = encodePath(nameOf(path));
    try {
      if (tryLinkAt(target, parent, name) || readLinkAt(parent, name) !== null) return;
      throw new GrantError(`${path}: something that is not a link is in its place`);
    } finally {
      close(parent);
    }
  }
}

/** A mount, and where it goes. */
interface Place {
  readonly item: Prepared;
  readonly point: number;
}

/**
 * Attaches everything. Should the jail have removed a mount point meanwhile, what was attached is
 * taken off again, by descriptor; it was visible for a moment, and the error says so.
 */
function attachPlaces(places: readonly Place[]): void {
  const attached: Prepared[] = [];
  for (const { item, point } of places) {
    try {
      attachTree(item.tree, point, item.path);
      attached.push(item);
    } catch (error) {
      for (const { tree } of attached.reverse()) detachTree(tree);
      const isGone = error instanceof KernelError && error.code === "ENOENT";
      throw new GrantError(`${item.path}: ${reasonOf(error)}`, attached.length > 0, isGone);
    }
  }
}

/** The place of a path in a tree that is about to be attached at one above it. */
function placeIn(outer: Prepared, path: string): number {
  const relative = encodePath(path.slice(outer.path.length + 1));
  const resolve = ResolveFlag.beneath | noLinks;
  try {
    return openResolved(outer.tree, relative, { flags: nodeFlags, resolve });
  } catch (error) {
    throw new GrantError(`${path}: ${reasonOf(error)}`);
  }
}
