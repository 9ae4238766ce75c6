/**
 * Where files are to be: the portal's socket, and the cache that the executable unpacks into.
 *
 * @module
 */
import { MAXIMUM_SOCKET_PATH_BYTES } from "../../ffi/socket.ts";
import { cacheDirectory, socketPath } from "../protocol/locations.ts";
import { parentOf } from "../stemflow/path.ts";
import { failure, type Finding, ok, warning } from "./finding.ts";
import { asRoot, shellWord } from "./remedy.ts";
import type { System } from "./system.ts";

/** Permission bits by which others could put something in a directory. */
const WRITABLE_BY_OTHERS = 0o022;

/** Why a directory cannot hold the portal's socket; null where it can. */
function unsafeBecause(system: System, directory: string): string | null {
  const status = system.status(directory);
  if (status === null) return "is missing";
  if (status.kind !== "directory") return `is a ${status.kind}, not a directory`;
  if (status.uid !== system.uid) return `belongs to uid ${status.uid}, not to ${system.uid}`;
  if ((status.mode & WRITABLE_BY_OTHERS) !== 0) {
    return `has mode ${status.mode.toString(8)}: others may write to it`;
  }
  return system.mayMakeEntries(directory) ? null : "is read-only";
}

function runtimeRemedy(system: System, directory: string, reason: string): string[] {
  if (reason.includes("others may write")) return [`chmod 700 ${shellWord(directory)}`];
  const usual = `/run/user/${system.uid}`;
  if (directory !== usual && unsafeBecause(system, usual) === null) {
    return ["# The session's own is there:", `export XDG_RUNTIME_DIR=${usual}`];
  }
  return [
    "# Log in anew, which makes one; or have one of your own:",
    'mkdir -p -m 700 "$HOME/.run"; export XDG_RUNTIME_DIR="$HOME/.run"',
  ];
}

/** The directory that the session has for its sockets, or what is used in its place. */
export function checkRuntimeDirectory(system: System): Finding {
  const what = "runtime directory";
  const stated = system.environment("XDG_RUNTIME_DIR");
  if (system.environment("STEMJAIL_SOCKET") !== undefined) {
    return ok(what, "not used: STEMJAIL_SOCKET is set");
  }
  if (stated === undefined || !stated.startsWith("/")) {
    const reason = stated === undefined ? "is not set" : "is not absolute";
    const instead = parentOf(socketPath(system.environment, system.uid));
    const remedy = runtimeRemedy(system, "", reason);
    return warning(what, `XDG_RUNTIME_DIR ${reason}: ${instead} is used instead`, remedy);
  }
  const reason = unsafeBecause(system, stated);
  if (reason === null) return ok(what, stated);
  return failure(what, `${stated} ${reason}`, runtimeRemedy(system, stated, reason));
}

/** Whether the portal finds the directory as it must be, or can make it: but not its parents. */
function checkSocketDirectory(system: System, directory: string): Finding | null {
  const what = "portal's socket";
  if (system.status(directory) !== null) {
    const reason = unsafeBecause(system, directory);
    return reason === null ? null : failure(what, `its directory ${directory} ${reason}`, [
      "# Remove that directory if nothing of it is needed, or use another:",
      'export STEMJAIL_SOCKET="$HOME/.stemjail.sock"',
    ]);
  }
  if (system.status(parentOf(directory)) !== null) return null;
  // Of a runtime directory that is missing another check speaks.
  if (system.environment("STEMJAIL_SOCKET") === undefined) return null;
  return failure(what, `its directory ${directory} and the one around it are missing`, [
    `mkdir -p -m 700 ${shellWord(directory)}`,
  ]);
}

/** The portal's socket: a path that the kernel takes, in a directory that nobody else can touch. */
export function checkSocket(system: System): Finding {
  const what = "portal's socket";
  const path = socketPath(system.environment, system.uid);
  const length = new TextEncoder().encode(path).length;
  const shorter = [`export STEMJAIL_SOCKET=/tmp/stemjail-${system.uid}/portal.sock`];
  if (!path.startsWith("/")) return failure(what, `${path} is not absolute`, shorter);
  if (length > MAXIMUM_SOCKET_PATH_BYTES) {
    const value = `${path} has ${length} bytes, and the kernel takes ${MAXIMUM_SOCKET_PATH_BYTES}`;
    return failure(what, value, shorter);
  }
  return checkSocketDirectory(system, parentOf(path)) ??
    ok(what, `${path} (${length} of at most ${MAXIMUM_SOCKET_PATH_BYTES} bytes)`);
}

function nearestExisting(system: System, path: string): string {
  let at = path;
  while (at !== "/" && system.status(at) === null) at = parentOf(at);
  return at;
}

function cacheObstacle(system: System, cache: string): string {
  const existing = nearestExisting(system, cache);
  if (cache.includes(",")) return "its path has a comma, which the runtime cannot be told";
  if (system.isMountedNoExecute(existing)) return "it is mounted noexec";
  return system.mayMakeEntries(existing) ? "it could not be filled" : "it cannot be written to";
}

/** The cache: without it the executable copies itself into memory whenever it starts. */
export function checkCache(system: System): Finding {
  const directory = system.environment("STEMJAIL_DIR");
  if (directory !== undefined) return ok("cache", directory);
  if (system.environment("STEMJAIL_FILES") === undefined) {
    return ok("cache", "not used: StemJail runs from its sources");
  }
  const cache = cacheDirectory(system.environment);
  const reason = cacheObstacle(system, cache);
  const value = `${cache} is not used, as ${reason}: every start is slow, and copies all to memory`;
  const remedy = ["# A directory of your own that allows execution, and has 200 MB left:"];
  return warning("cache", value, [
    ...remedy,
    `export XDG_CACHE_HOME=/var/tmp/stemjail-${system.uid}; mkdir -m 700 "$XDG_CACHE_HOME"`,
    ...reason.includes("noexec")
      ? [
        "# Or, until the next start of the system:",
        asRoot(
          system,
          `mount -o remount,exec "$(stat -c %m ${shellWord(nearestExisting(system, cache))})"`,
        ),
      ]
      : [],
  ]);
}
