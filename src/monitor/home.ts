/**
 * The jail's home directory. Programs expect one that they can write to; where no profile grants that
 * of the host, it is an empty one in memory, in which granted directories of the host's home appear.
 *
 * @module
 */
import { linkAt } from "../../ffi/entry.ts";
import { AT_FDCWD, close } from "../../ffi/file.ts";
import { attachTree } from "../../ffi/mount.ts";
import type { OrderedHome } from "../protocol/messages.ts";
import type { Bind } from "../stemflow/domain.ts";
import {
  encodePath,
  isAtOrBelow,
  nameOf,
  normalisePath,
  parentOf,
  PathError,
} from "../stemflow/path.ts";
import { findPlace, makeOwnDirectory } from "./place.ts";
import type { Skeleton } from "./skeleton.ts";

const PRIVATE = 0o700;

/** In these there is no home: they are the jail's run directory, the kernel's, or the root itself. */
const elsewhere = /^\/(?:$|(?:dev|proc)(?:\/|$))/;

function usable(home: string): string | null {
  try {
    const path = normalisePath(home);
    return elsewhere.test(path) ? null : path;
  } catch (error) {
    if (error instanceof PathError) return null;
    throw error;
  }
}

/**
 * Makes the home; before anything is granted, so that a grant of it, or around it, covers it. The calling
 * thread is in M1.
 *
 * @param home what HOME names inside
 */
export function makeHome(skeleton: Skeleton, home: OrderedHome): void {
  const path = usable(home.path);
  if (path === null) return;
  for (const link of home.links) makeLink(skeleton, link.path, link.target);
  close(makeOwnDirectory(skeleton, path, PRIVATE));
  // The jail's /tmp is writable as it is.
  if (!path.startsWith("/tmp/")) mountHome(skeleton, path);
}

function makeLink(skeleton: Skeleton, path: string, target: string): void {
  const parent = makeOwnDirectory(skeleton, parentOf(path), 0o755);
  try {
    linkAt(encodePath(target), parent, encodePath(nameOf(path)));
  } finally {
    close(parent);
  }
}

/** The root around it is read-only, and the mount point with it. */
function mountHome({ home }: Skeleton, path: string): void {
  const target = findPlace(AT_FDCWD, path, false);
  attachTree(home.tree, target, path);
  close(target);
  home.path = path;
}

/**
 * Where the home is the jail's own, or null: for the ceiling, which is then to allow writing there.
 *
 * @param binds what is mounted
 */
export function ownHome({ home: { path } }: Skeleton, binds: readonly Bind[]): string | null {
  return path === null || binds.some((bind) => isAtOrBelow(path, bind.path)) ? null : path;
}
