/**
 * The client's side of the portal's socket: blocking, since a command has nothing else to do.
 *
 * @module
 */
import { exchange } from "../../ffi/exchange.ts";
import { receive } from "../../ffi/socket.ts";
import { decodeBody, encodeFrame, HEADER_BYTES, readHeader } from "./frame.ts";

/** A frame with its sender's connection. */
export interface Answer {
  /** The connection, which goes on after some answers; owned by the caller. */
  readonly socket: number;
  /** What the frame says, or null when the other end closed the connection without one. */
  readonly value: unknown;
  /** What came with it; owned by the caller. */
  readonly descriptors: number[];
}

/** How a frame is sent. */
export interface CallOptions {
  /** Sent along; none unless stated. */
  readonly descriptors?: readonly number[];
  /** Whether signals are kept for an application from here on; they are not unless stated. */
  readonly keepSignals?: boolean;
}

/** The whole frame that begins with `begun`; null when the rest never came. */
function complete(socket: number, begun: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | null {
  if (begun.length < HEADER_BYTES) return null;
  const length = HEADER_BYTES + readHeader(begun).length;
  if (begun.length === length) return begun;
  const frame = new Uint8Array(length);
  frame.set(begun);
  for (let filled = begun.length; filled < length;) {
    const message = receive(socket, frame.subarray(filled));
    if (message === null || message.length === 0) return null;
    filled += message.length;
  }
  return frame;
}

/**
 * Sends one frame to a socket and waits for the one that answers it.
 *
 * @param path the socket's
 * @throws RangeError when the path is too long
 * @throws KernelError when nobody is there (`connect`), or the conversation breaks
 */
export function callSocket(path: string, value: unknown, options: CallOptions = {}): Answer {
  const { descriptors = [], keepSignals = false } = options;
  const message = encodeFrame(value, descriptors.length);
  const answer = exchange({ path, message, descriptors, keepSignals });
  const frame = complete(answer.socket, answer.bytes);
  const said = frame === null ? null : decodeBody(frame.subarray(HEADER_BYTES));
  return { socket: answer.socket, value: said, descriptors: answer.descriptors };
}
