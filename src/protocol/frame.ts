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
  readonly #pieces: Uint8Array[] = [];
  #length = 0;

  /**
   * Takes the next bytes.
   *
   * @returns the frames that are complete now
   * @throws SyntaxError when a frame holds no JSON
   */
  push(bytes: Uint8Array): Frame[] {
    this.#pieces.push(bytes);
    this.#length += bytes.length;
    const frames: Frame[] = [];
    for (let frame = this.#take(); frame !== null; frame = this.#take()) frames.push(frame);
    return frames;
  }

  #take(): Frame | null {
    if (this.#length < HEADER_BYTES) return null;
    if (this.#pieces[0].length < HEADER_BYTES) this.#join();
    const { length, descriptorCount } = readHeader(this.#pieces[0]);
    const end = HEADER_BYTES + length;
    // Pieces are joined once, when the frame is whole: a large one costs no more for being slow.
    if (this.#length < end) return null;
    const whole = this.#join();
    this.#pieces[0] = whole.subarray(end);
    this.#length -= end;
    return { value: decodeBody(whole.subarray(HEADER_BYTES, end)), descriptorCount };
  }

  #join(): Uint8Array {
    const whole = new Uint8Array(this.#length);
    let at = 0;
    for (const piece of this.#pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    this.#pieces.splice(0, this.#pieces.length, whole);
    return whole;
  }
}
