/**
 * What can be written in a place of our command line, for whichever shell completes it.
 *
 * @module
 */
import type { Command } from "../commands.ts";
import type { Option } from "../options.ts";

/** What a value names; of anything else nothing can be known beforehand. */
export type Values = "profiles" | "jails" | "directories" | "files" | "anything";

/** What a command takes beside options. */
export interface Operands {
  /** Words of the command's own, of which the first operand is one. */
  readonly words: readonly string[];
  /** Those of them that a value follows; without words the value is the first operand. */
  readonly before: readonly string[];
  /** What the value names. */
  readonly values: Values;
}

/** By what the help calls the value. */
const valuesByName: Readonly<Record<string, Values>> = {
  NAME: "profiles",
  DIR: "directories",
  FILE: "files",
  PATH: "files",
};

const operands: Readonly<Record<string, Operands>> = {
  stop: { words: [], before: [], values: "jails" },
  profile: {
    words: ["check", "list", "show", "edit", "new"],
    before: ["show", "edit"],
    values: "profiles",
  },
  desktop: {
    words: ["install", "uninstall"],
    before: ["install", "uninstall"],
    values: "profiles",
  },
  completions: { words: ["bash", "zsh", "fish"], before: [], values: "anything" },
};

/** What an option's value names, or null for a switch. */
export function valuesOf({ value }: Option): Values | null {
  return value === undefined ? null : valuesByName[value] ?? "anything";
}

/** What a command takes beside options. */
export function operandsOf({ name }: Command): Operands {
  return operands[name] ?? { words: [], before: [], values: "anything" };
}

/** An option's names, with their hyphens. */
export function namesOf({ name, short }: Option): string[] {
  return short === undefined ? [`--${name}`] : [`-${short}`, `--${name}`];
}

/** The command line that lists what values name, one on each line; the shell's word for us goes before. */
export const listing: Readonly<Record<"profiles" | "jails", string>> = {
  profiles: "profile list --names 2>/dev/null",
  jails: "ps 2>/dev/null | sed '1d; s/ .*//'",
};
