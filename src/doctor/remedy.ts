/**
 * Command lines for the user's shell.
 *
 * @module
 */
import type { System } from "./system.ts";

/** A command that only root may give, for this user. */
export function asRoot({ uid }: System, command: string): string {
  return uid === 0 ? command : `sudo ${command}`;
}

/** A word of a shell's command line. */
export function shellWord(text: string): string {
  return /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Lines that set a kernel parameter, now and at every start. */
export function setParameter(system: System, name: string, value: string | number): string[] {
  const file = "/etc/sysctl.d/60-stemjail.conf";
  return [
    `echo '${name} = ${value}' | ${asRoot(system, `tee -a ${file}`)}`,
    asRoot(system, `sysctl -p ${file}`),
  ];
}

/** What /etc/os-release says under a name; empty where it says nothing. os-release(5). */
export function osRelease(system: System, name: string): string {
  const text = system.readText("/etc/os-release") ?? "";
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${name}=`)) ?? "";
  return line.slice(name.length + 1).replaceAll('"', "");
}

/** How each family of distributions installs a package. */
const installers: Readonly<Record<string, string>> = {
  debian: "apt-get install",
  ubuntu: "apt-get install",
  fedora: "dnf install",
  rhel: "dnf install",
  arch: "pacman -S",
  suse: "zypper install",
  alpine: "apk add",
};

/** Lines that install a package, which has the same name everywhere. */
export function installPackage(system: System, name: string): string[] {
  const families = `${osRelease(system, "ID")} ${osRelease(system, "ID_LIKE")}`.split(" ");
  const family = families.find((family) => Object.hasOwn(installers, family));
  if (family === undefined) return [`# Install the package ${name}`];
  return [asRoot(system, `${installers[family]} ${name}`)];
}
