/**
 * The candidate set: which final domains a jail could still turn out to be, as an immutable bitset.
 *
 * @module
 */

const WORD_BITS = 32;

/** The number of 32-bit words that hold one bit for each of `capacity` domains. */
export function wordsFor(capacity: number): number {
  return (capacity + WORD_BITS - 1) >>> 5;
}

/** A row of bits, one for each domain of a pool, 32 in a word, lowest first, as signed 32-bit numbers. */
export type Bits = ArrayLike<number>;

/**
 * A set of domain indexes of one pool. A value: no method changes it.
 *
 * The words are an ordinary array: making a typed array costs more than all the rest of a decision.
 */
export class CandidateSet {
  #size = -1;

  /**
   * @param capacity How many domains the pool has.
   * @param words The bits; handed over, not to be changed.
   */
  private constructor(readonly capacity: number, private readonly words: readonly number[]) {}

  /** How many domains are in it. */
  get size(): number {
    if (this.#size < 0) this.#size = countBits(this.words);
    return this.#size;
  }

  /** The set of all domains of a pool of `capacity`. */
  static full(capacity: number): CandidateSet {
    const words = noBits(capacity).fill(-1);
    const rest = capacity % WORD_BITS;
    if (rest !== 0) words[words.length - 1] = ~(-1 << rest);
    return new CandidateSet(capacity, words);
  }

  /**
   * The set of the given domains.
   *
   * @throws {RangeError} If an index is not one of the pool's.
   */
  static of(capacity: number, indexes: Iterable<number>): CandidateSet {
    const words = noBits(capacity);
    for (const index of indexes) {
      if (!Number.isInteger(index) || index < 0 || index >= capacity) {
        throw new RangeError(`Cannot hold the domain ${index}: the pool has ${capacity}`);
      }
      words[index >>> 5] |= 1 << (index & 31);
    }
    return new CandidateSet(capacity, words);
  }

  /** The members that are also in a row of bits. The bits are copied. */
  intersectBits(bits: Bits): CandidateSet {
    const words = this.words.slice();
    for (let at = 0; at < words.length; at++) words[at] &= bits[at];
    return new CandidateSet(this.capacity, words);
  }

  /** The members of both. */
  intersect(other: CandidateSet): CandidateSet {
    this.#checkSamePool(other);
    return this.intersectBits(other.words);
  }

  /** How much of this set a row of bits covers; of the empty set none. */
  coverage(bits: Bits): "none" | "some" | "all" {
    const words = this.words;
    let inside = 0;
    let outside = 0;
    for (let at = 0; at < words.length; at++) {
      inside |= words[at] & bits[at];
      outside |= words[at] & ~bits[at];
    }
    if (inside === 0) return "none";
    return outside === 0 ? "all" : "some";
  }

  /** Whether the domain of that index is in the set. */
  has(index: number): boolean {
    return ((this.words[index >>> 5] ?? 0) >>> (index & 31) & 1) === 1;
  }

  /** Whether both hold the same domains. */
  equals(other: CandidateSet): boolean {
    this.#checkSamePool(other);
    return this.size === other.size && this.words.every((word, at) => word === other.words[at]);
  }

  /** Whether every member is also in the other. */
  isSubsetOf(other: CandidateSet): boolean {
    this.#checkSamePool(other);
    return this.words.every((word, at) => (word & ~other.words[at]) === 0);
  }

  /** A string that equal sets of one pool have in common, for use as a key. */
  key(): string {
    return this.words.join(",");
  }

  /** The members' indexes, ascending. */
  *[Symbol.iterator](): IterableIterator<number> {
    for (let at = 0; at < this.words.length; at++) {
      for (let word = this.words[at]; word !== 0; word &= word - 1) {
        yield at * WORD_BITS + 31 - Math.clz32(word & -word);
      }
    }
  }

  #checkSamePool(other: CandidateSet): void {
    if (this.capacity !== other.capacity) {
      throw new RangeError("Cannot compare candidate sets: they belong to different pools");
    }
  }
}

function noBits(capacity: number): number[] {
  return new Array<number>(wordsFor(capacity)).fill(0);
}

function countBits(words: readonly number[]): number {
  let count = 0;
  for (let at = 0; at < words.length; at++) {
    let word = words[at];
    word -= (word >>> 1) & 0x55555555;
    word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
    count += Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return count;
}
