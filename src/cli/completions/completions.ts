/**
 * `stemjail completions`: what a shell needs to complete our command line.
 *
 * @module
 */
import { Status, UserError } from "../../errors.ts";
import type { Given } from "../options.ts";
import { print } from "../output.ts";
import { bash } from "./bash.ts";
import { fish } from "./fish.ts";
import { zsh } from "./zsh.ts";

const shells: Readonly<Record<string, () => string>> = { bash, zsh, fish };

/** Prints the completions of the shell that the operand names. */
export function completions(given: Given): number {
  const [shell] = given.operands;
  if (given.operands.length !== 1 || !Object.hasOwn(shells, shell)) {
    throw new UserError("completions: name one shell: bash, zsh or fish", Status.usage);
  }
  return print(shells[shell]());
}
