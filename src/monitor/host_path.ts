/**
 * Where a path that a jail asks for leads on the host.
 *
 * The kernel would follow forty links, each through up to two thousand directories: a jail that may
 * write somewhere can lay out a labyrinth that takes it milliseconds, for each request, while
 * whoever asks next waits. So a path with links is followed with a bound on its components.
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
 * The path without symbolic links, as far as it exists: of a file that is to be created, the
 * directory is resolved. A path that leads on for too long, or to a place that nobody may look at,
 * counts as one that cannot be resolved. A link into /proc is followed as far as /proc.
 *
 * @param hostRoot the root of M0, which the calling thread is in
 * @param path absolute and normalised
 * @returns the real path; `path` itself where nothing of it can be resolved
 */
export function realHostPath(hostRoot: number, path: string): string {
  // The usual path has no link in it, and then one look-up says so; or that it does not exist.
  if (!hasLink(hostRoot, path)) return path;
  const whole = follow(hostRoot, path);
  if (whole !== null) return whole;
  if (lastErrnoName() !== "ENOENT") return path;
  const slash = path.lastIndexOf("/");
  const parent = follow(hostRoot, slash === 0 ? "/" : path.slice(0, slash));
  if (parent === null) return path;
  return `${parent === "/" ? "" : parent}${path.slice(slash)}`;
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

function follow(hostRoot: number, path: string): string | null {
  const real = followLinks(hostRoot, encodePath(path), BOUNDS, nowhere);
  return real === null ? null : decodePath(real);
}
