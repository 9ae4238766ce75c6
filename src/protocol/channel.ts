/**
 * A connection that carries frames, and descriptors with them, through a reactor.
 *
 * @module
 */
import { KernelError } from "../../ffi/check.ts";
import { Readiness } from "../../ffi/epoll.ts";
import { close } from "../../ffi/file.ts";
import { receive, send } from "../../ffi/socket.ts";
import { messageOf } from "../errors.ts";
import { encodeFrame, FrameReader } from "./frame.ts";
import type { Reactor } from "./reactor.ts";

/** What arrives is copied out of it before anything else is received. */
const chunk = new Uint8Array(64 * 1024);
/** Why nothing can be sent: there is no other end any more. */
const gone = new Set(["EPIPE", "ECONNRESET"]);

const MAXIMUM_DESCRIPTORS = 8;

/** What a channel tells its owner. */
export interface ChannelEvents {
  /** A frame came, with its descriptors; the handler owns them. */
  onMessage(value: unknown, descriptors: number[]): void;
  /** The other end is gone, or spoke nonsense; the channel has closed itself. */
  onClose(reason: string): void;
}

interface Outgoing {
  rest: Uint8Array<ArrayBuffer>;
  descriptors: readonly number[];
}

/** One nonblocking stream socket. */
export class Channel {
  readonly #reader = new FrameReader();
  readonly #queue: Outgoing[] = [];
  readonly #received: number[] = [];
  #isOpen = true;
  #isBlocked = false;
  #isEnding = false;
  #isMute = false;

  /**
   * Begins to carry frames.
   *
   * @param socket a nonblocking stream socket, owned by the channel from now on
   */
  constructor(
    readonly socket: number,
    private readonly reactor: Reactor,
    private readonly events: ChannelEvents,
  ) {
    reactor.watch(socket, Readiness.readable, (readiness) => this.#onReady(readiness));
  }

  /** Whether frames can still be sent. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /**
   * Sends a frame, now or when the other end has room.
   *
   * @param descriptors sent along; they are duplicated by the kernel, so they must stay open until
   * the frame is sent: they are closed then
   */
  send(value: unknown, descriptors: readonly number[] = []): void {
    if (!this.#isOpen || this.#isMute) return descriptors.forEach(close);
    this.#queue.push({ rest: encodeFrame(value, descriptors.length), descriptors });
    this.#flush();
  }

  /** Gives the socket away: the channel forgets it and does not close it. */
  release(): number {
    this.#forget();
    return this.socket;
  }

  /** Handles what has arrived already, such as the last words of a process that is gone. */
  drain(): void {
    try {
      while (this.#isOpen && this.#readOnce());
    } catch (error) {
      this.#fail(messageOf(error));
    }
  }

  /** Ends the channel once all that was sent is on its way. */
  closeWhenSent(): void {
    this.#isEnding = true;
    if (this.#queue.length === 0) this.close();
  }

  /** Ends the channel. */
  close(): void {
    if (!this.#isOpen) return;
    this.#forget();
    close(this.socket);
  }

  #forget(): void {
    this.#isOpen = false;
    this.reactor.unwatch(this.socket);
    this.#received.splice(0).forEach(close);
    this.#dropQueue();
  }

  #dropQueue(): void {
    for (const outgoing of this.#queue.splice(0)) outgoing.descriptors.forEach(close);
  }

  #onReady(readiness: number): void {
    try {
      if (readiness & Readiness.writable) this.#flush();
      if (this.#isOpen && readiness & ~Readiness.writable) this.#readOnce();
    } catch (error) {
      this.#fail(messageOf(error));
    }
  }

  #fail(reason: string): void {
    if (!this.#isOpen) return;
    this.close();
    this.events.onClose(reason);
  }

  /** Whether there may be more. */
  #readOnce(): boolean {
    const message = receive(this.socket, chunk, MAXIMUM_DESCRIPTORS);
    if (message === null) return false;
    this.#received.push(...message.descriptors);
    if (this.#received.length > MAXIMUM_DESCRIPTORS) {
      this.#fail("too many descriptors");
    } else if (message.length === 0) {
      this.#fail("");
    } else {
      this.#deliver(chunk.subarray(0, message.length));
    }
    return this.#isOpen;
  }

  #deliver(bytes: Uint8Array): void {
    for (const { value, descriptorCount } of this.#reader.push(bytes)) {
      if (!this.#isOpen) return;
      if (descriptorCount > this.#received.length) return this.#fail("a descriptor is missing");
      this.events.onMessage(value, this.#received.splice(0, descriptorCount));
    }
  }

  #flush(): void {
    const wasBlocked = this.#isBlocked;
    this.#isBlocked = false;
    try {
      while (this.#queue.length > 0 && !this.#isBlocked) this.#sendSome(this.#queue[0]);
    } catch (error) {
      if (!(error instanceof KernelError) || !gone.has(error.code)) {
        return this.#fail(messageOf(error));
      }
      // What the other end said before it went may still be here: the reader finds the end.
      this.#isMute = true;
      this.#dropQueue();
    }
    if (this.#isEnding && this.#queue.length === 0) {
      this.close();
      this.events.onClose("");
      return;
    }
    if (wasBlocked !== this.#isBlocked) {
      const writable = this.#isBlocked ? Readiness.writable : 0;
      this.reactor.change(this.socket, Readiness.readable | writable);
    }
  }

  #sendSome(outgoing: Outgoing): void {
    const taken = send(this.socket, outgoing.rest, outgoing.descriptors);
    if (taken < 0) {
      this.#isBlocked = true;
      return;
    }
    outgoing.descriptors.forEach(close);
    outgoing.descriptors = [];
    outgoing.rest = outgoing.rest.subarray(taken);
    if (outgoing.rest.length === 0) this.#queue.shift();
  }
}
