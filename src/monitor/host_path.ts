/**
 * Where a path that a jail asks for leads on the host.
 *
 * @module
 */
import { lastErrnoName } from "../../ffi/check.ts";
import {
  AT_FDCWD,
  close,
  OpenFlag,
  openResolved,
  readLinkAt,
  ResolveFlag,
} from "../../ffi/file.ts";
import { decodePath, encodePath } from "../stemflow/path.ts";

/** Answers that are no failure of the look-up: the path leads nowhere that could be granted. */
const nowhere = ["ENOENT", "ENOTDIR", "ELOOP", "EACCES", "ENAMETOOLONG", "ENXIO", "EAGAIN"];

/** A jail can lay out links and directories so that one look-up takes the kernel long. */
const ATTEMPTS = 2;

/**
 * The path without symbolic links, as far as it exists: of a file that is to be created, the
 * directory is resolved. Links of /proc that lead anywhere else (magic links) are not followed.
 *
 * @param hostRoot the root of M0, which the calling thread is in
 * @param path absolute and normalised
 * @returns the real path; `path` itself where nothing of it can be resolved
 */
export function realHostPath(hostRoot: number, path: string): string {
  const whole = resolve(hostRoot, path);
  if (whole !== null) return whole;
  if (lastErrnoName() !== "ENOENT") return path;
  const slash = path.lastIndexOf("/");
  const parent = resolve(hostRoot, slash === 0 ? "/" : path.slice(0, slash));
  if (parent === null) return path;
  return `${parent === "/" ? "" : parent}${path.slice(slash)}`;
}

/** The usual path has no link in it, and then one look-up says so; only others are followed. */
function resolve(hostRoot: number, path: string): string | null {
  const direct = look(hostRoot, path, ResolveFlag.noSymbolicLinks);
  if (direct >= 0) {
    close(direct);
    return path;
  }
  if (lastErrnoName() !== "ELOOP") return null;
  const node = look(hostRoot, path, 0);
  if (node < 0) return null;
  try {
    const real = readLinkAt(AT_FDCWD, `/proc/thread-self/fd/${node}`);
    return real === null ? null : decodePath(real);
  } finally {
    close(node);
  }
}

function look(hostRoot: number, path: string, rules: number): number {
  return openResolved(hostRoot, encodePath(path), {
    flags: OpenFlag.pathOnly,
    resolve: ResolveFlag.inRoot | ResolveFlag.noMagicLinks | rules,
    allowed: nowhere,
    attempts: ATTEMPTS,
  });
}
