/**
 * What programs inside a jail say to its monitor: the counterpart of shim/protocol.h. Everything
 * in it is hostile input.
 *
 * @module
 */

import { encodePath } from "../stemflow/path.ts";

/** First word of every message: "STJ1". */
const MAGIC = 0x314a5453;
const REQUEST_HEADER_BYTES = 8;
const REPLY_HEADER_BYTES = 12;

/** The longest request: two paths, a NUL between them, and the header. */
export const MAXIMUM_REQUEST_BYTES: number = REQUEST_HEADER_BYTES + 8191;

/** The longest path, as PATH_MAX has it without its NUL. */
const MAXIMUM_PATH_BYTES = 4095;

/** What is asked for. */
export const ShimRequestKind = { access: 1, list: 2, mount: 3 } as const;

/** The monitor's answers. */
export const Verdict = { granted: 0, denied: 1, refused: 2, malformed: 3 } as const;

/** One of {@link Verdict}. */
export type VerdictCode = typeof Verdict[keyof typeof Verdict];

/** A request whose form is right; its paths are absolute, not empty, and hold no NUL. */
export type ShimRequest = AccessRequest | ListRequest | MountRequest;

/** A process asks for access to a path. */
export interface AccessRequest {
  /** Which request it is. */
  readonly kind: typeof ShimRequestKind.access;
  /** Whether it asks to write. */
  readonly write: boolean;
  /** The path. */
  readonly path: Uint8Array;
}

/** A process asks for the names in a directory of the host. */
export interface ListRequest {
  /** Which request it is. */
  readonly kind: typeof ShimRequestKind.list;
  /** The directory. */
  readonly path: Uint8Array;
}

/** A process asks for a mount that no profile says. */
export interface MountRequest {
  /** Which request it is. */
  readonly kind: typeof ShimRequestKind.mount;
  /** Whether it asks to write. */
  readonly write: boolean;
  /** Whether the source is the host's path, or else the jail's. */
  readonly parent: boolean;
  /** What is mounted. */
  readonly source: Uint8Array;
  /** Where, in the jail. */
  readonly destination: Uint8Array;
}

function isPath(bytes: Uint8Array): boolean {
  return bytes.length >= 1 && bytes.length <= MAXIMUM_PATH_BYTES && bytes[0] === 0x2f &&
    !bytes.includes(0);
}

/** A request for access, as the shim sends it. */
export function encodeShimRequest(path: string, write: boolean): Uint8Array<ArrayBuffer> {
  const body = encodePath(path);
  const message = new Uint8Array(REQUEST_HEADER_BYTES + body.length);
  const view = new DataView(message.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint8(4, ShimRequestKind.access);
  view.setUint8(5, write ? 1 : 0);
  view.setUint16(6, body.length, true);
  message.set(body, REQUEST_HEADER_BYTES);
  return message;
}

/** The request that a message is, or null when it is none. */
export function parseShimRequest(message: Uint8Array): ShimRequest | null {
  if (message.length <= REQUEST_HEADER_BYTES) return null;
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  const body = message.subarray(REQUEST_HEADER_BYTES);
  if (view.getUint32(0, true) !== MAGIC || view.getUint16(6, true) !== body.length) return null;
  return parseBody(view.getUint8(4), view.getUint8(5), body);
}

function parseBody(kind: number, flags: number, body: Uint8Array): ShimRequest | null {
  const write = (flags & 1) !== 0;
  if (kind === ShimRequestKind.access) return isPath(body) ? { kind, write, path: body } : null;
  if (kind === ShimRequestKind.list) return isPath(body) ? { kind, path: body } : null;
  if (kind !== ShimRequestKind.mount) return null;
  const end = body.indexOf(0);
  if (end < 0) return null;
  const source = body.subarray(0, end);
  const destination = body.subarray(end + 1);
  if (!isPath(source) || !isPath(destination)) return null;
  return { kind, write, parent: (flags & 2) !== 0, source, destination };
}

/**
 * A reply.
 *
 * @param kind the request's kind, or 0 for one that was none
 * @param generation of the policy table, after what the request changed
 * @param text bytes that go with it, such as the name of a directory's entry
 */
export function encodeShimReply(
  verdict: VerdictCode,
  kind: number,
  generation: number,
  text: Uint8Array = new Uint8Array(0),
): Uint8Array<ArrayBuffer> {
  const reply = new Uint8Array(REPLY_HEADER_BYTES + text.length);
  const view = new DataView(reply.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint8(4, verdict);
  view.setUint8(5, kind);
  view.setUint16(6, text.length, true);
  view.setUint32(8, generation, true);
  reply.set(text, REPLY_HEADER_BYTES);
  return reply;
}
