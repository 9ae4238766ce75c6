/**
 * What jails must never see, whatever a profile grants: StemJail's own files.
 *
 * @module
 */
import { KernelError } from "../../ffi/check.ts";
import { AT_FDCWD, ensureDirectoryAt } from "../../ffi/file.ts";
import { installedDirectory } from "../../ffi/library.ts";
import {
  cacheDirectory,
  processEnvironment,
  stateDirectory,
  userProfileDirectory,
} from "../protocol/locations.ts";

function ownDirectories(): string[] {
  const profiles = userProfileDirectory(processEnvironment);
  return [
    profiles.slice(0, profiles.lastIndexOf("/")),
    stateDirectory(processEnvironment),
    cacheDirectory(processEnvironment),
  ];
}

/** Makes a directory with its parents, so that nobody makes it first from inside a jail. */
function ensureTree(path: string): void {
  const names = path.split("/").slice(1);
  names.forEach((_, index) =>
    ensureDirectoryAt(AT_FDCWD, `/${names.slice(0, index + 1).join("/")}`, 0o700)
  );
}

/** The path without links, or null when there is nothing: then there is nothing to hide either. */
function realPath(path: string): string | null {
  try {
    return Deno.realPathSync(path);
  } catch {
    return null;
  }
}

/**
 * The paths to hide, without symbolic links, outer ones first. Directories that do not exist yet are
 * made; where that fails, nothing inside a jail can make them either.
 *
 * @param socket the portal's
 * @param profileDirectories where the profiles came from
 */
export function hiddenPaths(socket: string, profileDirectories: readonly string[]): string[] {
  const directories = ownDirectories();
  for (const directory of directories) {
    try {
      ensureTree(directory);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
    }
  }
  const installed = [installedDirectory(), Deno.env.get("STEMJAIL_INSTALLED") ?? null];
  const all = [...directories, ...profileDirectories, ...installed, socket, `${socket}.lock`];
  const real = all.map((path) => path === null ? null : realPath(path));
  const known = real.filter((path): path is string => path !== null && path !== "/");
  const paths = [...new Set(known)].sort();
  return paths.filter((path) => !paths.some((outer) => path.startsWith(`${outer}/`)));
}
