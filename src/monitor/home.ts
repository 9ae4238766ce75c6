/**
 * The jail's home directory. Programs expect one that they can write to; where no profile grants that
 * of the host, it is an empty one in memory, in which granted directories of the host's home appear.
 *
 * @module
 */
import { AT_FDCWD, close, statusOf } from "../../ffi/file.ts";
import { attachTree, cloneTree, makeWritable } from "../../ffi/mount.ts";
import { normalisePath, PathError } from "../stemflow/path.ts";
import { findPlace, makeOwnDirectory } from "./place.ts";
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
 * @param home the value of HOME inside
 */
export function makeHome(namespaces: MountNamespaces, skeleton: Skeleton, home: string): void {
  const path = usable(home);
  if (path === null) return;
  namespaces.inJail(() => {
    const place = makeOwnDirectory(skeleton, path, PRIVATE);
    try {
      // The jail's /tmp is writable as it is.
      if (!path.startsWith("/tmp/")) openToWriting(path);
    } finally {
      close(place);
    }
  });
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
 * @param home the value of HOME inside
 */
export function ownHome(
  namespaces: MountNamespaces,
  skeleton: Skeleton,
  home: string,
): string | null {
  const path = usable(home);
  if (path === null || path.startsWith("/tmp/")) return null;
  const shown = findPlace(namespaces.jailRoot, path, false);
  const own = findPlace(skeleton.root, path, false);
  try {
    return statusOf(shown).identity === statusOf(own).identity ? path : null;
  } finally {
    close(shown);
    close(own);
  }
}
