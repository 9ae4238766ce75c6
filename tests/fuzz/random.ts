/** Random choices that one number repeats. */

/** The seed of this run: STEMJAIL_FUZZ_SEED, or the time. Printed, so that a finding can be repeated. */
export function chooseSeed(): number {
  const stated = Deno.env.get("STEMJAIL_FUZZ_SEED");
  const seed = stated === undefined ? Date.now() % 0x7fffffff : Number(stated);
  console.log(`  seed: STEMJAIL_FUZZ_SEED=${seed}`);
  return seed;
}

/** A small generator (mulberry32): quick, and good enough to choose messages with. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 to below 1. */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let bits = this.#state;
    bits = Math.imul(bits ^ bits >>> 15, bits | 1);
    bits ^= bits + Math.imul(bits ^ bits >>> 7, bits | 61);
    return ((bits ^ bits >>> 14) >>> 0) / 0x100000000;
  }

  /** From 0 to below `limit`. */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  /** Whether something happens that does so once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  /** One of several. */
  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)];
  }

  /** So many random bytes. */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}
