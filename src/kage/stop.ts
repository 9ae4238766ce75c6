/**
 * `stemjail stop`: ends a jail.
 *
 * @module
 */
import type { Given } from "../cli/options.ts";
import { Status, UserError } from "../errors.ts";
import { callIfRunning, portalPath } from "./connect.ts";

/** Asks the portal to end the jail that the operand names. */
export async function stop(given: Given): Promise<number> {
  const [id] = given.operands;
  if (given.operands.length !== 1) {
    throw new UserError("stop: name one jail; `stemjail ps` lists them", Status.usage);
  }
  const called = callIfRunning(await portalPath(given), { type: "stop", id });
  if (called === null) throw new UserError("No portal runs, and no jail either");
  return Status.ok;
}
