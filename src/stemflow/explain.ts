/** Why a jail has an access, could get it, or never will: as data first, and as words made from it. */

import type { CandidateSet } from "./candidates.ts";
import type { Access, Action, Bind } from "./domain.ts";
import { isAtOrBelow, normalisePath } from "./path.ts";
import type { Pool } from "./pool.ts";

/** One transition of a jail's past. */
export interface PastTransition {
  /** When it happened, in whatever form the caller tells time. */
  readonly at: string | number;
  /** What was asked for. */
  readonly access: Access;
  /** The candidates that were left. */
  readonly to: CandidateSet;
}

/** A jail's past: the candidates of its launch, and every transition since, in order. */
export interface History {
  /** The candidates of the launch. */
  readonly start: CandidateSet;
  /** The transitions, the earliest first. */
  readonly transitions: readonly PastTransition[];
}

/** Since when a profile is no candidate: never was one, or no more since a transition. */
export type Lost =
  | { readonly since: "start" }
  | {
    readonly since: "transition";
    /** The transition's place in the history, from 0. */
    readonly index: number;
    readonly at: string | number;
    readonly access: Access;
  };

/** What one profile has to do with an access. */
export interface ProfileExplanation {
  /** The profile's name. */
  readonly name: string;
  /** The earlier profile that grants the same and whose name the two go by; undefined if there is none. */
  readonly mergedInto: string | undefined;
  /** Whether the jail could still turn out to be it. */
  readonly candidate: boolean;
  /** Why it is no candidate; undefined if it is one, or if no history was given. */
  readonly lost: Lost | undefined;
  /** Whether it allows the access. */
  readonly allows: boolean;
  /** The profile's bind that allows the access; undefined if none does. */
  readonly grantedBy: Bind | undefined;
  /** The least bind that the profile would need to allow the access; undefined if it does. */
  readonly needed: Bind | undefined;
  /** The profile's bind that would do if it had `write`; undefined if there is none. */
  readonly readOnlyBind: Bind | undefined;
}

/** How an access stands with a state. */
export interface Explanation {
  /** The access, normalised. */
  readonly access: Access;
  /** `granted`: every candidate allows it; `possible`: some do; `impossible`: none does. */
  readonly verdict: "granted" | "possible" | "impossible";
  /** Each profile of the pool, in its order, merged ones after the others. */
  readonly profiles: readonly ProfileExplanation[];
}

/**
 * Explains how an access stands with a jail's state.
 *
 * @param pool The pool of the jail.
 * @param set The jail's candidate set.
 * @param access Any access.
 * @param history The jail's past, if what it lost is to be dated.
 * @throws {PathError} If the access's path cannot be used.
 */
export function explain(
  pool: Pool,
  set: CandidateSet,
  access: Access,
  history?: History,
): Explanation {
  const normalised: Access = { action: access.action, path: normalisePath(access.path) };
  const names = [
    ...pool.domains.map(({ name }) => ({ name, mergedInto: undefined })),
    ...pool.merged.map(({ name, into }) => ({ name, mergedInto: into })),
  ];
  const profiles = names.map(({ name, mergedInto }): ProfileExplanation => {
    const index = pool.indexOf(name);
    const candidate = set.has(index);
    const lost = candidate || history === undefined ? undefined : lossOf(index, history);
    return {
      name,
      mergedInto,
      candidate,
      lost,
      ...standing(pool.domains[index].binds, normalised),
    };
  });
  return { access: normalised, verdict: verdictOf(profiles), profiles };
}

function lossOf(index: number, { start, transitions }: History): Lost | undefined {
  if (!start.has(index)) return { since: "start" };
  const at = transitions.findIndex(({ to }) => !to.has(index));
  if (at === -1) return undefined;
  return {
    since: "transition",
    index: at,
    at: transitions[at].at,
    access: transitions[at].access,
  };
}

function standing(binds: readonly Bind[], { action, path }: Access) {
  const covering = binds.filter((bind) => isAtOrBelow(path, bind.path));
  const grantedBy = covering.find(({ write }) => write || action === "read");
  const allows = grantedBy !== undefined;
  return {
    allows,
    grantedBy,
    needed: allows ? undefined : { path, write: action === "write" },
    readOnlyBind: allows ? undefined : covering[0],
  };
}

function verdictOf(profiles: readonly ProfileExplanation[]): Explanation["verdict"] {
  const candidates = profiles.filter(({ candidate }) => candidate);
  if (!candidates.some(({ allows }) => allows)) return "impossible";
  return candidates.every(({ allows }) => allows) ? "granted" : "possible";
}

/** An action as a verb's form in a sentence. */
const GERUND: Readonly<Record<Action, string>> = { read: "reading", write: "writing" };

/**
 * Words an explanation: a line for the verdict, and one for each profile. Names and paths are quoted, so
 * a line stays one line.
 *
 * @param explanation From {@linkcode explain}.
 */
export function explanationLines({ access, verdict, profiles }: Explanation): string[] {
  const lines = profiles.map((profile) =>
    `${quote(profile.name)}: ${candidacyWords(profile)}, ${accessWords(profile)}`
  );
  return [`${GERUND[access.action]} ${quote(access.path)} is ${verdict}`, ...lines];
}

function candidacyWords({ candidate, lost, mergedInto }: ProfileExplanation): string {
  const alias = mergedInto === undefined ? "" : `the same as ${quote(mergedInto)}, `;
  if (candidate) return `${alias}a candidate`;
  if (lost === undefined) return `${alias}not a candidate`;
  if (lost.since === "start") return `${alias}not a candidate since the launch`;
  const { access, at } = lost;
  return `${alias}not a candidate since ${GERUND[access.action]} ${quote(access.path)} (${at})`;
}

function accessWords({ grantedBy, needed, readOnlyBind }: ProfileExplanation): string {
  if (grantedBy !== undefined) return `allows it by ${bindWords(grantedBy)}`;
  if (readOnlyBind !== undefined) return `would need write = true for ${quote(readOnlyBind.path)}`;
  return `would need ${bindWords(needed!)}`;
}

function bindWords({ path, write }: Bind): string {
  return `${quote(path)} (${write ? "writable" : "read-only"})`;
}

function quote(text: string): string {
  return JSON.stringify(text);
}

/**
 * Names the domains that come nearest to granting a path: those with a bind that has the most leading
 * components in common with it, at least one.
 *
 * @param pool Any pool.
 * @param path Any absolute path.
 * @param maximum How many names are wanted at most.
 * @throws {PathError} If the path cannot be used.
 */
export function domainsNearest(pool: Pool, path: string, maximum: number): string[] {
  const wanted = normalisePath(path).split("/");
  const scored = pool.domains.map(({ name, binds }) => ({
    name,
    common: Math.max(0, ...binds.map((bind) => commonComponents(wanted, bind.path.split("/")))),
  }));
  return scored.filter(({ common }) => common > 0)
    .sort((a, b) => b.common - a.common)
    .slice(0, maximum)
    .map(({ name }) => name);
}

function commonComponents(left: readonly string[], right: readonly string[]): number {
  let common = 0;
  // The first piece is what stands before the leading slash: nothing, in every absolute path.
  while (common + 1 < left.length && left[common + 1] === right[common + 1]) common++;
  return common;
}
