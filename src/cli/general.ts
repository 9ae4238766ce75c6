/**
 * What is said when the first argument is no command.
 *
 * @module
 */
import { Status, UserError } from "../errors.ts";
import { nearestNames } from "../profile/nearest.ts";
import { commands } from "./commands.ts";
import { generalHelp } from "./help.ts";
import { print } from "./output.ts";
import { versionLine } from "../build_info.ts";

/**
 * Handles `--help`, `--version` and mistakes.
 *
 * @param argument the first one
 */
export function general(argument: string): number {
  if (argument === "--help" || argument === "-h" || argument === "help") {
    return print(generalHelp());
  }
  if (argument === "--version" || argument === "-V") {
    return print(`${versionLine()}\n`);
  }
  const names = commands.filter(({ isInternal }) => !isInternal).map(({ name }) => name);
  const [nearest] = nearestNames(argument, names);
  const hint = nearest === undefined ? "`stemjail --help` lists them" : `did you mean ${nearest}?`;
  throw new UserError(`no such command ${JSON.stringify(argument)}; ${hint}`, Status.usage);
}
