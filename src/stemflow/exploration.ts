/**
 * The search for the states that jails can be in.
 *
 * @module
 */
import type { CandidateSet } from "./candidates.ts";
import type { Access } from "./domain.ts";
import type { Pool } from "./pool.ts";

/** A state that was met, and where its transitions lead. */
export interface State {
  /** Its candidates. */
  readonly set: CandidateSet;
  /** Whether a launch can start in it. */
  start: boolean;
  /** Whether some of its transitions were left out. */
  incomplete: boolean;
  /** The outermost accesses that lead to another state, by its key. */
  readonly transitions: Map<string, { accesses: Access[] }>;
}

/** The search for the states that starts and requests reach, breadth first and up to a bound. */
export class Exploration {
  /** The states met so far, by key. */
  readonly states: Map<string, State> = new Map();
  /** How many start sets found no room. */
  omittedStarts = 0;
  #intersections = 0;

  /**
   * Begins with the final domains.
   *
   * @param pool The pool to search.
   * @param maximum How many intersections there is room for.
   */
  constructor(readonly pool: Pool, readonly maximum: number) {
    for (const { name } of pool.domains) this.admit(pool.setOf([name]));
  }

  /** Takes a state in whatever the bound, unless it is there already. */
  admit(set: CandidateSet): State {
    const key = keyOf(set);
    let state = this.states.get(key);
    if (state === undefined) {
      state = { set, start: false, incomplete: false, transitions: new Map() };
      this.states.set(key, state);
      if (set.size > 1) this.#intersections++;
    }
    return state;
  }

  /** Takes a start set in; false if there are so many left out that looking at more is of no use. */
  addStart(set: CandidateSet): boolean {
    if (set.size === 0) return true;
    if (this.#hasRoomFor(set)) this.admit(set).start = true;
    else this.omittedStarts++;
    return this.omittedStarts < this.maximum;
  }

  /** Follows all states, those that it meets on the way included: a Map's iteration sees what is added. */
  followAll(): void {
    for (const state of this.states.values()) this.#follow(state);
  }

  #follow(state: State): void {
    const { set } = state;
    for (const { node, above, here } of set.size > 1 ? this.pool.grantSteps(set) : []) {
      if (here.readers !== above.readers) this.#request(state, { action: "read", path: node.path });
      if (here.writers !== above.writers) {
        this.#request(state, { action: "write", path: node.path });
      }
    }
  }

  #request(state: State, access: Access): void {
    const decision = this.pool.request(state.set, access);
    if (decision.kind !== "transition") return;
    if (!this.#hasRoomFor(decision.next)) {
      state.incomplete = true;
      return;
    }
    this.admit(decision.next);
    const key = keyOf(decision.next);
    const edge = state.transitions.get(key) ?? { accesses: [] };
    edge.accesses.push(access);
    state.transitions.set(key, edge);
  }

  #hasRoomFor(set: CandidateSet): boolean {
    return set.size === 1 || this.#intersections < this.maximum || this.states.has(keyOf(set));
  }
}

/** A state's key; a final domain's is short, as there can be thousands. */
export function keyOf(set: CandidateSet): string {
  if (set.size !== 1) return set.key();
  const [index] = set;
  return `only ${index}`;
}
