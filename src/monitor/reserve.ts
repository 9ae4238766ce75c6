/**
 * What the kernel counts for a user, in jails and out of them alike: a jail gets a part of it, so
 * that the user's other programs still find some. user_namespaces(7), namespaces(7).
 *
 * Where /proc/sys is read-only, as in many containers, there is nothing to be had.
 *
 * @module
 */
import { unlessRefused } from "../../ffi/check.ts";
import { AT_FDCWD, readTextAt, writeTextAt } from "../../ffi/file.ts";
import { NO_LIMIT, Resource, resourceLimit } from "../../ffi/process.ts";
import type { Limit } from "../../ffi/spawn.ts";

/** Limits of inotify(7) and fanotify(7), each the user's and, by another name, the user namespace's. */
const counted = [
  ["fs/inotify/max_user_instances", "user/max_inotify_instances"],
  ["fs/inotify/max_user_watches", "user/max_inotify_watches"],
  ["fs/fanotify/max_user_groups", "user/max_fanotify_groups"],
  ["fs/fanotify/max_user_marks", "user/max_fanotify_marks"],
] as const;

/** Limits of a process on what all of the user's processes have: signals, timers, and queues. */
const countedByLimits = [Resource.pendingSignals, Resource.messageQueues];

const SHARE = 3 / 4;
const MAXIMUM_DIGITS = 32;

/** Browsers have one of each kind for each of their processes. */
const MAXIMUM_NAMESPACES = 1024;
const namespaceKinds = ["ipc", "mnt", "net", "pid", "time", "user", "uts"];

/** Leaves some of what the user has in watches; the calling thread is in M0. */
export function shareWatches(): void {
  for (const [users, jails] of counted) {
    const most = unlessRefused(() => readNumber(users)) ?? NaN;
    if (most > 0) unlessRefused(() => writeNumber(jails, Math.ceil(most * SHARE)));
  }
}

/** The same for what limits of a process are about: those of the application, from the monitor's own. */
export function shareOfLimits(): Limit[] {
  return countedByLimits.map((resource) => ({ resource, ...resourceLimit(resource) }))
    .filter(({ hard }) => hard !== NO_LIMIT)
    .map(({ resource, hard }) => {
      const share = BigInt(Math.ceil(Number(hard) * SHARE));
      return { resource, soft: share, hard: share };
    });
}

/**
 * Bounds the namespaces that programs make in the jail; the calling thread is in M0. Of cgroups there are
 * none: in one, whoever may mount can mount the jail's own cgroup, and freeze it, the monitor with it.
 */
export function boundNamespaces(): void {
  unlessRefused(() => writeNumber("user/max_cgroup_namespaces", 0));
  for (const kind of namespaceKinds) {
    unlessRefused(() => writeNumber(`user/max_${kind}_namespaces`, MAXIMUM_NAMESPACES));
  }
}

function readNumber(name: string): number {
  return Number(readTextAt(AT_FDCWD, `/proc/sys/${name}`, MAXIMUM_DIGITS));
}

function writeNumber(name: string, value: number): void {
  writeTextAt(AT_FDCWD, `/proc/sys/${name}`, `${value}\n`);
}
