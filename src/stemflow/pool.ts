/**
 * The pool: all final domains, and the questions that a jail's state is decided by.
 *
 * A jail's state is a candidate set. Its effective access is what every candidate allows, its potential
 * access what some candidate allows. A request keeps the candidates that allow it, so for ever the
 * effective access only widens and the potential only tightens.
 *
 * @module
 */
import { CandidateSet, wordsFor } from "./candidates.ts";
import { leastBinds, type Step, walkGrants } from "./coverage.ts";
import { type Decision, DENIED, UNCHANGED } from "./decision.ts";
import {
  type Access,
  accessesOf,
  type Bind,
  type Domain,
  DomainNameError,
  type MergedName,
} from "./domain.ts";
import { normalisePath } from "./path.ts";
import {
  buildParts,
  imageOfParts,
  type PoolImage,
  type PoolParts,
  restoreParts,
} from "./pool_parts.ts";
import type { PrefixTree } from "./tree.ts";

/** The character between the names of an intersection's members. */
export const INTERSECTION = " ∩ ";

/** The name of a state, from its members' names in the pool's order: `A ∩ B ∩ C`. */
export function intersectionName(members: readonly string[]): string {
  return members.join(INTERSECTION);
}

/** All final domains of a portal or, as far as they concern it, of one jail. Immutable. */
export class Pool {
  /** The final domains, each with the least binds that grant the same, in path order. */
  readonly domains: readonly Domain[];
  /** The profiles that grant the same as an earlier one, in order. */
  readonly merged: readonly MergedName[];
  readonly #tree: PrefixTree;
  readonly #grants: readonly Int32Array[];
  readonly #indexes: ReadonlyMap<string, number>;
  readonly #everyone: CandidateSet;
  /** One bit for each domain, for the decision under way: a decision allocates only its result. */
  readonly #allowing: Int32Array;

  private constructor(parts: PoolParts) {
    this.domains = parts.domains;
    this.merged = parts.merged;
    this.#tree = parts.tree;
    this.#grants = parts.grants;
    this.#indexes = parts.indexes;
    this.#everyone = CandidateSet.full(parts.domains.length);
    this.#allowing = new Int32Array(wordsFor(parts.domains.length));
  }

  /**
   * Builds a pool. Given the `domains` of another pool, or a JSON copy of some of them, it builds one in
   * which the same domains have the same order.
   *
   * @param domains The profiles in their order; paths need not be normalised.
   * @throws {PathError} If a bind's path cannot be used.
   * @throws {DomainNameError} If two profiles have one name.
   */
  static build(domains: readonly Domain[]): Pool {
    return new Pool(buildParts(domains));
  }

  /** Makes the pool that an image was taken of; in a process that has just begun, the faster way. */
  static restore(image: PoolImage): Pool {
    return new Pool(restoreParts(image));
  }

  /** What {@linkcode restore} makes an equal pool of, merged names aside. */
  image(): PoolImage {
    return imageOfParts(this.domains, this.#grants, this.#tree);
  }

  /** The candidate set of all domains. */
  all(): CandidateSet {
    return this.#everyone;
  }

  /** The candidate set of the named domains; a merged name stands for the one it is merged into. */
  setOf(names: Iterable<string>): CandidateSet {
    return CandidateSet.of(this.domains.length, [...names].map((name) => this.indexOf(name)));
  }

  /** The domain of a profile's name, also of a merged one; undefined if there is none. */
  find(name: string): Domain | undefined {
    const index = this.#indexes.get(name);
    return index === undefined ? undefined : this.domains[index];
  }

  /**
   * The index of a profile's domain, also of a merged one.
   *
   * @throws {DomainNameError} If the pool has no such profile.
   */
  indexOf(name: string): number {
    const index = this.#indexes.get(name);
    if (index !== undefined) return index;
    throw new DomainNameError(name, `Cannot find the profile ${JSON.stringify(name)}`);
  }

  /**
   * The domains that allow all the given accesses; possibly none.
   *
   * @throws {PathError} If a path cannot be used.
   */
  allow(accesses: Iterable<Access>): CandidateSet {
    let set = this.#everyone;
    for (const access of accesses) set = set.intersectBits(this.#domainsAllowing(access));
    return set;
  }

  /**
   * The candidates of a launch by profile: the domains that allow all that the profile allows, so it and
   * any wider one.
   *
   * @param name The profile's name.
   * @param exact Whether only the profile itself is wanted.
   * @throws {DomainNameError} If the pool has no such profile.
   */
  startForProfile(name: string, exact: boolean): CandidateSet {
    const index = this.indexOf(name);
    if (exact) return CandidateSet.of(this.domains.length, [index]);
    return this.allow(this.domains[index].binds.flatMap(accessesOf));
  }

  /**
   * The candidates of a launch by command: the domains that allow reading its executable; possibly none.
   *
   * @param command The executable's path, or the accesses that starting it takes.
   * @throws {PathError} If a path cannot be used.
   */
  startForCommand(command: string | Iterable<Access>): CandidateSet {
    if (typeof command !== "string") return this.allow(command);
    return this.allow([{ action: "read", path: command }]);
  }

  /** What every candidate allows, as the least binds in path order. */
  effective(set: CandidateSet): Bind[] {
    return leastBinds(this.#tree, this.#grantsOf(set), Math.max(set.size, 1));
  }

  /** What some candidate allows, as the least binds in path order. */
  potential(set: CandidateSet): Bind[] {
    return leastBinds(this.#tree, this.#grantsOf(set), 1);
  }

  /**
   * Every path at which some candidate grants anything, in path order, with whether some candidate may
   * write there: whatever state follows, each of its mounts is at one of them.
   */
  places(set: CandidateSet): Bind[] {
    return Array.from(this.grantSteps(set), ({ node, here }) => ({
      path: node.path,
      write: here.writers > 0,
    }));
  }

  /**
   * Decides on a request of a jail.
   *
   * @param set The jail's candidate set, not empty.
   * @param access What is asked for; its path need not be normalised.
   * @throws {PathError} If the path cannot be used.
   */
  request(set: CandidateSet, access: Access): Decision {
    const allowing = this.#domainsAllowing(access);
    switch (set.coverage(allowing)) {
      case "all":
        return UNCHANGED;
      case "none":
        return DENIED;
      case "some":
        return { kind: "transition", next: set.intersectBits(allowing) };
    }
  }

  /** The members' names, in the pool's order. */
  membersOf(set: CandidateSet): string[] {
    return Array.from(set, (index) => this.domains[index].name);
  }

  /** The name of a state: its members' names, `A ∩ B ∩ C`. */
  nameOf(set: CandidateSet): string {
    return intersectionName(this.membersOf(set));
  }

  /** The places at which a set's candidates grant anything, in path order, with how many do. */
  grantSteps(set: CandidateSet): IterableIterator<Step> {
    return walkGrants(this.#tree, this.#grantsOf(set));
  }

  /** The domains that allow an access, in a row of bits that the next call overwrites. */
  #domainsAllowing(access: Access): Int32Array {
    const action = access.action === "write" ? "writers" : "readers";
    this.#allowing.fill(0);
    this.#tree.gather(normalisePath(access.path), action, this.#allowing);
    return this.#allowing;
  }

  #grantsOf(set: CandidateSet): Int32Array {
    const members = Array.from(set, (index) => this.#grants[index]);
    const all = new Int32Array(members.reduce((sum, grants) => sum + grants.length, 0));
    let at = 0;
    for (const grants of members) {
      all.set(grants, at);
      at += grants.length;
    }
    return all;
  }
}
