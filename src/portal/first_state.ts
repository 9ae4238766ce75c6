/**
 * The first states of jails: worked out once for each set of domains, since most launches have one that
 * an earlier one had.
 *
 * @module
 */
import type { ResolvedProfile } from "../profile/profile.ts";
import { traitsOf } from "../profile/traits.ts";
import type { BindKind, OrderedPlace } from "../protocol/messages.ts";
import { Pool } from "../stemflow/pool.ts";
import { imageOfStart, type StartImage } from "../stemflow/start.ts";
import { isOnHost } from "./host_file.ts";

/** As many as different programs are started of one set of profiles; more are worked out again. */
const MOST_STATES = 64;

/** A jail's first state, as its monitor is told of it. */
export interface FirstState {
  /** The domains and what follows from them. */
  readonly start: StartImage;
  /** Where grants can come from. */
  readonly places: readonly OrderedPlace[];
}

/** Remembers first states. */
export class FirstStates {
  readonly #known = new Map<string, FirstState>();

  /**
   * The state in which each of some domains is a candidate. A directory that a profile wants made and
   * that is missing is left out, as an optional path would be.
   *
   * @param domains each as a profile
   */
  of(domains: readonly ResolvedProfile[]): FirstState {
    const missing = missingDirectories(domains);
    const key = JSON.stringify([domains.map(({ name }) => name), [...missing]]);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size === MOST_STATES) this.#known.clear();
    const state = workOut(domains, missing);
    this.#known.set(key, state);
    return state;
  }
}

function missingDirectories(domains: readonly ResolvedProfile[]): Set<string> {
  const wanted = domains.flatMap(({ binds }) => binds.filter(({ create }) => create));
  return new Set(wanted.map(({ path }) => path).filter((path) => !isOnHost(path)));
}

function workOut(domains: readonly ResolvedProfile[], missing: ReadonlySet<string>): FirstState {
  const kinds = new Map<string, BindKind>();
  const pool = Pool.build(domains.map((profile) => {
    const binds = profile.binds.filter(({ path, create }) => !(create && missing.has(path)));
    for (const { path, kind } of binds) kinds.set(path, kind);
    return { name: profile.name, traits: traitsOf(profile), binds };
  }));
  const places = pool.places(pool.all()).map(({ path, write }) => ({
    path,
    write,
    kind: kinds.get(path)!,
  }));
  return { start: imageOfStart(pool), places };
}
