/**
 * What jails must never see, whatever a profile grants: StemJail's own files, and control groups, by
 * which the user's processes can be limited, frozen and ended, and jails be freed of their limits.
 *
 * @module
 */
import { unlessRefused } from "../../ffi/check.ts";
import { ensureTree } from "../../ffi/entry.ts";
import { AT_FDCWD } from "../../ffi/file.ts";
import { installedDirectory } from "../../ffi/library.ts";
import { mayMakeEntries } from "../../ffi/probe.ts";
import { existsAt } from "../../ffi/status.ts";
import { hostFileSystem } from "../profile/file_system.ts";
import { HostResolver } from "../profile/resolve.ts";
import {
  cacheDirectory,
  processEnvironment,
  stateDirectory,
  userProfileDirectory,
} from "../protocol/locations.ts";
import type { Hidden } from "../protocol/messages.ts";
import { currentMounts, type Mount } from "../protocol/mounts.ts";
import { encodePath, isAtOrBelow, isBelow, parentOf } from "../stemflow/path.ts";
import { aliasesOf } from "./aliases.ts";
import { helperDirectory, isOurs } from "./socket.ts";

const CGROUPS = "/sys/fs/cgroup";

function ownDirectories(): string[] {
  const profiles = userProfileDirectory(processEnvironment);
  return [
    parentOf(profiles),
    stateDirectory(processEnvironment),
    cacheDirectory(processEnvironment),
  ];
}

/** What leads to a path: its directories, and those of the links on the way, with the links. */
function waysTo(path: string, links: readonly string[]): string[] {
  const ends = [path, ...links];
  return [...ends.flatMap((end) => ancestors(end)), ...links];
}

/** The directories above a path, but the root. */
function ancestors(path: string): string[] {
  const names = path.split("/").slice(1, -1);
  return names.map((_, index) => `/${names.slice(0, index + 1).join("/")}`);
}

/** Whether whoever is in a jail with everything granted could put another one in its place. */
function isMovable(path: string): boolean {
  return mayMakeEntries(parentOf(path));
}

/**
 * What to hide. Directories that do not exist yet are made; where that fails, nothing inside a jail
 * can make them either. What lies in a jail's own trees, such as /tmp, is never granted.
 *
 * @param socket the portal's
 * @param profileDirectories where the profiles came from
 */
export function hiddenPaths(socket: string, profileDirectories: readonly string[]): Hidden {
  const directories = ownDirectories();
  // So that nobody makes one first from inside a jail.
  for (const path of directories) unlessRefused(() => ensureTree(path, 0o700));
  const installed = [installedDirectory(), Deno.env.get("STEMJAIL_INSTALLED") ?? null];
  const stated = [...directories, ...profileDirectories, ...installed, ...socketPaths(socket)];
  const resolver = new HostResolver(hostFileSystem);
  const direct = stated.filter((path) => path !== null).map((path) => resolver.resolve(path))
    .filter((resolution) => "path" in resolution);
  const mounts = currentMounts();
  const aliases = direct.flatMap(({ path }) => aliasesOf(path, mounts))
    .map((path) => resolver.resolve(path)).filter((resolution) => "path" in resolution);
  const found = [...direct, ...aliases];
  const covered = outermost([...found.map(({ path }) => path), ...cgroupPlaces(mounts)]);
  const ways = found.flatMap(({ path, links }) => waysTo(path, links.map((link) => link.path)));
  const pinned = [...new Set(ways)].filter(isMovable).sort();
  return {
    covered,
    pinned: pinned.filter((path) => !covered.some((cover) => isAtOrBelow(path, cover))),
    sockets: helperDirectory(socket),
  };
}

/** A directory of ours outlives the socket in it; of another's, only what is the portal's is hidden. */
function socketPaths(socket: string): string[] {
  const directory = parentOf(socket);
  return isOurs(directory) ? [directory] : [socket, `${socket}.lock`, helperDirectory(socket)];
}

/** Where control groups are mounted; together, as far as they are at the usual place. */
function cgroupPlaces(mounts: readonly Mount[]): string[] {
  const points = mounts.filter(({ type }) => /^cgroup2?$/.test(type)).map(({ point }) => point);
  const usual = points.some((point) => isAtOrBelow(point, CGROUPS)) ? [CGROUPS] : [];
  return [...usual, ...points.filter((point) => existsAt(AT_FDCWD, encodePath(point)))];
}

function outermost(paths: readonly string[]): string[] {
  const sorted = [...new Set(paths)].filter((path) => path !== "/").sort();
  return sorted.filter((path) => !sorted.some((outer) => isBelow(path, outer)));
}
