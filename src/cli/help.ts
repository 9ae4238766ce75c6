/**
 * The help texts.
 *
 * @module
 */
import { type Command, shownCommands } from "./commands.ts";
import type { Option } from "./options.ts";

function columns(rows: readonly (readonly [left: string, right: string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join("");
}

function optionLabel({ short, name, value }: Option): string {
  const long = value === undefined ? `--${name}` : `--${name} ${value}`;
  return short === undefined ? `    ${long}` : `-${short}, ${long}`;
}

/** What `stemjail --help` prints. */
export function generalHelp(): string {
  return "Usage: stemjail COMMAND [OPTION...]\n\n" +
    "Isolate processes by activity: a jail sees what your profiles allow, and adapts.\n\n" +
    columns(shownCommands.map(({ name, summary }) => [name, summary])) +
    "\n`stemjail COMMAND --help` says more; `stemjail --version` names the version.\n";
}

/** What `stemjail COMMAND --help` prints. */
export function commandHelp(command: Command): string {
  const usage = ["stemjail", command.name, "[OPTION...]", command.operands].join(" ").trimEnd();
  const options = command.options.map((option) => [optionLabel(option), option.help] as const);
  const notes = (command.notes ?? []).map((note) => `\n${note}\n`).join("");
  const { summary } = command;
  return `Usage: ${usage}\n\n${summary[0].toUpperCase()}${summary.slice(1)}.\n\n` +
    columns(options) + notes;
}
