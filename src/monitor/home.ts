/**
 * The jail's home directory. Programs expect one that they can write to; where no profile grants that
 * of the host, it is an empty one in memory, in which granted directories of the host's home appear.
 *
 * @module
 */
import { AT_FDCWD, close, linkAt } from "../../ffi/file.ts";
import { attachTree, cloneTree, makeWritable } from "../../ffi/mount.ts";
import type { OrderedHome } from "../protocol/messages.ts";
import { encodePath, normalisePath, PathError } from "../stemflow/path.ts";
import { findPlace, isSameFile, makeOwnDirectory } from "./place.ts";
import type { MountNamespaces } from "./namespaces.ts";
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
 * Makes the home; before anything is granted, so that a grant of it, or around it, covers it.
 *
 * @param home what HOME names inside
 */
export function makeHome(
  namespaces: MountNamespaces,
  skeleton: Skeleton,
  home: OrderedHome,
): void {
  const path = usable(home.path);
  if (path === null) return;
  namespaces.inJail(() => {
    for (const link of home.links) makeLink(skeleton, link.path, link.target);
    const place = makeOwnDirectory(skeleton, path, PRIVATE);
    try {
      // The jail's /tmp is writable as it is.
      if (!path.startsWith("/tmp/")) openToWriting(path);
    } finally {
      close(place);
    }
  });
}

function makeLink(skeleton: Skeleton, path: string, target: string): void {
  const slash = path.lastIndexOf("/");
  const parent = makeOwnDirectory(skeleton, path.slice(0, slash), 0o755);
  try {
    linkAt(encodePath(target), parent, encodePath(path.slice(slash + 1)));
  } finally {
    close(parent);
  }
}

/** The directory over itself, once more and writable: the root around it stays read-only. */
function openToWriting(path: string): void {
  const tree = cloneTree(AT_FDCWD, path, false);
  try {
    makeWritable(tree);
    const target = findPlace(AT_FDCWD, path, false);
    attachTree(tree, target, path);
    close(target);
  } finally {
    close(tree);
  }
}

/**
 * Where the home is the jail's own, or null: for the ceiling, which is then to allow writing there.
 *
 * @param home what HOME names inside
 */
export function ownHome(
  namespaces: MountNamespaces,
  skeleton: Skeleton,
  home: OrderedHome,
): string | null {
  const path = usable(home.path);
  if (path === null || path.startsWith("/tmp/")) return null;
  return isSameFile(
      findPlace(namespaces.jailRoot, path, false),
      findPlace(skeleton.root, path, false),
    )
    ? path
    : null;
}
