/**
 * Unix sockets: addresses, connections, and messages with descriptors. unix(7), cmsg(3).
 *
 * @module
 */
import { check, checkUnless, retry } from "./check.ts";
import { bind } from "./library.ts";
import { cString } from "./memory.ts";

const libc = bind({
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  stemjail_send: { parameters: ["i32", "buffer", "u64", "buffer", "u64"], result: "i64" },
  stemjail_receive: {
    parameters: ["i32", "buffer", "u64", "buffer", "u64", "buffer"],
    result: "i64",
  },
});

/** The address family of Unix sockets. */
export const AF_UNIX = 1;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const SOCK_CLOEXEC = 0o2000000;

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

const CONTROL_HEADER_BYTES = 16;

const nothing = new Uint8Array(0);

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
  const control = descriptors.length === 0 ? nothing : rightsMessage(descriptors);
  const length = BigInt(bytes.length);
  const controlLength = BigInt(control.length);
  return retry(() =>
    checkUnless(
      ["EAGAIN"],
      "sendmsg",
      libc.stemjail_send(socket, bytes, length, control, controlLength),
    )
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
    ? nothing
    : new Uint8Array(CONTROL_HEADER_BYTES + ((4 * maximumDescriptors + 7) & ~7));
  const out = new Uint32Array(1);
  const result = new Uint8Array(out.buffer);
  const size = BigInt(into.length);
  const controlSize = BigInt(control.length);
  const length = retry(() =>
    checkUnless(
      ["EAGAIN"],
      "recvmsg",
      libc.stemjail_receive(socket, into, size, control, controlSize, result),
    )
  );
  if (length < 0) return null;
  return {
    length,
    descriptors: maximumDescriptors === 0 ? [] : readRights(control, out[0]),
  };
}
