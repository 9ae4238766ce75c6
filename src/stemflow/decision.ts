/** The three answers to a request. What only some callers need is worked out when they ask. */

import type { CandidateSet } from "./candidates.ts";
import type { Access, Bind } from "./domain.ts";

/** What an answer asks the pool that gave it. */
export interface AskedPool {
  /** The domains that allow all the given accesses. */
  allow(accesses: Iterable<Access>): CandidateSet;
  /** The least binds that all candidates allow. */
  effective(set: CandidateSet): Bind[];
  /** The candidates' names. */
  membersOf(set: CandidateSet): string[];
}

/** The jail has the access already. */
export interface Unchanged {
  /** Tells the answers apart. */
  readonly kind: "unchanged";
}

/** The answer to a request for what the jail has. */
export const UNCHANGED: Unchanged = { kind: "unchanged" };

/** Why no candidate allows an access. */
export interface Denial {
  /** `excluded`: profiles allow it, but the jail can no longer become one of them; `nowhere`: none does. */
  readonly reason: "excluded" | "nowhere";
  /** The names of the profiles that allow it, none of them a candidate. */
  readonly allowedBy: readonly string[];
}

/** No candidate allows the access: nothing changes. */
export class Denied {
  /** Tells the answers apart. */
  readonly kind = "denied";
  /**
   * Made by `Pool.request`.
   *
   * @param pool The pool that was asked.
   * @param access What was asked for.
   */
  constructor(private readonly pool: AskedPool, private readonly access: Access) {}

  /** Why the access was denied. */
  get why(): Denial {
    const allowedBy = this.pool.membersOf(this.pool.allow([this.access]));
    return { reason: allowedBy.length > 0 ? "excluded" : "nowhere", allowedBy };
  }
}

/** Some but not all candidates allow the access: the jail becomes one of them. */
export class Transition {
  /** Tells the answers apart. */
  readonly kind = "transition";
  /**
   * Made by `Pool.request`.
   *
   * @param pool The pool that was asked.
   * @param before The jail's candidate set until now.
   * @param next The candidates that are left: fewer than before, at least one.
   */
  constructor(
    private readonly pool: AskedPool,
    private readonly before: CandidateSet,
    readonly next: CandidateSet,
  ) {}

  /** The least binds that the jail has in the next state and had not before, in path order. */
  get added(): Bind[] {
    const had = new Map(this.pool.effective(this.before).map(({ path, write }) => [path, write]));
    return this.pool.effective(this.next).filter(({ path, write }) => had.get(path) !== write);
  }
}

/** The answer to a request. */
export type Decision = Unchanged | Denied | Transition;
