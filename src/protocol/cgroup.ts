/**
 * Where a process is in the hierarchy of control groups, by what /proc tells of it. cgroups(7).
 *
 * @module
 */
import type { Mount } from "./mounts.ts";

/** The cgroup that a portal moves itself to: processes live only in leaves, so jails can be beside. */
export const PORTAL_LEAF = "stemjail-portal";

/** Controllers that limit a jail as a whole. */
export const jailControllers = ["memory", "pids"] as const;

/** One of them. */
export type Controller = typeof jailControllers[number];

/**
 * The cgroup of version 2 that a process is in.
 *
 * @param text of /proc/PID/cgroup
 * @returns its path in the hierarchy; null where there is no such hierarchy
 */
export function unifiedCgroup(text: string): string | null {
  return /^0::(\/.*)$/m.exec(text)?.[1] ?? null;
}

/**
 * The directory of a cgroup.
 *
 * @param cgroup its path in the hierarchy
 * @param mounts all there are
 * @returns an absolute path; null where no mount shows it
 */
export function cgroupDirectory(
  cgroup: string,
  mounts: readonly Mount[],
): string | null {
  for (const { root, point, type } of mounts) {
    if (type !== "cgroup2") continue;
    if (root === "/") return cgroup === "/" ? point : `${point}${cgroup}`;
    if (cgroup === root) return point;
    if (cgroup.startsWith(`${root}/`)) return `${point}${cgroup.slice(root.length)}`;
  }
  return null;
}

/** The controllers for jails among those that a file such as cgroup.controllers lists. */
export function jailControllersIn(text: string): Controller[] {
  const words = text.split(/\s+/);
  return jailControllers.filter((name) => words.includes(name));
}
