/**
 * What can be said of an attempt that failed, from outside it.
 *
 * @module
 */
import type { Attempt, System } from "./system.ts";

/** Whether a jail was made. */
export function jailsWork({ attempt }: System): boolean {
  return attempt.kind === "made";
}

/** The errno that an attempt failed with; null where there is none. */
export function errnoOf(attempt: Attempt): string | null {
  if (attempt.kind === "no namespaces") return attempt.code;
  if (attempt.kind !== "failed") return null;
  return /\bE[A-Z0-9]{2,}\b/.exec(attempt.message)?.[0] ?? null;
}

/** Whether something forbade the attempt, and no more is known of it than that. */
export function wasForbidden(system: System): boolean {
  const code = errnoOf(system.attempt);
  return (code === "EPERM" || code === "EACCES") && !failedForProc(system);
}

/** Mount points below /proc that hide something of it. */
export function coveredProc(system: System): string[] {
  const lines = system.readText("/proc/self/mountinfo")?.split("\n") ?? [];
  return lines.map((line) => line.split(" ")[4] ?? "")
    // The directory of binfmt_misc is empty for good, so nothing is hidden there (proc(5)).
    .filter((path) => path.startsWith("/proc/") && path !== "/proc/sys/fs/binfmt_misc");
}

/** Whether the kernel refused a new /proc because the present one is covered in part. */
export function failedForProc(system: System): boolean {
  const { attempt } = system;
  return attempt.kind === "failed" && /\bmount proc\b/.test(attempt.message) &&
    coveredProc(system).length > 0;
}

/** Whether a seccomp filter binds this process, such as a container's. */
export function isFiltered(system: System): boolean {
  return /^Seccomp:\s*2$/m.test(system.readText("/proc/self/status") ?? "");
}

/** Whether this process is in a user namespace other than the first: its limits are its own. */
export function isNested(system: System): boolean {
  const map = system.readText("/proc/self/uid_map");
  return map !== null && !/^\s*0\s+0\s+4294967295$/.test(map);
}
