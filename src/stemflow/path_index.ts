/**
 * An index of paths that finds the deepest one on the way to a path, faster than a map for each
 * component: the path is hashed once, from left to right, and what stands at each slash is the hash of
 * the path so far.
 *
 * @module
 */

const SLASH = 0x2f;
const HASH_BASIS = 0x811c9dc5 | 0;
const HASH_PRIME = 0x01000193;

/** An index but for its paths, as plain data, for JSON. */
export interface PathIndexImage {
  /** The hash of each path. */
  readonly hashes: readonly number[];
  /** A path's number by its hash. */
  readonly slots: readonly number[];
}

/** The paths of a closed set: with each path, the index has all those above it but the root. */
export class PathIndex {
  /**
   * @param paths Normalised paths without duplicates; the first is the root, number 0.
   * @param hashes The hash of each.
   * @param slots A path's number by its hash, 0 for a free slot; a taken slot passes its next path on
   * to the next.
   */
  private constructor(
    private readonly paths: readonly string[],
    private readonly hashes: Int32Array,
    private readonly slots: Int32Array,
  ) {}

  /**
   * Builds an index.
   *
   * @param paths Normalised paths without duplicates; the first is the root, number 0.
   */
  static build(paths: readonly string[]): PathIndex {
    const hashes = Int32Array.from(paths, hashOf);
    const slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * paths.length)));
    const mask = slots.length - 1;
    for (let number = 1; number < paths.length; number++) {
      let slot = hashes[number] & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = number;
    }
    return new PathIndex(paths, hashes, slots);
  }

  /** Makes the index that an image was taken of, for the same paths. */
  static restore(paths: readonly string[], { hashes, slots }: PathIndexImage): PathIndex {
    return new PathIndex(paths, Int32Array.from(hashes), Int32Array.from(slots));
  }

  /** What {@linkcode restore} makes an equal index of. */
  image(): PathIndexImage {
    return { hashes: Array.from(this.hashes), slots: Array.from(this.slots) };
  }

  /**
   * Gives the number of the deepest path of the index that is the given one or above it.
   *
   * @param path A normalised path.
   */
  deepest(path: string): number {
    const number = this.#walk(path, false);
    // Two paths of one length can have one hash. To compare once, at the end, is enough to notice: a path
    // that is there has all those above it there, so a mistake on the way leads to one at the end.
    if (path.startsWith(this.paths[number])) return number;
    return this.#walk(path, true);
  }

  #walk(path: string, isWary: boolean): number {
    let deepest = 0;
    let hash = HASH_BASIS;
    for (let at = 0; at < path.length; at++) {
      const unit = path.charCodeAt(at);
      if (unit === SLASH && at > 0) {
        const number = this.#find(hash, path, at, isWary);
        if (number === 0) return deepest;
        deepest = number;
      }
      hash = Math.imul(hash ^ unit, HASH_PRIME);
    }
    return this.#find(hash, path, path.length, isWary) || deepest;
  }

  /** The number of the path's first `length` characters; 0 if they are none of the index's. */
  #find(hash: number, path: string, length: number, isWary: boolean): number {
    const mask = this.slots.length - 1;
    for (let slot = hash & mask; this.slots[slot] !== 0; slot = (slot + 1) & mask) {
      const number = this.slots[slot];
      if (this.hashes[number] !== hash || this.paths[number].length !== length) continue;
      if (!isWary || path.slice(0, length) === this.paths[number]) return number;
    }
    return 0;
  }
}

function hashOf(path: string): number {
  let hash = HASH_BASIS;
  for (let at = 0; at < path.length; at++) hash = Math.imul(hash ^ path.charCodeAt(at), HASH_PRIME);
  return hash;
}
