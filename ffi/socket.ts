/**
 * Unix sockets: addresses, messages with descriptors, and who is on the other end.
 * unix(7), cmsg(3).
 *
 * @module
 */
import { check, checkUnless, retry } from "./check.ts";
import { bind } from "./library.ts";
import { addressOf, cString } from "./memory.ts";

const libc = bind({
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  sendmsg: { parameters: ["i32", "buffer", "i32"], result: "isize" },
  recvmsg: { parameters: ["i32", "buffer", "i32"], result: "isize" },
});

/** The address family of Unix sockets. */
export const AF_UNIX = 1;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;
const MSG_CMSG_CLOEXEC = 0x40000000;
const MSG_CTRUNC = 0x8;

/** How a socket keeps its messages apart. */
export const SocketType = { stream: 1, seqpacket: 5, nonblocking: 0o4000 } as const;

/** The longest path that fits into `sun_path` with its NUL. */
export const MAXIMUM_SOCKET_PATH_BYTES = 107;

/** Bytes and descriptors that came with one recvmsg(2). */
export interface Message {
  /** The number of bytes; 0 at the end of a stream. */
  readonly length: number;
  /** Close-on-exec descriptors, owned by the caller. */
  readonly descriptors: number[];
  /** Whether the kernel had to drop descriptors for want of room. */
  readonly truncated: boolean;
}

/**
 * A new Unix socket, close-on-exec.
 *
 * @param type a {@link SocketType}, with `nonblocking` added if wanted
 */
export function createSocket(type: number): number {
  return check("socket", libc.socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
}

/**
 * struct sockaddr_un for a path.
 *
 * @throws RangeError when the path is longer than {@link MAXIMUM_SOCKET_PATH_BYTES}
 */
export function socketAddress(path: string): Uint8Array<ArrayBuffer> {
  const text = cString(path);
  if (text.length - 1 > MAXIMUM_SOCKET_PATH_BYTES) {
    throw new RangeError(
      `The socket path has ${
        text.length - 1
      } bytes, and the kernel takes at most ${MAXIMUM_SOCKET_PATH_BYTES}`,
    );
  }
  const address = new Uint8Array(2 + text.length);
  new DataView(address.buffer).setUint16(0, AF_UNIX, true);
  address.set(text, 2);
  return address;
}

/** connect(2) to a path. */
export function connectTo(socket: number, path: string): void {
  const address = socketAddress(path);
  check("connect", libc.connect(socket, address, address.length), path);
}

const HEADER_BYTES = 56;
const CONTROL_HEADER_BYTES = 16;

/** struct msghdr over one buffer and one control buffer; the two must outlive the call. */
function messageHeader(
  vector: Uint8Array<ArrayBuffer>,
  control: Uint8Array<ArrayBuffer> | null,
): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setBigUint64(16, addressOf(vector), true);
  view.setBigUint64(24, 1n, true);
  if (control !== null) {
    view.setBigUint64(32, addressOf(control), true);
    view.setBigUint64(40, BigInt(control.length), true);
  }
  return header;
}

function ioVector(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const vector = new BigUint64Array([addressOf(bytes), BigInt(bytes.length)]);
  return new Uint8Array(vector.buffer);
}

function rightsMessage(descriptors: readonly number[]): Uint8Array<ArrayBuffer> {
  const length = CONTROL_HEADER_BYTES + 4 * descriptors.length;
  const control = new Uint8Array((length + 7) & ~7);
  const view = new DataView(control.buffer);
  view.setBigUint64(0, BigInt(length), true);
  view.setInt32(8, SOL_SOCKET, true);
  view.setInt32(12, SCM_RIGHTS, true);
  descriptors.forEach((descriptor, index) =>
    view.setInt32(CONTROL_HEADER_BYTES + 4 * index, descriptor, true)
  );
  return control;
}

/**
 * One sendmsg(2), without SIGPIPE.
 *
 * @param bytes at least one byte
 * @param descriptors sent along with the first byte
 * @returns how many bytes the kernel took, or -1 when a nonblocking socket is full
 */
export function send(
  socket: number,
  bytes: Uint8Array<ArrayBuffer>,
  descriptors: readonly number[] = [],
): number {
  const control = descriptors.length === 0 ? null : rightsMessage(descriptors);
  const vector = ioVector(bytes);
  const header = messageHeader(vector, control);
  return retry(() =>
    checkUnless(["EAGAIN"], "sendmsg", libc.sendmsg(socket, header, MSG_NOSIGNAL))
  );
}

function readRights(control: Uint8Array<ArrayBuffer>, controlLength: number): number[] {
  const view = new DataView(control.buffer);
  const descriptors: number[] = [];
  let offset = 0;
  while (offset + CONTROL_HEADER_BYTES <= controlLength) {
    const length = Number(view.getBigUint64(offset, true));
    if (length < CONTROL_HEADER_BYTES || offset + length > controlLength) break;
    const isRights = view.getInt32(offset + 8, true) === SOL_SOCKET &&
      view.getInt32(offset + 12, true) === SCM_RIGHTS;
    for (let at = CONTROL_HEADER_BYTES; isRights && at + 4 <= length; at += 4) {
      descriptors.push(view.getInt32(offset + at, true));
    }
    offset += (length + 7) & ~7;
  }
  return descriptors;
}

/**
 * One recvmsg(2).
 *
 * @param into where the bytes go
 * @param maximumDescriptors room for so many; further ones the kernel closes
 * @returns the message, or null when a nonblocking socket has none now
 */
export function receive(
  socket: number,
  into: Uint8Array<ArrayBuffer>,
  maximumDescriptors = 0,
): Message | null {
  const control = maximumDescriptors === 0
    ? null
    : new Uint8Array(CONTROL_HEADER_BYTES + ((4 * maximumDescriptors + 7) & ~7));
  const vector = ioVector(into);
  const header = messageHeader(vector, control);
  const length = retry(() =>
    checkUnless(["EAGAIN"], "recvmsg", libc.recvmsg(socket, header, MSG_CMSG_CLOEXEC))
  );
  if (length < 0) return null;
  const view = new DataView(header.buffer);
  const controlLength = Number(view.getBigUint64(40, true));
  return {
    length,
    descriptors: control === null ? [] : readRights(control, controlLength),
    truncated: (view.getInt32(48, true) & MSG_CTRUNC) !== 0,
  };
}
