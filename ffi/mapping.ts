/**
 * Memory that other processes read. mmap(2).
 *
 * @module
 */
import { KernelError } from "./check.ts";
import { bind, lastErrno } from "./library.ts";

const library = bind({
  mmap: { parameters: ["usize", "usize", "i32", "i32", "i32", "i64"], result: "usize" },
  stemjail_copy: { parameters: ["usize", "buffer", "u64"], result: "void" },
  stemjail_store: { parameters: ["usize", "u32"], result: "void" },
});

const PROT_READ_WRITE = 1 | 2;
const MAP_SHARED = 1;
const MAP_FAILED = 0xffffffffffffffffn;

/** A file's first bytes, shared with whoever maps them too. It lasts as long as the process. */
export class SharedMapping {
  readonly #address: bigint;

  /**
   * Maps a file.
   *
   * @param descriptor of a file that is at least `length` bytes long, open for reading and writing
   * @param length bytes, more than 0
   */
  constructor(descriptor: number, readonly length: number) {
    const size = BigInt(length);
    const address = library.mmap(0n, size, PROT_READ_WRITE, MAP_SHARED, descriptor, 0n);
    this.#address = BigInt(address);
    if (this.#address === MAP_FAILED) throw new KernelError("mmap", lastErrno());
  }

  /**
   * Copies bytes into the memory.
   *
   * @throws RangeError when they do not fit
   */
  write(offset: number, bytes: Uint8Array<ArrayBuffer>): void {
    this.#check(offset, bytes.length);
    library.stemjail_copy(this.#address + BigInt(offset), bytes, BigInt(bytes.length));
  }

  /** Stores a word; whoever sees it sees all that was written before. `offset` is a multiple of 4. */
  store(offset: number, value: number): void {
    this.#check(offset, 4);
    library.stemjail_store(this.#address + BigInt(offset), value >>> 0);
  }

  #check(offset: number, length: number): void {
    if (offset >= 0 && offset + length <= this.length) return;
    throw new RangeError(`${length} bytes at ${offset} are outside a mapping of ${this.length}`);
  }
}
