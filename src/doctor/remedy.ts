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
