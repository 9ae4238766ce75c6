/**
 * The one writer of a policy table's shared mapping; table.ts states its layout and its rule.
 *
 * @module
 */

/** The first word of a mapping: "STPT" in the order of a little-endian machine. */
const MAGIC = 0x54505453;
const VERSION = 1;
const HEADER_BYTES = 64;

const MAGIC_WORD = 0;
const VERSION_WORD = 1;
const HALF_SIZE_WORD = 2;
const GENERATION_WORD = 3;

/** Halves begin on a cache line of their own, so that writing one does not slow reading the other. */
const ALIGNMENT = 64;

/**
 * How many bytes a mapping takes.
 *
 * @param capacity The size in bytes of the largest table to come, from `tableCapacity`.
 */
export function mappingBytes(capacity: number): number {
  return HEADER_BYTES + 2 * Math.ceil(capacity / ALIGNMENT) * ALIGNMENT;
}

/** Memory that readers in other processes look into at any time. */
export interface SharedMemory {
  /** In bytes. */
  readonly length: number;
  /** Copies bytes to an offset. */
  write(offset: number, bytes: Uint8Array<ArrayBuffer>): void;
  /**
   * Stores a word, between all that is written before and all that is written after: whoever sees it
   * sees the former, and who sees any of the latter sees it.
   */
  store(offset: number, value: number): void;
}

/** Writes tables into a mapping. */
export class TableWriter {
  readonly #memory: SharedMemory;
  readonly #halfSize: number;
  #generation = 0;

  /**
   * Makes a mapping usable, with its first table as generation 1.
   *
   * @param memory All of the mapping, aligned to 4, of {@linkcode mappingBytes} or more; no reader has it
   * yet, or they see no magic in it.
   * @param table The first table, from `serialiseTable`.
   * @throws {RangeError} If the mapping is too small for the table.
   */
  constructor(memory: SharedMemory, table: Uint8Array<ArrayBuffer>) {
    this.#memory = memory;
    this.#halfSize = Math.floor((memory.length - HEADER_BYTES) / 2 / ALIGNMENT) * ALIGNMENT;
    memory.store(4 * VERSION_WORD, VERSION);
    memory.store(4 * HALF_SIZE_WORD, this.#halfSize);
    memory.store(4 * GENERATION_WORD, 0);
    this.replace(table);
    memory.store(4 * MAGIC_WORD, MAGIC);
  }

  /** The generation of the table that readers see. */
  get generation(): number {
    return this.#generation;
  }

  /**
   * Replaces the table; readers see the new one from the moment this returns.
   *
   * @param table A table of the same jail, from `serialiseTable`.
   * @returns The new table's generation.
   * @throws {RangeError} If the table is larger than the mapping was made for.
   */
  replace(table: Uint8Array<ArrayBuffer>): number {
    if (table.length > this.#halfSize) {
      throw new RangeError(
        `Cannot replace the policy table: it has ${table.length} bytes, a half ${this.#halfSize}`,
      );
    }
    const next = (this.#generation + 1) >>> 0;
    this.#memory.write(HEADER_BYTES + (next & 1) * this.#halfSize, table);
    this.#memory.store(4 * GENERATION_WORD, next);
    this.#generation = next;
    return next;
  }
}
