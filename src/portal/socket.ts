/**
 * The portal's place: one portal for a user and a socket.
 *
 * @module
 */
import { KernelError, unlessRefused } from "../../ffi/check.ts";
import { ensureDirectoryAt, removeAt } from "../../ffi/entry.ts";
import { Readiness } from "../../ffi/epoll.ts";
import {
  AT_FDCWD,
  close,
  openAt,
  OpenFlag,
  readAll,
  rewind,
  setLength,
  tryLock,
  writeAll,
} from "../../ffi/file.ts";
import { discardChanges, watchDescriptor, watchDirectory } from "../../ffi/inotify.ts";
import { listenAt } from "../../ffi/listener.ts";
import { sendSignal, userId } from "../../ffi/process.ts";
import { createSocket, MAXIMUM_SOCKET_PATH_BYTES, SocketType } from "../../ffi/socket.ts";
import { statusAt } from "../../ffi/status.ts";
import { UserError } from "../errors.ts";
import type { Reactor } from "../protocol/reactor.ts";
import { parentOf } from "../stemflow/path.ts";

const BACKLOG = 128;
const MAXIMUM_PID_BYTES = 20;

/** How long to wait for the lock of a portal that is dead: so often, so many milliseconds. */
const ATTEMPTS = 100;
const WAIT = 10;

/** A listening socket, and the lock that makes it the only one. */
export interface Place {
  /** The listening socket. */
  readonly listener: number;
  /** Where it is. */
  readonly path: string;
  /** The locked file. */
  readonly lock: number;
  /** The socket's file, told apart from any that comes after it. */
  readonly identity: string;
}

/**
 * Where sockets for jails go, which are each one jail's and no other's: a directory of nothing else, that
 * can be hidden as a whole.
 *
 * @param path the portal's socket's
 */
export function helperDirectory(path: string): string {
  const directory = parentOf(path);
  return isOurs(directory) ? directory : `${path}.d`;
}

/** Whether nothing but files of a portal is in a directory, by its name. */
export function isOurs(directory: string): boolean {
  return directory.endsWith("/stemjail");
}

/** Makes a directory for sockets if need be, and refuses one that others could tamper with. */
function secureDirectory(directory: string): void {
  const quoted = JSON.stringify(directory);
  const failure = failureToMake(directory);
  // What counts is what is there.
  const status = unlessRefused(() => statusAt(AT_FDCWD, directory));
  if (status === null) {
    throw new UserError(
      `Cannot make the socket's directory ${quoted}: ${failure}; set XDG_RUNTIME_DIR or STEMJAIL_SOCKET`,
    );
  }
  const { kind, uid, mode } = status;
  if (kind === "directory" && uid === userId() && (mode & 0o022) === 0) return;
  throw new UserError(
    `The socket's directory ${quoted} is not safe: it must be a directory of your own that only you can ` +
      `write to; set XDG_RUNTIME_DIR or STEMJAIL_SOCKET`,
  );
}

/** Why a directory was not made, by errno's name; null where it was, or is there already. */
function failureToMake(directory: string): string | null {
  try {
    ensureDirectoryAt(AT_FDCWD, directory, 0o700);
    return null;
  } catch (error) {
    if (error instanceof KernelError) return error.code;
    throw error;
  }
}

/** Whoever is written in the lock's file; 0 for nobody. */
function holderOf(file: number): number {
  rewind(file);
  return Number(new TextDecoder().decode(readAll(file, MAXIMUM_PID_BYTES)).trim()) || 0;
}

/**
 * Takes the lock, also if its last holder has died a moment ago: a child that it was about to start
 * holds it too, until it runs its own program.
 */
function lockOrWait(file: number): boolean {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (tryLock(file)) return true;
    const holder = holderOf(file);
    if (holder === 0 || sendSignal(holder, 0)) return false;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT);
  }
  return false;
}

/** Holds the lock for as long as the process lives; flock(2) frees it whatever ends that. */
function takeLock(path: string): number {
  const flags = OpenFlag.readWrite | OpenFlag.create | OpenFlag.noFollow;
  const file = openAt(AT_FDCWD, `${path}.lock`, flags, 0o600);
  if (!lockOrWait(file)) {
    const holder = holderOf(file) || "unknown";
    throw new UserError(
      `A portal is running already: process ${holder} serves ${JSON.stringify(path)}`,
    );
  }
  rewind(file);
  setLength(file, 0);
  writeAll(file, new TextEncoder().encode(`${Deno.pid}\n`));
  return file;
}

function listen(path: string): number {
  const listener = createSocket(SocketType.stream | SocketType.nonblocking);
  try {
    listenAt(listener, path, BACKLOG);
    return listener;
  } catch (error) {
    close(listener);
    removeIfPossible(path);
    throw error;
  }
}

/** What stays is replaced by the next portal. */
function removeIfPossible(path: string): void {
  unlessRefused(() => removeAt(AT_FDCWD, path));
}

/**
 * Becomes the portal of a socket path. A socket that a dead portal left is replaced.
 *
 * @throws UserError when another portal has it, or the place is not safe
 */
export function takePlace(path: string): Place {
  const length = new TextEncoder().encode(path).length;
  if (!path.startsWith("/") || length > MAXIMUM_SOCKET_PATH_BYTES) {
    throw new UserError(
      `The socket path ${
        JSON.stringify(path)
      } is not usable: it must be absolute and have at most ` +
        `${MAXIMUM_SOCKET_PATH_BYTES} bytes (it has ${length}); set STEMJAIL_SOCKET to a shorter one`,
    );
  }
  for (const directory of new Set([parentOf(path), helperDirectory(path)])) {
    secureDirectory(directory);
  }
  try {
    const lock = takeLock(path);
    removeAt(AT_FDCWD, path);
    const listener = listen(path);
    return { listener, path, lock, identity: statusAt(AT_FDCWD, path).identity };
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    throw new UserError(`Cannot serve ${JSON.stringify(path)}: ${error.message}`);
  }
}

/** Whether the path still leads to the place's socket, as far as may be seen. */
function isHeld({ path, identity }: Place): boolean {
  try {
    const found = unlessRefused(() => statusAt(AT_FDCWD, path), ["ENOENT", "ENOTDIR"]);
    return found?.identity === identity;
  } catch (error) {
    if (error instanceof KernelError) return true;
    throw error;
  }
}

/**
 * Watches a place: the user's runtime directory goes at the end of a session, and whoever comes after
 * cannot reach what was in it.
 *
 * @param onLost called once, when nobody can connect any more
 */
export function watchPlace(place: Place, reactor: Reactor, onLost: () => void): void {
  const changes = watchDescriptor();
  const look = () => {
    discardChanges(changes);
    if (isHeld(place)) return;
    reactor.unwatch(changes);
    close(changes);
    onLost();
  };
  watchDirectory(changes, parentOf(place.path));
  reactor.watch(changes, Readiness.readable, look);
  // It may have gone before.
  look();
}

/**
 * Gives the place up. The lock's file stays: were it removed, a portal that just opened it and one
 * that makes it anew would both hold a lock.
 */
export function leavePlace(place: Place): void {
  if (isHeld(place)) removeIfPossible(place.path);
  close(place.listener);
  close(place.lock);
}
