/**
 * The check that counts: an attempt at a jail, and what to do if it failed.
 *
 * @module
 */
import { coveredProc, errnoOf, failedForProc, isFiltered, wasForbidden } from "./causes.ts";
import { failure, type Finding, ok } from "./finding.ts";
import { asRoot } from "./remedy.ts";
import type { System } from "./system.ts";

const WHAT = "a jail";

/** Why, and what to do, where the other checks have not found it. */
function unexplained(system: System): string[] {
  if (!wasForbidden(system)) {
    return [
      "# No check finds the cause: please report it, with this report and that of:",
      "stemjail --version",
    ];
  }
  if (isFiltered(system)) {
    return [
      "# This process is under a seccomp filter, as in a container, which forbids it. Start the container with:",
      "# docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined ...",
      "# podman run --security-opt seccomp=unconfined --security-opt unmask=ALL ...",
    ];
  }
  return [
    "# Something forbids it that no setting shows: a chroot, a security module, or a container's policy.",
    "# The kernel's log may name it:",
    `${asRoot(system, "dmesg")} | grep -iE 'apparmor|avc|denied|userns' | tail`,
  ];
}

/** A new /proc must not show what the present one hides: the kernel refuses to mount it. */
function procRemedy(system: System): string[] {
  const hidden = coveredProc(system);
  return [
    `# Parts of /proc are covered (${hidden.slice(0, 3).join(", ")}${
      hidden.length > 3 ? ", ..." : ""
    }), so the kernel allows no new one. Start the container with:`,
    "# docker run --security-opt systempaths=unconfined ...",
    "# podman run --security-opt unmask=ALL ...",
  ];
}

function remedyOf(system: System): string[] {
  if (system.attempt.kind === "no answer") {
    return ["# Try again when the system is less busy", "stemjail doctor"];
  }
  if (failedForProc(system)) return procRemedy(system);
  switch (errnoOf(system.attempt)) {
    case "EAGAIN":
      return [
        "# The user, or a container's pids limit, has too many processes: end some, or raise the limit",
        'ulimit -u "$(ulimit -H -u)"',
      ];
    case "ENOMEM":
      return ["# The system is out of memory: end some processes"];
    default:
      return unexplained(system);
  }
}

function describe({ attempt }: System): string {
  switch (attempt.kind) {
    case "made":
      return "made: six namespaces, id maps, mounts, loopback, filter";
    case "no namespaces":
      return `no new namespaces: ${attempt.step}: ${attempt.code}`;
    case "failed":
      return attempt.message;
    case "no answer":
      return `no answer within ${attempt.milliseconds} ms`;
  }
}

/**
 * What the attempt came to.
 *
 * @param isExplained whether another check failed already, with a remedy of its own
 */
export function checkJail(system: System, isExplained: boolean): Finding {
  if (system.attempt.kind === "made") return ok(WHAT, describe(system));
  const remedy = isExplained
    ? ["# The other failures explain this one, and have the remedies"]
    : remedyOf(system);
  return failure(WHAT, describe(system), remedy);
}
