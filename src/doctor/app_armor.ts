/**
 * Ubuntu lets only those programs use user namespaces that have an AppArmor profile which says so.
 *
 * @see https://ubuntu.com/blog/ubuntu-23-10-restricted-unprivileged-user-namespaces
 * @module
 */
import { jailsWork, wasForbidden } from "./causes.ts";
import { failure, type Finding, ok } from "./finding.ts";
import { asRoot, shellWord } from "./remedy.ts";
import type { System } from "./system.ts";

const WHAT = "AppArmor";
const RESTRICTION = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns";
const PROFILE_FILE = "/etc/apparmor.d/stemjail";
const COMMON_PLACE = "/usr/local/bin/stemjail";

/** What a quoted path of a profile cannot hold as it is: patterns, variables, quotes. */
// deno-lint-ignore no-control-regex -- a line break would end the profile's line
const SPECIAL = /[\u0000-\u001f\u007f\ud800-\udfff"\\*?[\]{}^@#,]/u;

/** Where only root can replace the file: there a profile gives its right to StemJail alone. */
const SYSTEM_PLACE = /^\/(usr|opt|bin|sbin)\//;

/**
 * The profile that lets StemJail make user namespaces, and restricts it in nothing.
 *
 * @param executable its path, without characters that a profile's path cannot hold
 */
function appArmorProfile(executable: string): string[] {
  return [
    "abi <abi/4.0>,",
    "include <tunables/global>",
    "",
    `profile stemjail "${executable}" flags=(unconfined) {`,
    "  userns,",
    "  include if exists <local/stemjail>",
    "}",
  ];
}

function installLines(system: System, installed: string | undefined): string[] {
  if (installed !== undefined && !SPECIAL.test(installed)) {
    return SYSTEM_PLACE.test(installed) ? [] : [
      `# Any program that can write to ${installed} would gain the same right: better keep StemJail where only`,
      `# root can, for instance in ${COMMON_PLACE}, and run \`stemjail doctor\` from there`,
    ];
  }
  const source = installed === undefined ? "dist/stemjail" : shellWord(installed);
  return [
    `# AppArmor needs a simple path: start StemJail from ${COMMON_PLACE} from now on`,
    asRoot(system, `install -m 755 -- ${source} ${COMMON_PLACE}`),
  ];
}

function remedy(system: System): string[] {
  const installed = system.environment("STEMJAIL_INSTALLED");
  const isUsable = installed !== undefined && !SPECIAL.test(installed);
  return [
    "# Give StemJail a profile that allows it to make user namespaces. Whatever it starts keeps that profile:",
    "# the portal, the monitors, and the programs in jails, which a filter of their own keeps from using it.",
    ...installLines(system, installed),
    `${asRoot(system, `tee ${PROFILE_FILE}`)} <<'END'`,
    ...appArmorProfile(isUsable ? installed : COMMON_PLACE),
    "END",
    asRoot(system, `apparmor_parser -r ${PROFILE_FILE}`),
    "# A portal that runs already does not have the profile yet: end it, and the next `stemjail run` starts another",
  ];
}

function ownProfile(system: System): string {
  return system.readText("/proc/self/attr/apparmor/current") ??
    system.readText("/proc/self/attr/current") ?? "unknown";
}

/** Ubuntu's restriction; null on a system that knows none. */
export function checkAppArmor(system: System): Finding | null {
  const restriction = system.readText(RESTRICTION);
  if (restriction === null) return null;
  const setting = `apparmor_restrict_unprivileged_userns = ${restriction}`;
  if (restriction === "0") return ok(WHAT, `${setting}: user namespaces are not restricted`);
  const profile = ownProfile(system);
  if (!jailsWork(system) && !wasForbidden(system)) {
    return ok(WHAT, `${setting}, which is not what fails (profile: ${profile})`);
  }
  if (jailsWork(system)) {
    return ok(WHAT, `${setting}, which allows this program (profile: ${profile})`);
  }
  return failure(
    WHAT,
    `${setting}: this program may not use user namespaces (profile: ${profile})`,
    remedy(system),
  );
}
