/**
 * Requests from inside the jail. Whoever sends them is hostile until the kernel says otherwise:
 * a message is read into a buffer of fixed size, without descriptors, parsed once, and answered
 * once; nobody can make the monitor wait or remember.
 *
 * @module
 */
import { Readiness } from "../../ffi/epoll.ts";
import { close } from "../../ffi/file.ts";
import { listenAt, peerOf } from "../../ffi/listener.ts";
import { openFileLimit } from "../../ffi/process.ts";
import { createSocket, receive, send, SocketType } from "../../ffi/socket.ts";
import { Acceptor } from "../protocol/acceptor.ts";
import type { Reactor } from "../protocol/reactor.ts";
import {
  encodeShimReply,
  MAXIMUM_REQUEST_BYTES,
  parseShimRequest,
  type ShimRequest,
  Verdict,
} from "../protocol/shim.ts";
import { RUN_DIRECTORY } from "./skeleton.ts";

/**
 * So many connections are kept; beyond, the one that was silent for the longest is closed. Half of
 * the descriptors stay for the monitor's own work.
 */
const maximumConnections = (): number => Math.max(1, Math.min(512, openFileLimit() >> 1));
const BACKLOG = 128;

/** Sends one reply to the asker. */
export type Answer = (reply: Uint8Array<ArrayBuffer>) => void;

/** Handles one well-formed request of a process, by sending its replies. */
export type RequestHandler = (request: ShimRequest, pid: number, answer: Answer) => void;

/** The jail's socket. */
export class RequestServer {
  readonly #listener: number;
  /** A message is handled before the next one is read. */
  readonly #bytes = new Uint8Array(MAXIMUM_REQUEST_BYTES + 1);
  readonly #maximum = maximumConnections();
  /** From the one that was silent longest to the one that spoke last. */
  readonly #connections = new Map<number, number>();

  /** Binds the socket; the calling thread is in M1, where the run directory is still writable. */
  constructor(private readonly reactor: Reactor) {
    this.#listener = createSocket(SocketType.seqpacket | SocketType.nonblocking);
    listenAt(this.#listener, `${RUN_DIRECTORY}/socket`, BACKLOG);
  }

  /** Begins to answer. */
  start(handler: RequestHandler): void {
    const acceptor = new Acceptor(this.#listener);
    this.reactor.watch(this.#listener, Readiness.readable, () => {
      // All that wait: whoever floods the queue is not to be in front of the others for long.
      for (let count = 0; count < BACKLOG; count++) {
        const connection = acceptor.next();
        if (connection < 0) return;
        this.#begin(connection, handler);
      }
    });
  }

  #begin(connection: number, handler: RequestHandler): void {
    if (this.#connections.size >= this.#maximum) {
      const [silent] = this.#connections.keys();
      this.#close(silent);
    }
    try {
      this.reactor.watch(connection, Readiness.readable, () => this.#serve(connection, handler));
      this.#connections.set(connection, peerOf(connection).pid);
      // Who comes has a question, and most never have another.
      this.#serve(connection, handler);
    } catch {
      this.#connections.set(connection, 0);
      this.#close(connection);
    }
  }

  #serve(connection: number, handler: RequestHandler): void {
    try {
      const bytes = this.#bytes;
      const message = receive(connection, bytes);
      if (message === null) return;
      if (message.length === 0) return this.#close(connection);
      this.#handle(connection, bytes.subarray(0, message.length), handler);
    } catch {
      this.#close(connection);
    }
  }

  #handle(connection: number, message: Uint8Array, handler: RequestHandler): void {
    const pid = this.#connections.get(connection) ?? 0;
    this.#connections.delete(connection);
    this.#connections.set(connection, pid);
    const request = parseShimRequest(message);
    if (request === null) {
      send(connection, encodeShimReply(Verdict.malformed, 0, 0));
      return this.#close(connection);
    }
    handler(request, pid, (reply) => {
      // A reader that lets its replies pile up has had its chance.
      if (send(connection, reply) < 0) this.#close(connection);
    });
  }

  #close(connection: number): void {
    if (!this.#connections.delete(connection)) return;
    this.reactor.unwatch(connection);
    close(connection);
  }
}
