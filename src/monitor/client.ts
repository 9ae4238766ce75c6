/**
 * The jail's client: the connection that the portal handed over, and the user's terminal.
 *
 * @module
 */
import { Readiness } from "../../ffi/epoll.ts";
import { close } from "../../ffi/file.ts";
import { RELAY_RECORD_BYTES, RelayRecord, relayRecord } from "../../ffi/relay.ts";
import { receive, send } from "../../ffi/socket.ts";
import { restoreTerminal, type TerminalSettings, terminalSettings } from "../../ffi/terminal.ts";
import { encodeFrame } from "../protocol/frame.ts";
import type { Reply } from "../protocol/messages.ts";
import type { Reactor } from "../protocol/reactor.ts";

const MAXIMUM_RECORDS = 64;
const LAST_SIGNAL = 64;

/** What a client tells its jail. */
export interface ClientEvents {
  /** A signal for the application. */
  onSignal(signal: number): void;
  /** The keyboard is the application's. */
  onKeyboard(): void;
  /** The client is gone. */
  onGone(): void;
}

/** The input flags, output flags, control flags and local flags of struct termios. */
const FLAG_WORDS = 4;

/** cfmakeraw(3) in numbers: what is cleared in the input and the local flags. */
const RAW_CLEARED = [[0, 0o2753], [3, 0o100113]] as const;

/**
 * Whether settings are what the client's raw mode makes of `before`, but for the output flags: in a
 * pipeline those are what the application has at its own terminal (shim/borrowed.c).
 */
function isRawFormOf(settings: TerminalSettings, before: TerminalSettings): boolean {
  const now = new Uint32Array(settings.buffer, 0, FLAG_WORDS);
  const then = new Uint32Array(before.buffer, 0, FLAG_WORDS);
  return RAW_CLEARED.every(([word, cleared]) => now[word] === (then[word] & ~cleared) >>> 0);
}

/** One client. */
export class Client {
  readonly #terminal: number;
  readonly #settings: TerminalSettings | null;

  /**
   * Begins to listen to a client.
   *
   * @param socket nonblocking stream socket, owned by the client from now on
   * @param terminal the user's terminal, or -1; the client takes it over
   */
  constructor(
    private readonly socket: number,
    terminal: number,
    private readonly reactor: Reactor,
    private readonly events: ClientEvents,
  ) {
    this.#terminal = terminal;
    this.#settings = terminal < 0 ? null : terminalSettings(terminal);
    reactor.watch(socket, Readiness.readable, () => this.#read());
  }

  /** Sends a reply of the portal's protocol; a client that is gone does not hear it. */
  reply(reply: Reply, descriptors: readonly number[] = []): void {
    this.#send(encodeFrame(reply, descriptors.length), descriptors);
  }

  /** Tells how the application ended. */
  exited(status: number): void {
    this.#send(relayRecord(RelayRecord.exited, status));
  }

  /** Tells that the application was stopped. */
  stopped(signal: number): void {
    this.#send(relayRecord(RelayRecord.stopped, signal));
  }

  /** Tells that the application waits for the keyboard. */
  wantsKeyboard(): void {
    this.#send(relayRecord(RelayRecord.keyboard, 0));
  }

  /** The client is gone, or about to be. */
  lose(): void {
    this.reactor.unwatch(this.socket);
    close(this.socket);
    this.#restoreTerminal();
    this.events.onGone();
  }

  #send(bytes: Uint8Array<ArrayBuffer>, descriptors: readonly number[] = []): void {
    try {
      send(this.socket, bytes, descriptors);
    } catch {
      // The reader learns the same from the end of the stream.
    }
  }

  #read(): void {
    const bytes = new Uint8Array(MAXIMUM_RECORDS * RELAY_RECORD_BYTES);
    let length: number;
    try {
      const message = receive(this.socket, bytes);
      if (message === null) return;
      length = message.length;
    } catch {
      length = 0;
    }
    if (length === 0) return this.lose();
    const words = new Int32Array(bytes.buffer, 0, 2 * Math.trunc(length / RELAY_RECORD_BYTES));
    for (let index = 0; index < words.length; index += 2) {
      const value = words[index + 1];
      const isSignal = words[index] === RelayRecord.signal && value >= 1 && value <= LAST_SIGNAL;
      if (isSignal) this.events.onSignal(value);
      if (words[index] === RelayRecord.keyboard) this.events.onKeyboard();
    }
  }

  /** A client that was killed left the terminal raw; unless somebody else set it since. */
  #restoreTerminal(): void {
    if (this.#settings === null) return;
    const now = terminalSettings(this.#terminal);
    if (now !== null && isRawFormOf(now, this.#settings)) {
      restoreTerminal(this.#terminal, this.#settings);
    }
  }
}
