/**
 * Places in a jail for what is not a grant: in its own /dev and /tmp, and files of its own in /etc.
 *
 * Some of them the application can write to, so names there may be its traps: nothing is followed, nothing
 * that exists is opened, and a place that cannot be had is not used.
 *
 * @module
 */
import { ensureDirectoryAt } from "../../ffi/entry.ts";
import { AT_FDCWD, close, openAt, OpenFlag, openResolved, ResolveFlag } from "../../ffi/file.ts";
import { statusOf } from "../../ffi/status.ts";
import { RUNTIME_DIRECTORY } from "../protocol/inside.ts";
import { encodePath, nameOf, parentOf } from "../stemflow/path.ts";
import type { Skeleton } from "./skeleton.ts";

const node = OpenFlag.pathOnly | OpenFlag.noFollow;
const directory = OpenFlag.pathOnly | OpenFlag.directory;
const newFile = OpenFlag.writeOnly | OpenFlag.create | OpenFlag.exclusive;

/** A directory of the jail's own that can be written to now, and the path of it that the jail has. */
interface Base {
  readonly path: string;
  open(): number;
}

/** The calling thread is in M1 when a base is opened; the most specific one comes first. */
function basesOf({ root, devices, home }: Skeleton): Base[] {
  const own = home.path === null
    ? []
    : [{ path: home.path, open: () => openAt(home.tree, ".", directory) }];
  return [
    ...own,
    { path: RUNTIME_DIRECTORY, open: () => openAt(AT_FDCWD, RUNTIME_DIRECTORY, directory) },
    { path: "/tmp", open: () => openAt(AT_FDCWD, "/tmp", directory) },
    { path: "/dev", open: () => openAt(devices, ".", directory) },
    { path: "", open: () => openAt(root, ".", directory) },
  ];
}

/** What a path of the jail leads to, as an O_PATH descriptor; or -1 when there is nothing. */
export function findPlace(jailRoot: number, path: string, followsLinks: boolean): number {
  const links = followsLinks ? 0 : ResolveFlag.noSymbolicLinks;
  const flags = followsLinks ? OpenFlag.pathOnly : node;
  const resolve = ResolveFlag.inRoot | ResolveFlag.noMagicLinks | links;
  const allowed = ["ENOENT", "ENOTDIR"];
  return openResolved(jailRoot, encodePath(path), { flags, resolve, allowed });
}

/** Whether two descriptors, which are closed, are of one file; -1 is of none. */
export function isSameFile(one: number, other: number): boolean {
  try {
    return one >= 0 && other >= 0 && statusOf(one).identity === statusOf(other).identity;
  } finally {
    for (const descriptor of [one, other]) if (descriptor >= 0) close(descriptor);
  }
}

/** Opens a directory in another one, made if it is missing; `parent` is closed. */
function enter(parent: number, name: string, mode: number): number {
  try {
    ensureDirectoryAt(parent, encodePath(name), mode);
    return openAt(parent, encodePath(name), directory | OpenFlag.noFollow);
  } finally {
    close(parent);
  }
}

/**
 * The deepest directory that exists on the way of some names, and how many of them lead to it; `base`
 * is closed unless that is the one.
 */
function findDeepest(base: number, names: readonly string[]): { node: number; depth: number } {
  const resolve = ResolveFlag.beneath | ResolveFlag.noSymbolicLinks | ResolveFlag.noMagicLinks;
  const flags = directory | OpenFlag.noFollow;
  let isKept = false;
  try {
    for (let depth = names.length; depth > 0; depth--) {
      const path = encodePath(names.slice(0, depth).join("/"));
      const node = openResolved(base, path, { flags, resolve, allowed: ["ENOENT"] });
      if (node >= 0) return { node, depth };
    }
    isKept = true;
    return { node: base, depth: 0 };
  } finally {
    if (!isKept) close(base);
  }
}

/**
 * Makes directories of the jail's own; the calling thread is in M1.
 *
 * @param path absolute, normalised
 * @param mode permission bits of the last one; those around it can be entered by everybody
 * @returns the last one, as an O_PATH descriptor
 */
export function makeOwnDirectory(skeleton: Skeleton, path: string, mode: number): number {
  const base = basesOf(skeleton).find((each) => `${path}/`.startsWith(`${each.path}/`))!;
  const names = path.slice(base.path.length).split("/").filter((name) => name !== "");
  // From the far end, since siblings have most of their way in common; the last one is mostly new.
  const { node, depth } = findDeepest(base.open(), names.slice(0, -1));
  return names.slice(depth).reduce(
    (parent, name, index) => enter(parent, name, depth + index === names.length - 1 ? mode : 0o755),
    node,
  );
}

/**
 * Makes an empty file to mount on; the calling thread is in M1.
 *
 * @param path absolute, normalised, of which nothing exists in a tree of the host
 */
export function makeOwnFile(skeleton: Skeleton, path: string): void {
  const parent = makeOwnDirectory(skeleton, parentOf(path), 0o755);
  try {
    close(openAt(parent, encodePath(nameOf(path)), newFile, 0o600));
  } finally {
    close(parent);
  }
}
