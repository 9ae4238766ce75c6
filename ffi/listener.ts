/**
 * The serving side of a Unix socket: listening, accepting, who is on the other end; and pairs of
 * sockets. unix(7), socket(7).
 *
 * @module
 */
import { check, checkUnless, retry } from "./check.ts";
import { bind } from "./library.ts";
import { AF_UNIX, socketAddress } from "./socket.ts";

const libc = bind({
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  listen: { parameters: ["i32", "i32"], result: "i32" },
  accept4: { parameters: ["i32", "pointer", "pointer", "i32"], result: "i32" },
  socketpair: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
});

const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_PEERCRED = 17;

/** Who connected, as the kernel says and as the reader's namespaces translate it. */
export interface Peer {
  /** Process, in the reader's pid namespace; 0 when it is in none that the reader sees. */
  readonly pid: number;
  /** Effective user. */
  readonly uid: number;
  /** Effective group. */
  readonly gid: number;
}

/** bind(2) to a path, which must not exist, and listen(2). */
export function listenAt(socket: number, path: string, backlog: number): void {
  const address = socketAddress(path);
  check("bind", libc.bind(socket, address, address.length), path);
  check("listen", libc.listen(socket, backlog), path);
}

/** Accepts one connection, nonblocking and close-on-exec; -1 when none waits any more. */
export function accept(socket: number): number {
  return retry(() =>
    checkUnless(
      ["EAGAIN", "ECONNABORTED"],
      "accept4",
      libc.accept4(socket, null, null, SOCK_CLOEXEC | SOCK_NONBLOCK),
    )
  );
}

/** Two connected sockets, close-on-exec. */
export function socketPair(type: number): [number, number] {
  const pair = new Int32Array(2);
  check(
    "socketpair",
    libc.socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, new Uint8Array(pair.buffer)),
  );
  return [pair[0], pair[1]];
}

/** The credentials that the other end had when it connected (SO_PEERCRED). */
export function peerOf(socket: number): Peer {
  const credentials = new Int32Array(3);
  const length = new Uint32Array([12]);
  check(
    "getsockopt",
    libc.getsockopt(
      socket,
      SOL_SOCKET,
      SO_PEERCRED,
      new Uint8Array(credentials.buffer),
      new Uint8Array(length.buffer),
    ),
  );
  const [pid, uid, gid] = new Uint32Array(credentials.buffer);
  return { pid, uid, gid };
}

/**
 * Bounds what the kernel keeps of messages that the other end does not read (SO_SNDBUF).
 *
 * @param bytes with the kernel's own for each message; it takes twice as many, and a few at least
 */
export function limitUnread(socket: number, bytes: number): void {
  const value = new Uint8Array(Uint32Array.of(bytes).buffer);
  check("setsockopt", libc.setsockopt(socket, SOL_SOCKET, SO_SNDBUF, value, value.length));
}
