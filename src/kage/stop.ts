/**
 * `stemjail stop`: ends a jail.
 *
 * @module
 */
import type { Given } from "../cli/options.ts";
import { escapeControl, Status, UserError } from "../errors.ts";
import { callIfRunning, portalPath } from "./connect.ts";

/** Has the portal end the jail that the operand names, and returns when it has. */
export async function stop(given: Given): Promise<number> {
  const [id] = given.operands;
  if (given.operands.length !== 1) {
    throw new UserError("stop: name one jail; `stemjail ps` lists them", Status.usage);
  }
  const called = callIfRunning(await portalPath(given), { type: "stop", id });
  if (called === null) {
    throw new UserError("No portal runs; a jail that outlived its portal ends with its client");
  }
  const { reply } = called;
  if (reply.type === "stopped" && reply.killed !== null) {
    console.error(`stemjail: Jail ${escapeControl(id)} was killed: ${reply.killed}`);
  }
  return Status.ok;
}
