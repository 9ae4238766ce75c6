/**
 * Requests from inside the jail. Whoever sends them is hostile until the kernel says otherwise:
 * a message is read into a buffer of fixed size, without descriptors, parsed once, and answered
 * once; nobody can make the monitor wait or remember.
 *
 * Processes take turns: in each round every one that has something to ask is answered once, over
 * whichever of its connections, so that who asks seldom waits for one request of each other process
 * and no more.
 *
 * @module
 */
import { Poller, Readiness } from "../../ffi/epoll.ts";
import { close } from "../../ffi/file.ts";
import { limitUnread, listenAt, peerOf } from "../../ffi/listener.ts";
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
import { type Connection, Connections } from "./connections.ts";

/** So many connections are kept. Half of the descriptors stay for the monitor's own work. */
const maximumConnections = (): number => Math.max(1, Math.min(512, openFileLimit() >> 1));
const BACKLOG = 128;
const MAXIMUM_UNREAD_BYTES = 16 * 1024;
/** While the next reply has to wait: the kernel tells of the other end's end all the same (epoll_ctl(2)). */
const NOTHING = 0;
/** Replies of one turn, where a request has several. */
const REPLIES = 64;

/** Replies to one request, made as the asker takes them; null as long as the next one has to wait. */
export type Replies = Iterable<Uint8Array<ArrayBuffer> | null>;

/** What comes of a request. */
export interface Answer {
  /** For the asker. */
  readonly replies: Replies;
  /** What the asker need not wait for: done when it has its first reply, or does not take it. */
  afterwards?(): void;
}

/** Handles one well-formed request of a process. */
export type RequestHandler = (request: ShimRequest, pid: number) => Answer;

/** The jail's socket. */
export class RequestServer {
  readonly #listener: number;
  /** A message is handled before the next one is read. */
  readonly #bytes = new Uint8Array(MAXIMUM_REQUEST_BYTES + 1);
  readonly #connections: Connections;
  readonly #poller: Poller;
  readonly #acceptor: Acceptor;

  /**
   * Binds a socket; the calling thread is in M1, where its directory is writable.
   *
   * @param path the socket's
   */
  constructor(private readonly reactor: Reactor, path: string) {
    const maximum = maximumConnections();
    this.#connections = new Connections(maximum);
    this.#poller = new Poller(maximum + 1);
    this.#listener = createSocket(SocketType.seqpacket | SocketType.nonblocking);
    listenAt(this.#listener, path, BACKLOG);
    this.#acceptor = new Acceptor(this.#listener);
  }

  /** Begins to answer. */
  start(handler: RequestHandler): void {
    this.#poller.add(this.#listener, Readiness.readable);
    this.reactor.watch(this.#poller.descriptor, Readiness.readable, () => this.#round(handler));
  }

  /** Goes on where replies had to wait. */
  resume(): void {
    const waiting = this.#connections.all().filter(({ watched }) => watched === NOTHING);
    for (const connection of waiting) this.#advance(connection);
  }

  /** Stops, with no connection left open; the name of the socket stays. */
  close(): void {
    this.reactor.unwatch(this.#poller.descriptor);
    this.#poller.close();
    this.#acceptor.close();
    close(this.#listener);
  }

  #round(handler: RequestHandler): void {
    const ready = this.#poller.wait(0).map(({ descriptor }) => descriptor);
    // Who comes has a question, and most never have another.
    if (ready.includes(this.#listener)) ready.push(...this.#admitAll());
    const served = new Set<number>();
    for (const socket of ready) {
      const connection = this.#connections.get(socket);
      if (connection === undefined || served.has(connection.pid)) continue;
      if (this.#serve(connection, handler)) served.add(connection.pid);
    }
  }

  /** All that wait: whoever floods the queue is not to be in front of the others for long. */
  #admitAll(): number[] {
    const admitted: number[] = [];
    for (let count = 0; count < BACKLOG; count++) {
      const socket = this.#acceptor.next();
      if (socket < 0) break;
      this.#admit(socket);
      admitted.push(socket);
    }
    return admitted;
  }

  #admit(socket: number): void {
    const surplus = this.#connections.surplus();
    if (surplus !== null) this.#close(surplus);
    try {
      limitUnread(socket, MAXIMUM_UNREAD_BYTES);
      const { pid } = peerOf(socket);
      const watched = Readiness.readable;
      this.#poller.add(socket, watched);
      this.#connections.add({ socket, pid, watched, replies: null, unsent: null });
    } catch {
      close(socket);
    }
  }

  /** Lets a connection have its turn; whether it was one. */
  #serve(connection: Connection, handler: RequestHandler): boolean {
    try {
      // All that can be ready is that the asker is gone.
      if (connection.watched === NOTHING) this.#close(connection);
      else if (connection.replies === null) return this.#read(connection, handler);
      else this.#advance(connection);
    } catch {
      this.#close(connection);
    }
    return true;
  }

  #read(connection: Connection, handler: RequestHandler): boolean {
    const bytes = this.#bytes;
    const message = receive(connection.socket, bytes);
    if (message === null) return false;
    if (message.length === 0) {
      this.#close(connection);
      return false;
    }
    this.#connections.touch(connection);
    const request = parseShimRequest(bytes.subarray(0, message.length));
    if (request === null) {
      send(connection.socket, encodeShimReply(Verdict.malformed, 0, 0));
      this.#close(connection);
    } else {
      const answer = handler(request, connection.pid);
      connection.replies = answer.replies[Symbol.iterator]();
      this.#advance(connection);
      answer.afterwards?.();
    }
    return true;
  }

  /** Replies, and hears the asker no further as long as there are replies to make. */
  #advance(connection: Connection): void {
    try {
      const watched = this.#reply(connection);
      if (watched !== connection.watched) this.#poller.change(connection.socket, watched);
      connection.watched = watched;
    } catch {
      this.#close(connection);
    }
  }

  /** Sends as much as the turn and the asker allow; what the connection is to be watched for now. */
  #reply(connection: Connection): number {
    for (let count = 0; count < REPLIES; count++) {
      if (connection.unsent === null) {
        const next = connection.replies?.next();
        if (next === undefined || next.done) {
          connection.replies = null;
          return Readiness.readable;
        }
        if (next.value === null) return NOTHING;
        connection.unsent = next.value;
      }
      if (send(connection.socket, connection.unsent) < 0) return Readiness.writable;
      connection.unsent = null;
    }
    return Readiness.writable;
  }

  #close(connection: Connection): void {
    if (!this.#connections.delete(connection)) return;
    connection.replies?.return?.();
    this.#poller.remove(connection.socket);
    close(connection.socket);
  }
}
