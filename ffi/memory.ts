/**
 * C strings and structures in buffers.
 *
 * @module
 */

import { bind } from "./library.ts";

const library = bind({ stemjail_address: { parameters: ["buffer"], result: "usize" } });

const encoder = new TextEncoder();

/** Text for C: bytes, or a string as UTF-8. A path that may hold other bytes comes as bytes. */
export type Text = string | Uint8Array;

/** Text as a string, for messages: bytes that are not UTF-8 are replaced. */
export function textOf(text: Text): string {
  return typeof text === "string" ? text : new TextDecoder().decode(text);
}

/**
 * A NUL-terminated copy.
 *
 * @throws TypeError when the text holds a NUL, which C would take for its end
 */
export function cString(text: Text): Uint8Array<ArrayBuffer> {
  const bytes = typeof text === "string" ? encoder.encode(text) : text;
  if (bytes.includes(0)) throw new TypeError("A NUL byte cannot be part of a C string");
  const terminated = new Uint8Array(bytes.length + 1);
  terminated.set(bytes);
  return terminated;
}

/** The address of a buffer's first byte, valid as long as the buffer is referenced. */
function addressOf(buffer: Uint8Array<ArrayBuffer>): bigint {
  return BigInt(library.stemjail_address(buffer));
}

/**
 * Buffers that point at each other, kept alive together: whoever holds the arena until the call
 * has returned, and then releases it, holds everything that the call may read.
 */
export class Arena {
  readonly #buffers: Uint8Array<ArrayBuffer>[] = [];

  /**
   * Lets go of everything; to be called after the call that reads it. An arena that nobody touches
   * any more is one that the engine may free, with all that it keeps, before the call is made.
   */
  release(): void {
    this.#buffers.length = 0;
  }

  /** The address of a buffer that the arena keeps alive. */
  keep(buffer: Uint8Array<ArrayBuffer>): bigint {
    this.#buffers.push(buffer);
    return addressOf(buffer);
  }

  /** The address of a C string. */
  string(text: Text): bigint {
    return this.keep(cString(text));
  }

  /** The address of an array of C strings that a null pointer closes, such as argv. */
  strings(texts: readonly Text[]): bigint {
    const copies = texts.map(cString);
    const all = new Uint8Array(copies.reduce((sum, { length }) => sum + length, 0));
    // One buffer, since each address takes a call.
    const start = this.keep(all);
    const pointers = new BigUint64Array(texts.length + 1);
    let offset = 0;
    copies.forEach((copy, index) => {
      all.set(copy, offset);
      pointers[index] = start + BigInt(offset);
      offset += copy.length;
    });
    return this.keep(new Uint8Array(pointers.buffer));
  }

  /** The address of an array of C ints. */
  ints(values: readonly number[]): bigint {
    return this.keep(new Uint8Array(Int32Array.from(values).buffer));
  }
}
