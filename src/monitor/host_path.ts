/**
 * Where a path that a jail asks for leads on the host.
 *
 * The kernel would follow forty links, each through up to two thousand directories: a jail that may
 * write somewhere can lay out a labyrinth that takes it milliseconds, for each request, while
 * whoever asks next waits. So a path with links is followed with a bound on its components.
 *
 * And it would say of any path of the host whether it exists, to who writes a link there, or one
 * through it and back again. So all places that a path turns at count, not only where it ends, and
 * where it ends counts whether it exists or not.
 *
 * @module
 */
import { lastErrnoName } from "../../ffi/check.ts";
import { close, OpenFlag, openResolved, ResolveFlag } from "../../ffi/file.ts";
import { followLinks } from "../../ffi/follow.ts";
import { decodePath, encodePath } from "../stemflow/path.ts";

/** Answers that are no failure of the look-up: the path leads nowhere that could be granted. */
const nowhere = ["ENOENT", "ENOTDIR", "ELOOP", "EACCES", "ENAMETOOLONG", "ENXIO", "EAGAIN"];

/** As many links as the kernel follows (path_resolution(7)), and more components than trees are deep. */
export const BOUNDS = { links: 40, steps: 256 } as const;

/**
 * The places that a path leads to, in order: links that are followed, directories that are left
 * through "..", and last where it ends, without links as far as it was followed. A path that leads on
 * for too long ends at the bound. A link into /proc is followed as far as /proc.
 *
 * @param hostRoot the root of M0, which the calling thread is in
 * @param path absolute and normalised
 * @returns `path` alone where it has no link
 */
export function placesOn(hostRoot: number, path: string): string[] {
  // The usual path has no link in it, and then one look-up says so; or that it does not exist.
  if (!hasLink(hostRoot, path)) return [path];
  return followLinks(hostRoot, encodePath(path), BOUNDS).map(decodePath);
}

function hasLink(hostRoot: number, path: string): boolean {
  const node = openResolved(hostRoot, encodePath(path), {
    flags: OpenFlag.pathOnly,
    resolve: ResolveFlag.inRoot | ResolveFlag.noMagicLinks | ResolveFlag.noSymbolicLinks,
    allowed: nowhere,
  });
  if (node < 0) return lastErrnoName() === "ELOOP";
  close(node);
  return false;
}
