/**
 * One access request: decide, mount, commit, say so.
 *
 * @module
 */
import { ownTree } from "../protocol/inside.ts";
import type { Transition } from "../protocol/messages.ts";
import type { Access } from "../stemflow/domain.ts";
import { decodePath, normalisePath, PathError } from "../stemflow/path.ts";
import { GrantError } from "./grant_error.ts";
import { placesOn } from "./host_path.ts";
import type { DomainState, Reach } from "./state.ts";

/** What came of a request, with the transition if the jail has made one. */
export type Outcome =
  | { readonly kind: "granted"; readonly transition: Transition | null }
  | {
    readonly kind: "denied";
    readonly path: string;
    readonly why: string | null;
    /** What was shown for a moment counts, though it is there no more. */
    readonly transition: Transition | null;
  };

/** Whether a path is never one of the host's. */
function isOwnPlace(path: string): boolean {
  return path === "/" || ownTree(path) !== undefined;
}

/**
 * Decides about an access, and makes the transition if it takes one.
 *
 * A path that leads through symbolic links to another place needs all of it: the links, to be read,
 * and the place, unless that is one of the jail's own. Where no candidate has all of it, the jail moves
 * as far as some candidate goes: so what was looked at is paid for, as it is where a program looks for
 * itself. Nothing is looked up on the host for a path that no candidate could grant.
 *
 * @param bytes the path as the jail sent it: absolute, without NUL
 * @param processName of the asker, called only if there is something to tell
 */
export function decide(
  state: DomainState,
  hostRoot: number,
  bytes: Uint8Array,
  write: boolean,
  processName: () => string,
): Outcome {
  const start = performance.now();
  const action = write ? "write" : "read";
  let path: string;
  try {
    path = normalisePath(decodePath(bytes));
  } catch (error) {
    if (!(error instanceof PathError)) throw error;
    return { kind: "denied", path: decodePath(bytes), why: error.reason, transition: null };
  }
  const reach = reachOf(state, hostRoot, { action, path });
  if (reach === null || !reach.isWhole && state.isPresent(reach.set)) {
    // A path that could be granted, but leads elsewhere: because a bind is not what it was?
    const why = reach === null ? null : state.changedBind(path);
    return { kind: "denied", path, why, transition: null };
  }
  if (state.isPresent(reach.set)) return { kind: "granted", transition: null };
  const from = state.name;
  const why = failureOfMove(state, reach);
  if (!state.isPresent(reach.set)) return { kind: "denied", path, why, transition: null };
  const duration = Math.round((performance.now() - start) * 1000);
  const step = { time: Date.now(), path, action, from, to: state.name, duration } as const;
  const transition = { ...step, process: processName() };
  return why === null ? { kind: "granted", transition } : { kind: "denied", path, why, transition };
}

/** Moves a jail; why it did not get what it has moved for, or null. */
function failureOfMove(state: DomainState, { set }: Reach): string | null {
  try {
    state.moveTo(set);
    return null;
  } catch (error) {
    if (error instanceof GrantError) return error.message;
    throw error;
  }
}

/** How far the jail gets with an access, or null where nothing is to be had. */
function reachOf(state: DomainState, hostRoot: number, access: Access): Reach | null {
  const { action, path } = access;
  if (isOwnPlace(path)) return null;
  const asRead = { action: "read", path } as const;
  if (!state.after([asRead]).isWhole) return null;
  const places = placesOn(hostRoot, path);
  if (places.length === 1 && places[0] === path) return state.after([access]);
  const own = places.findIndex(isOwnPlace);
  const end = own < 0 ? places.length - 1 : own;
  const turns = places.slice(0, end).map((place) => ({ action: "read", path: place }) as const);
  if (own < 0) return state.after([asRead, ...turns, { action, path: places[end] }]);
  // In a place of the jail's own there is nothing to grant; what the host has there does not matter.
  return state.after([asRead, ...turns]);
}
