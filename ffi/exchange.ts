/**
 * A client's request and its answer, in one call: shim/exchange.c, shim/native.h.
 *
 * @module
 */
import { KernelError } from "./check.ts";
import { bindWithoutErrno } from "./library.ts";
import { socketAddress } from "./socket.ts";

const library = bindWithoutErrno({ stemjail_exchange: { parameters: ["buffer"], result: "i32" } });

const WORD_BYTES = 8;
/** EXCHANGE_DESCRIPTORS. */
const MAXIMUM_DESCRIPTORS = 4;
/** Nearly every answer is shorter. */
const ROOM_BYTES = 4096;

/** The 64-bit words of struct exchange_request, in its order. */
const Word = {
  keepSignals: 0,
  addressLength: 1,
  messageLength: 2,
  room: 3,
  descriptorCount: 4,
  descriptors: 5,
  socket: 9,
  received: 10,
  failedStep: 11,
  error: 12,
  count: 13,
} as const;

/** enum exchange_failure: the calls. */
const steps = ["", "pipe2", "socket", "connect", "sendmsg", "recvmsg"];

/** What to send where. */
export interface ExchangeRequest {
  /** The socket's path, at most `MAXIMUM_SOCKET_PATH_BYTES` long. */
  readonly path: string;
  /** At least one byte. */
  readonly message: Uint8Array;
  /** At most four, sent along with the first byte. */
  readonly descriptors: readonly number[];
  /** Whether signals are kept for an application from here on: the relay delivers them. */
  readonly keepSignals: boolean;
}

/** A connection with an answer. */
export interface Exchanged {
  /** Owned by the caller. */
  readonly socket: number;
  /** All of a short frame, the first 4096 bytes of another; fewer if the other end closed. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What came along; owned by the caller. */
  readonly descriptors: number[];
}

/**
 * Connects to a Unix stream socket, sends a message, and waits for the frame that answers it.
 *
 * @throws RangeError when the path is too long
 * @throws KernelError naming the call that failed; `connect` when nobody serves the path
 */
export function exchange(
  { path, message, descriptors, keepSignals }: ExchangeRequest,
): Exchanged {
  const address = socketAddress(path);
  const start = Word.count * WORD_BYTES;
  const sent = address.length + message.length;
  const request = new Uint8Array(start + Math.max(sent, ROOM_BYTES));
  const words = new BigInt64Array(request.buffer, 0, Word.count);
  words[Word.keepSignals] = keepSignals ? 1n : 0n;
  words[Word.addressLength] = BigInt(address.length);
  words[Word.messageLength] = BigInt(message.length);
  words[Word.room] = BigInt(request.length - start);
  words[Word.descriptorCount] = BigInt(descriptors.length);
  descriptors.forEach((descriptor, index) => words[Word.descriptors + index] = BigInt(descriptor));
  request.set(address, start);
  request.set(message, start + address.length);
  if (library.stemjail_exchange(request) !== 0) {
    throw new KernelError(steps[Number(words[Word.failedStep])], Number(words[Word.error]), path);
  }
  const came = words.subarray(Word.descriptors, Word.descriptors + MAXIMUM_DESCRIPTORS);
  return {
    socket: Number(words[Word.socket]),
    bytes: request.subarray(start, start + Number(words[Word.received])),
    descriptors: Array.from(came.subarray(0, Number(words[Word.descriptorCount])), Number),
  };
}
