// Systems made of a few lines: what other kernels and distributions show to the checks.

import type { FileStatus } from "../../ffi/status.ts";
import type { Finding } from "../../src/doctor/finding.ts";
import type { Attempt, KindFailure, NamespaceKind, System } from "../../src/doctor/system.ts";

/** What a system is to show instead of what a healthy one does. */
export interface Differences {
  /** Texts by path; null for a file that is not there. */
  readonly files?: Readonly<Record<string, string | null>>;
  readonly directories?: Readonly<Record<string, Partial<FileStatus> | null>>;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly uid?: number;
  readonly landlockAbi?: number;
  readonly attempt?: Attempt;
  readonly readOnly?: readonly string[];
  readonly noExecute?: readonly string[];
  /** Files of programs by name; null for one that is not installed. */
  readonly programs?: Readonly<Record<string, string | null>>;
  /** errno's name by path, where opening is refused. */
  readonly refusals?: Readonly<Record<string, string>>;
}

const healthyFiles: Readonly<Record<string, string>> = {
  "/proc/sys/kernel/osrelease": "6.12.48+deb13-amd64",
  "/proc/sys/kernel/seccomp/actions_avail":
    "kill_process kill_thread trap errno user_notif trace log allow",
  "/proc/sys/kernel/unprivileged_userns_clone": "1",
  "/proc/self/uid_map": "         0          0 4294967295",
  "/proc/self/status": "Name:\tstemjail\nSeccomp:\t0\nSeccomp_filters:\t0",
  "/proc/self/mountinfo": [
    "1 22 27 0:21 / /proc rw,relatime - proc proc rw",
    "2 22 0:26 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw,nsdelegate",
    "40 1 0:35 / /proc/sys/fs/binfmt_misc rw,relatime - autofs systemd-1 rw",
  ].join("\n"),
  "/proc/self/cgroup": "0::/user.slice/shell.scope",
  "/run/user/1000/stemjail/portal.sock.lock": "77",
  "/proc/77/cgroup": "0::/user.slice/portal.scope/stemjail-portal",
  "/sys/fs/cgroup/user.slice/portal.scope/stemjail-portal/cgroup.controllers": "cpu memory pids",
  "/sys/kernel/security/lsm": "capability,landlock,yama,apparmor",
  "/etc/os-release": 'ID=debian\nVERSION_ID="13"\nVERSION_CODENAME=trixie',
  ...Object.fromEntries(
    ["user", "mnt", "pid", "ipc", "uts", "net"].map((
      kind,
    ) => [`/proc/sys/user/max_${kind}_namespaces`, "31000"]),
  ),
};

const directory: FileStatus = {
  kind: "directory",
  mode: 0o700,
  uid: 1000,
  gid: 1000,
  size: 0,
  identity: "0:0:0",
};

const healthyEnvironment: Readonly<Record<string, string>> = {
  HOME: "/home/u",
  XDG_RUNTIME_DIR: "/run/user/1000",
  STEMJAIL_DIR: "/home/u/.cache/stemjail/0123456789abcdef",
  STEMJAIL_INSTALLED: "/usr/local/bin/stemjail",
};

const healthyPrograms: Readonly<Record<string, string>> = {
  pasta: "/usr/bin/pasta",
  slirp4netns: "/usr/bin/slirp4netns",
  "xdg-dbus-proxy": "/usr/bin/xdg-dbus-proxy",
};

/** A Debian on which jails can be made, but for what is different. */
export function fakeSystem(different: Differences = {}): System {
  const files = { ...healthyFiles, ...different.files };
  const programs = { ...healthyPrograms, ...different.programs };
  const environment = { ...healthyEnvironment, ...different.environment };
  const directories: Record<string, Partial<FileStatus> | null> = {
    "/": { uid: 0, mode: 0o755 },
    "/tmp": { uid: 0, mode: 0o1777 },
    "/home/u": {},
    "/run/user/1000": {},
    ...different.directories,
  };
  return {
    environment: (name) => environment[name],
    uid: different.uid ?? 1000,
    landlockAbi: different.landlockAbi ?? 7,
    attempt: different.attempt ?? { kind: "made" },
    readText: (path) => files[path] ?? null,
    status: (path) => {
      const status = directories[path];
      return status === undefined || status === null ? null : { ...directory, ...status };
    },
    findProgram: (name) => programs[name] ?? null,
    refusalToOpen: (path) => different.refusals?.[path] ?? null,
    mayMakeEntries: (path) => !(different.readOnly ?? []).includes(path),
    isMountedNoExecute: (path) => (different.noExecute ?? []).includes(path),
  };
}

/** An attempt to which the kernel said no at once. */
export function noNamespaces(code: string, ...kinds: NamespaceKind[]): Attempt {
  return failedStep("clone", code, ...kinds);
}

/** An attempt that got no further than a step of making namespaces. */
export function failedStep(step: string, code: string, ...kinds: NamespaceKind[]): Attempt {
  const failures: KindFailure[] = kinds.map((kind) => ({ kind, step, code }));
  return { kind: "no namespaces", step, code, failures };
}

/** The finding of that name, which must be there. */
export function findingOf(findings: readonly Finding[], what: string): Finding {
  const found = findings.find((finding) => finding.what === what);
  if (found === undefined) {
    throw new Error(`No finding "${what}" among ${findings.map((finding) => finding.what)}`);
  }
  return found;
}
