/**
 * Words for clients that get nothing else.
 *
 * @module
 */
import { KernelError } from "../../ffi/check.ts";
import { close } from "../../ffi/file.ts";
import { accept } from "../../ffi/listener.ts";
import { send } from "../../ffi/socket.ts";
import { messageOf, Status, UserError } from "../errors.ts";
import { encodeFrame } from "../protocol/frame.ts";
import type { ErrorReply } from "../protocol/messages.ts";

/**
 * Tells the clients that wait for a portal why there will be none.
 *
 * @param listener nonblocking
 * @param error what came in the portal's way
 */
export function turnAllAway(listener: number, error: unknown): void {
  for (let connection = accept(listener); connection >= 0; connection = accept(listener)) {
    turnAway(connection, messageOf(error));
  }
}

/** Tells one client why it is not served, and closes its connection. */
export function turnAway(connection: number, message: string): void {
  const reply: ErrorReply = { type: "error", message, status: Status.notStarted };
  try {
    send(connection, encodeFrame(reply));
  } catch (failure) {
    // Gone, and nobody to tell.
    if (!(failure instanceof KernelError)) throw failure;
  } finally {
    close(connection);
  }
}

/** What a client is told of an error. */
export function refusal(error: unknown): ErrorReply {
  const message = messageOf(error);
  const status = error instanceof UserError ? error.status : Status.notStarted;
  return { type: "error", message, status };
}
