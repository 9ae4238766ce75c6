/**
 * Whether jails are limited as a whole: by a cgroup that was delegated to the portal.
 *
 * @module
 */
import {
  cgroupDirectory,
  jailControllers,
  jailControllersIn,
  PORTAL_LEAF,
  unifiedCgroup,
} from "../protocol/cgroup.ts";
import { socketPath } from "../protocol/locations.ts";
import { type Mount, parseMounts } from "../protocol/mounts.ts";
import { type Finding, ok, warning } from "./finding.ts";
import { asRoot, shellWord } from "./remedy.ts";
import type { System } from "./system.ts";

const WHAT = "limits of a jail";
const LOSS = "memory_mb is not in force, and processes not for root";

/** Where the running portal is; null where none runs, or there is no hierarchy. */
function portalCgroup(system: System): string | null {
  const lock = `${socketPath(system.environment, system.uid)}.lock`;
  const pid = /^\d+$/.exec(system.readText(lock) ?? "")?.[0];
  return pid === undefined ? null : unifiedCgroup(system.readText(`/proc/${pid}/cgroup`) ?? "");
}

/** The directory of the root of the hierarchy. */
function rootDirectory(mounts: readonly Mount[]): string {
  return cgroupDirectory("/", mounts) ?? "/sys/fs/cgroup";
}

/** How a portal comes to have a cgroup of its own. */
function delegation(system: System, mounts: readonly Mount[]): string[] {
  const end = "# End the portal that runs, if any, and start it in a cgroup of its own:";
  if (system.status("/run/systemd/system") !== null) {
    const manager = system.uid === 0 ? "" : "--user ";
    return [end, `systemd-run ${manager}--scope -p Delegate=yes stemjail portal`];
  }
  const root = rootDirectory(mounts);
  const group = shellWord(`${root}/stemjail-${system.uid}`);
  return [
    end,
    `echo +memory +pids | ${asRoot(system, `tee ${shellWord(root)}/cgroup.subtree_control`)}`,
    asRoot(system, `mkdir ${group}`),
    asRoot(
      system,
      `chown ${system.uid} ${group} ${group}/cgroup.procs ${group}/cgroup.subtree_control`,
    ),
    `echo $$ | ${asRoot(system, `tee ${group}/cgroup.procs`)}; exec stemjail portal`,
  ];
}

/** How systemd comes to pass controllers on. */
function controllers(system: System): string[] {
  const directory = "/etc/systemd/system/user@.service.d";
  return [
    "# Where systemd has the user's cgroups; then log in anew:",
    asRoot(system, `mkdir -p ${directory}`),
    `printf '[Service]\\nDelegate=memory pids\\n' | ${
      asRoot(system, `tee ${directory}/delegate.conf`)
    }`,
    asRoot(system, "systemctl daemon-reload"),
  ];
}

/** Whether version 2 has anything to limit jails with; else version 1 may have it. */
function isUnified(system: System, mounts: readonly Mount[]): boolean {
  if (unifiedCgroup(system.readText("/proc/self/cgroup") ?? "") === null) return false;
  const text = system.readText(`${rootDirectory(mounts)}/cgroup.controllers`);
  return text === null || jailControllersIn(text).length > 0;
}

/** The cgroup of the portal that runs. */
export function checkCgroup(system: System): Finding {
  const mounts = parseMounts(system.readText("/proc/self/mountinfo") ?? "");
  if (!isUnified(system, mounts)) {
    return warning(WHAT, `cgroups of version 2 have no controller of memory or pids: ${LOSS}`, [
      "# Where systemd starts the system, add to the kernel's command line:",
      "# systemd.unified_cgroup_hierarchy=1",
    ]);
  }
  const cgroup = portalCgroup(system);
  if (cgroup === null || !cgroup.endsWith(`/${PORTAL_LEAF}`)) {
    const portal = cgroup === null ? "no portal runs" : "the portal has no cgroup of its own";
    return warning(WHAT, `${portal}: ${LOSS}`, delegation(system, mounts));
  }
  const directory = cgroupDirectory(cgroup, mounts) ?? "";
  const found = jailControllersIn(system.readText(`${directory}/cgroup.controllers`) ?? "");
  const missing = jailControllers.filter((name) => !found.includes(name));
  if (missing.length === 0) return ok(WHAT, `memory and processes, by cgroups beside ${cgroup}`);
  const lacking = `the portal's cgroup has no controller ${missing.join(" and ")}`;
  return warning(WHAT, lacking, controllers(system));
}
