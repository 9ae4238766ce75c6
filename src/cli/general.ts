/**
 * What is said when the first argument is no command.
 *
 * @module
 */
import { versionLine } from "../build_info.ts";
import { Status, UserError } from "../errors.ts";
import { nearestNames } from "../profile/nearest.ts";
import { findCommand, shownCommands } from "./commands.ts";
import { commandHelp, generalHelp } from "./help.ts";
import { print } from "./output.ts";

/**
 * Handles `--help`, `help COMMAND`, `--version` and mistakes.
 *
 * @param argument the first one
 * @param others those after it
 */
export function general(argument: string, others: readonly string[]): number {
  if (argument === "help" && others.length > 0) return helpOf(others[0]);
  if (argument === "--help" || argument === "-h" || argument === "help") {
    return print(generalHelp());
  }
  if (argument === "--version" || argument === "-V") {
    return print(`${versionLine()}\n`);
  }
  throw unknown(argument);
}

function helpOf(name: string): number {
  const command = findCommand(name);
  if (command === undefined || command.isInternal) throw unknown(name);
  return print(commandHelp(command));
}

function unknown(name: string): UserError {
  const [nearest] = nearestNames(name, shownCommands.map((command) => command.name));
  const hint = nearest === undefined ? "`stemjail --help` lists them" : `did you mean ${nearest}?`;
  return new UserError(`no such command ${JSON.stringify(name)}; ${hint}`, Status.usage);
}
