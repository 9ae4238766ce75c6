/**
 * Writing results.
 *
 * @module
 */
import { messageOf, Status, UserError } from "../errors.ts";

/**
 * Writes text to standard output.
 *
 * @returns the exit status; a reader that has gone, as `head` does, ends the command quietly
 * @throws UserError when it cannot be written
 */
export function print(text: string): number {
  let rest = new TextEncoder().encode(text);
  try {
    while (rest.length > 0) rest = rest.subarray(Deno.stdout.writeSync(rest));
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return Status.failure;
    const reason = messageOf(error);
    throw new UserError(`Cannot write to standard output: ${reason}`);
  }
  return Status.ok;
}
