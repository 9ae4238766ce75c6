/**
 * What the kernel has: its version, Landlock, seccomp, its security modules.
 *
 * @module
 */
import { jailsWork } from "./causes.ts";
import { type Finding, obstacle, ok, warning } from "./finding.ts";
import { asRoot, osRelease } from "./remedy.ts";
import type { System } from "./system.ts";

/** A version, as far as calls depend on it. */
type Version = readonly [major: number, minor: number];

/** System calls without which there is no jail, and the kernel that brought each. */
const neededCalls: readonly (readonly [name: string, version: Version])[] = [
  ["pidfd_open", [5, 3]],
  ["openat2", [5, 6]],
  ["close_range", [5, 9]],
  ["mount_setattr", [5, 12]],
];

function isBefore(left: Version, right: Version): boolean {
  return left[0] < right[0] || (left[0] === right[0] && left[1] < right[1]);
}

function kernelVersion(system: System): Version | null {
  const numbers = /^(\d+)\.(\d+)/.exec(system.readText("/proc/sys/kernel/osrelease") ?? "");
  return numbers === null ? null : [Number(numbers[1]), Number(numbers[2])];
}

function newerKernel(system: System, version: string): string[] {
  const lines = [
    `# Linux ${version} or newer is needed; Debian 12, Ubuntu 22.04, Fedora 40 and RHEL 9 have one new enough to make jails`,
  ];
  const release = osRelease(system, "VERSION_ID");
  if (osRelease(system, "ID") === "ubuntu" && Number(release) < 24) {
    lines.push(asRoot(system, `apt install --install-recommends linux-generic-hwe-${release}`));
  }
  return lines;
}

/** The version, and the calls that it lacks. */
export function checkKernel(system: System): Finding {
  const release = system.readText("/proc/sys/kernel/osrelease");
  const version = kernelVersion(system);
  if (release === null || version === null) {
    return warning("kernel", "unknown: /proc/sys/kernel/osrelease cannot be read", [
      "# Mount /proc, which jails need as well",
      asRoot(system, "mount -t proc proc /proc"),
    ]);
  }
  const missing = neededCalls.filter(([, since]) => isBefore(version, since));
  if (missing.length === 0) return ok("kernel", `Linux ${release}`);
  const names = missing.map(([name, since]) => `${name} (${since.join(".")})`).join(", ");
  const say = obstacle(!jailsWork(system));
  return say("kernel", `Linux ${release}, too old for ${names}`, newerKernel(system, "5.12"));
}

/** What a jail's ceiling lacks below each ABI. */
const landlockGains: readonly (readonly [abi: number, kernel: string, loss: string])[] = [
  [3, "6.2", "truncation is not restricted"],
  [5, "6.10", "ioctl on devices is not restricted"],
  [6, "6.12", "signals and abstract sockets are not scoped"],
];

/** The oldest ABI that a ceiling is made of. */
const OLDEST_ABI = 2;

function landlockAbsence(system: System): Finding {
  const what = "Landlock";
  const version = kernelVersion(system);
  if (version !== null && isBefore(version, [5, 13])) {
    const value = "none, as it came with Linux 5.13: mounts alone confine file access";
    return warning(what, value, newerKernel(system, "6.12"));
  }
  const modules = system.readText("/sys/kernel/security/lsm")?.split(",") ?? [];
  const started = modules.filter((name) => name !== "capability" && name !== "");
  if (started.length === 0 || modules.includes("landlock")) {
    return warning(what, "none: mounts alone confine file access", [
      "# The kernel needs CONFIG_SECURITY_LANDLOCK=y; where it has that, start it with: lsm=landlock,...",
      "# In a container, its seccomp filter may hide Landlock; see the remedies of the container's own",
    ]);
  }
  const parameter = `lsm=${["landlock", ...started].join(",")}`;
  return warning(what, "not started: mounts alone confine file access", [
    `# Start the kernel with this parameter (with GRUB, as here; then reboot): ${parameter}`,
    asRoot(system, `sed -i 's/^GRUB_CMDLINE_LINUX="/&${parameter} /' /etc/default/grub`),
    asRoot(system, "update-grub"),
  ]);
}

/** Landlock's ABI, and what a newer one would restrict besides. */
export function checkLandlock(system: System): Finding {
  const abi = system.landlockAbi;
  if (abi === 0) return landlockAbsence(system);
  if (abi < OLDEST_ABI) {
    const value = `ABI ${abi}, not used: it would forbid renaming across directories`;
    return warning("Landlock", value, newerKernel(system, "5.19"));
  }
  const lost = landlockGains.filter(([since]) => abi < since);
  if (lost.length === 0) return ok("Landlock", `ABI ${abi}`);
  const losses = lost.map(([, , loss]) => loss).join("; ");
  return warning("Landlock", `ABI ${abi}: ${losses}`, newerKernel(system, lost.at(-1)![1]));
}

/** What the jail's filter makes the kernel do. */
const neededActions = ["allow", "errno", "kill_process"];

/** Whether the kernel takes the jail's filter. */
export function checkSeccomp(system: System): Finding {
  const text = system.readText("/proc/sys/kernel/seccomp/actions_avail");
  const available = text?.split(/\s+/) ?? [];
  const missing = neededActions.filter((action) => !available.includes(action));
  if (missing.length === 0) return ok("seccomp", text!);
  const say = obstacle(!jailsWork(system));
  return say("seccomp", text === null ? "no filters" : `lacks ${missing.join(", ")}`, [
    "# The kernel needs CONFIG_SECCOMP_FILTER=y and Linux 4.14 or newer: install your distribution's own kernel",
  ]);
}

/** The security modules: any of them may have a word in what follows. */
export function checkSecurityModules(system: System): Finding {
  const modules = system.readText("/sys/kernel/security/lsm");
  return ok("security modules", modules ?? "unknown: /sys/kernel/security is not mounted");
}
