/**
 * Where a jail has what is its own, as programs inside name it: what portal, monitor and shim have to
 * agree on. shim/protocol.h and shim/path.c state the same for C, and tests compare the two.
 *
 * @module
 */
import { isAtOrBelow } from "../stemflow/path.ts";

/** The trees that every jail has of its own: nothing in them is ever granted. */
const OWN_TREES = ["/proc", "/dev", "/tmp"] as const;

/**
 * The jail's own tree that a path lies in.
 *
 * @param path absolute, normalised
 * @returns undefined if it is in none of them
 */
export function ownTree(path: string): string | undefined {
  return OWN_TREES.find((tree) => isAtOrBelow(path, tree));
}

/** Files for the shim and tools; it is in /dev, so that no grant hides it. */
export const RUN_DIRECTORY = "/dev/stemjail";

/** The preloaded library, in the run directory. */
export const SHIM_NAME = "stemshim.so";

/** The policy table, in the run directory. */
export const TABLE_NAME = "table";

/** The monitor's socket, in the run directory. */
export const SOCKET_NAME = "socket";

/** What the monitor knows of seccomp filters, in the run directory. */
export const FILTERS_NAME = "filters";

/** The jail's own XDG_RUNTIME_DIR; it is in /dev, so that no grant hides it. */
export const RUNTIME_DIRECTORY = "/dev/runtime";
