/**
 * Frames: four bytes, of which 24 bits are the length of the JSON that follows and 8 the number of
 * descriptors that come along. What is between client, portal and monitor.
 *
 * The number is needed because the kernel may deliver the end of one frame together with the
 * beginning, and so with the descriptors, of the next.
 *
 * @module
 */

/** The largest frame: arguments and environment may come to the kernel's 6 MiB, in JSON. */
export const MAXIMUM_FRAME_BYTES = 0xffffff;

/** Bytes before the JSON. */
export const HEADER_BYTES = 4;

const FIRST_BUFFER_BYTES = 4096;

/** A value as one frame, with which so many descriptors are sent. */
export function encodeFrame(value: unknown, descriptorCount = 0): Uint8Array<ArrayBuffer> {
  const body = new TextEncoder().encode(JSON.stringify(value));
  if (body.length > MAXIMUM_FRAME_BYTES) {
    throw new RangeError(`A message of ${body.length} bytes is more than ${MAXIMUM_FRAME_BYTES}`);
  }
  const frame = new Uint8Array(HEADER_BYTES + body.length);
  new DataView(frame.buffer).setUint32(0, body.length | descriptorCount << 24, true);
  frame.set(body, HEADER_BYTES);
  return frame;
}

/** What a header says. */
export interface FrameHeader {
  /** Bytes of JSON that follow. */
  readonly length: number;
  /** Descriptors that come with the frame. */
  readonly descriptorCount: number;
}

/** Reads the four bytes before the JSON. */
export function readHeader(bytes: Uint8Array): FrameHeader {
  const word = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  return { length: word & MAXIMUM_FRAME_BYTES, descriptorCount: word >>> 24 };
}

/** The value that a frame's JSON says; SyntaxError when it is none. */
export function decodeBody(body: Uint8Array): unknown {
  return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
}

/** One frame's value, and how many descriptors belong to it. */
export interface Frame {
  /** What the JSON says. */
  readonly value: unknown;
  /** Descriptors that came with it. */
  readonly descriptorCount: number;
}

/** Puts frames together from whatever pieces a stream delivers. */
export class FrameReader {
  /** What was read and is no frame yet, at the beginning; it grows by doubling. */
  #buffer = new Uint8Array(FIRST_BUFFER_BYTES);
  #length = 0;

  /**
   * Takes the next bytes.
   *
   * @param bytes are copied
   * @returns the frames that are complete now
   * @throws SyntaxError when a frame holds no JSON
   */
  push(bytes: Uint8Array): Frame[] {
    this.#append(bytes);
    const frames: Frame[] = [];
    for (let frame = this.#take(); frame !== null; frame = this.#take()) frames.push(frame);
    return frames;
  }

  #append(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#buffer.length));
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, this.#length);
    this.#length = length;
  }

  #take(): Frame | null {
    if (this.#length < HEADER_BYTES) return null;
    const { length, descriptorCount } = readHeader(this.#buffer);
    const end = HEADER_BYTES + length;
    if (this.#length < end) return null;
    const value = decodeBody(this.#buffer.subarray(HEADER_BYTES, end));
    this.#buffer.copyWithin(0, end, this.#length);
    this.#length -= end;
    return { value, descriptorCount };
  }
}
