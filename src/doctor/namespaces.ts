/**
 * What the system's settings say about namespaces: limits, and Debian's switch.
 *
 * @module
 */
import { isNested, jailsWork, wasForbidden } from "./causes.ts";
import { failure, type Finding, ok } from "./finding.ts";
import { setParameter } from "./remedy.ts";
import { type Attempt, type NamespaceKind, namespaceKinds, type System } from "./system.ts";

/** What the kinds are called. */
const words: Readonly<Record<NamespaceKind, string>> = {
  user: "user",
  mnt: "mount",
  pid: "pid",
  ipc: "ipc",
  uts: "uts",
  net: "network",
};

/** The option that a kernel is built with for each kind. */
const options: Readonly<Record<NamespaceKind, string>> = {
  user: "CONFIG_USER_NS",
  mnt: "CONFIG_NAMESPACES",
  pid: "CONFIG_PID_NS",
  ipc: "CONFIG_IPC_NS",
  uts: "CONFIG_UTS_NS",
  net: "CONFIG_NET_NS",
};

/** Limits to suggest: the kernel's own are some ten thousands, by the size of its memory. */
const suggested = { least: 15_000, most: 100_000 } as const;

function limitOf(system: System, kind: NamespaceKind): number | null {
  const text = system.readText(`/proc/sys/user/max_${kind}_namespaces`);
  return text === null || !/^\d+$/.test(text) ? null : Number(text);
}

function generousLimit(system: System): number {
  const limits = namespaceKinds.map((kind) => limitOf(system, kind) ?? 0);
  return Math.min(suggested.most, Math.max(suggested.least, ...limits));
}

function raiseLimit(system: System, kind: NamespaceKind): string[] {
  const name = `max_${kind}_namespaces`;
  const limit = generousLimit(system);
  if (!isNested(system)) return setParameter(system, `user.${name}`, limit);
  return [
    "# This is a user namespace with limits of its own: leave it, or as its root, for as long as it lasts",
    `echo ${limit} > /proc/sys/user/${name}`,
  ];
}

function failureCode(attempt: Attempt, kind: NamespaceKind): string | null {
  if (attempt.kind !== "no namespaces") return null;
  return attempt.failures.find((failed) => failed.kind === kind)?.code ?? null;
}

function checkKind(system: System, kind: NamespaceKind): Finding | null {
  const what = `${words[kind]} namespaces`;
  const name = `max_${kind}_namespaces`;
  const limit = limitOf(system, kind);
  if (limit === 0) {
    return failure(what, `${name} = 0: none may be made`, raiseLimit(system, kind));
  }
  switch (failureCode(system.attempt, kind)) {
    case "ENOSPC":
      return failure(
        what,
        `${name} = ${
          limit ?? "unknown"
        }, and no more can be made: so many are in use, or a limit outside is reached`,
        [
          "# End what holds them (`lsns` lists it), or raise the limit, in the system around a container too;",
          "# user namespaces can also be nested too deeply, at most 32",
          ...raiseLimit(system, kind),
        ],
      );
    case "EINVAL":
    case "ENOSYS":
      return failure(what, "the kernel has none", [
        `# The kernel needs ${options[kind]}=y: install your distribution's own kernel`,
      ]);
    default:
      return null;
  }
}

/** The limits of /proc/sys/user: one line for each kind that is exhausted, or one for all. */
export function checkLimits(system: System): Finding[] {
  const found = namespaceKinds.map((kind) => checkKind(system, kind))
    .filter((finding) => finding !== null);
  if (found.length > 0) return found;
  const limits = namespaceKinds.map((kind) => `${kind} ${limitOf(system, kind) ?? "unknown"}`);
  return [ok("namespace limits", limits.join(", "))];
}

/** Debian's switch, which other distributions have had as well; null where there is none. */
export function checkUnprivilegedClone(system: System): Finding | null {
  const name = "kernel.unprivileged_userns_clone";
  const value = system.readText("/proc/sys/kernel/unprivileged_userns_clone");
  if (value === null) return null;
  if (value !== "0") return ok("Debian's switch", `${name} = ${value}`);
  if (jailsWork(system)) {
    return ok("Debian's switch", `${name} = 0, which does not bind uid ${system.uid}`);
  }
  if (!wasForbidden(system)) return ok("Debian's switch", `${name} = 0, which is not what fails`);
  return failure(
    "Debian's switch",
    `${name} = 0: only root may make user namespaces`,
    setParameter(system, name, 1),
  );
}
