/**
 * The client's side of the portal's socket: blocking, since a command has nothing else to do.
 *
 * @module
 */
import { receive, send } from "../../ffi/socket.ts";
import { decodeBody, encodeFrame, HEADER_BYTES, readHeader } from "./frame.ts";

/** An answer, and the descriptors that came with it. */
export interface Answer {
  /** What the frame says. */
  readonly value: unknown;
  /** Owned by the caller. */
  readonly descriptors: number[];
}

/** Sends one frame with descriptors over a blocking socket. */
export function sendFrame(socket: number, value: unknown, descriptors: readonly number[]): void {
  const frame = encodeFrame(value, descriptors.length);
  let sent = send(socket, frame, descriptors);
  while (sent < frame.length) sent += send(socket, frame.subarray(sent));
}

function receiveExactly(
  socket: number,
  length: number,
  descriptors: number[],
): Uint8Array<ArrayBuffer> | null {
  const bytes = new Uint8Array(length);
  for (let filled = 0; filled < length;) {
    const message = receive(socket, bytes.subarray(filled), 2);
    if (message === null || message.length === 0) return null;
    descriptors.push(...message.descriptors);
    filled += message.length;
  }
  return bytes;
}

/** Receives one frame from a blocking socket; null when the other end closed it first. */
export function receiveFrame(socket: number): Answer | null {
  const descriptors: number[] = [];
  const header = receiveExactly(socket, HEADER_BYTES, descriptors);
  if (header === null) return null;
  const body = receiveExactly(socket, readHeader(header).length, descriptors);
  return body === null ? null : { value: decodeBody(body), descriptors };
}
