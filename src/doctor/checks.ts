/**
 * All checks, in the order of the report.
 *
 * @module
 */
import { checkAppArmor } from "./app_armor.ts";
import { checkCgroup } from "./cgroup.ts";
import type { Finding } from "./finding.ts";
import { checkHelpers } from "./helpers.ts";
import { checkJail } from "./jail.ts";
import { checkKernel, checkLandlock, checkSeccomp, checkSecurityModules } from "./kernel.ts";
import { checkLimits, checkUnprivilegedClone } from "./namespaces.ts";
import { checkCache, checkRuntimeDirectory, checkSocket } from "./places.ts";
import type { System } from "./system.ts";

/** Examines a system. A jail can be made there by `stemjail run` if no finding is a failure. */
export function examine(system: System): Finding[] {
  const settings = [
    checkKernel(system),
    checkLandlock(system),
    checkSeccomp(system),
    checkSecurityModules(system),
    ...checkLimits(system),
    checkUnprivilegedClone(system),
    checkAppArmor(system),
  ].filter((finding) => finding !== null);
  const isExplained = settings.some(({ level }) => level === "FAIL");
  return [
    ...settings,
    checkJail(system, isExplained),
    checkRuntimeDirectory(system),
    checkSocket(system),
    checkCache(system),
    checkCgroup(system),
    ...checkHelpers(system),
  ];
}
