/**
 * The client's wait for its application, in C: shim/relay.c, shim/native.h.
 *
 * @module
 */
import { bindWithoutErrno } from "./library.ts";

const library = bindWithoutErrno({ stemjail_relay: { parameters: ["buffer"], result: "i32" } });

/** struct relay_request. */
export interface RelayRequest {
  /** Stream socket to the monitor. */
  readonly connection: number;
  /** The jail's pseudoterminal, or -1. */
  readonly master: number;
  /** The user's terminal, or -1 to read none. */
  readonly input: number;
  /** Where the pseudoterminal's output goes, or -1. */
  readonly output: number;
  /** Whether `input` is a terminal to put into raw mode meanwhile. */
  readonly raw: boolean;
  /** Whether others may be reading `input`, so that it is left alone until the application wants it. */
  readonly shared: boolean;
}

/** What the two ends tell each other while the application runs: enum relay_type. */
export const RelayRecord = { exited: 1, stopped: 2, signal: 3, keyboard: 4 } as const;

/** Bytes of one record: a type and a value, 32 bits each. */
export const RELAY_RECORD_BYTES = 8;

/** One record as bytes. */
export function relayRecord(type: number, value: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new Int32Array([type, value]).buffer);
}

/**
 * Carries bytes and signals until the application ends, and then ends this process with its status.
 * It blocks the calling thread, and returns only when the monitor went away first.
 */
export function relayToTheEnd(request: RelayRequest): void {
  const words = new BigInt64Array([
    BigInt(request.connection),
    BigInt(request.master),
    BigInt(request.input),
    BigInt(request.output),
    request.raw ? 1n : 0n,
    request.shared ? 1n : 0n,
  ]);
  library.stemjail_relay(new Uint8Array(words.buffer));
}
