/**
 * One access request: decide, mount, commit, say so.
 *
 * @module
 */
import type { Transition } from "../protocol/messages.ts";
import type { Access } from "../stemflow/domain.ts";
import { decodePath, normalisePath, PathError } from "../stemflow/path.ts";
import { GrantError } from "./grant_error.ts";
import { realHostPath } from "./host_path.ts";
import type { DomainState } from "./state.ts";

/** What came of a request. */
export type Outcome =
  | { readonly kind: "granted"; readonly transition: Transition | null }
  | { readonly kind: "denied"; readonly path: string; readonly why: string | null };

/** The jail's own places: they are never the host's. */
const ownPlaces = ["/proc", "/dev", "/tmp"];

function isOwnPlace(path: string): boolean {
  return path === "/" || ownPlaces.some((own) => path === own || path.startsWith(`${own}/`));
}

/**
 * Decides about an access, and makes the transition if it takes one.
 *
 * A path that leads through a symbolic link to another place needs both: the link, to be read, and
 * the place. Nothing is looked up on the host for a path that no candidate could grant.
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
    return { kind: "denied", path: decodePath(bytes), why: error.reason };
  }
  const accesses = isOwnPlace(path) ? null : accessesFor(state, hostRoot, path, action);
  const next = accesses === null ? null : state.after(accesses);
  if (next === null) {
    // A path that could be granted, but leads elsewhere: because a bind is not what it was?
    const why = accesses === null ? null : state.changedBind(path);
    return { kind: "denied", path, why };
  }
  if (state.isPresent(next)) return { kind: "granted", transition: null };
  const from = state.name;
  try {
    state.moveTo(next);
  } catch (error) {
    if (!(error instanceof GrantError)) throw error;
    return { kind: "denied", path, why: error.message };
  }
  const duration = Math.round((performance.now() - start) * 1000);
  const transition = { time: Date.now(), path, action, from, to: state.name, duration } as const;
  return { kind: "granted", transition: { ...transition, process: processName() } };
}

function accessesFor(
  state: DomainState,
  hostRoot: number,
  path: string,
  action: Access["action"],
): Access[] | null {
  const direct = { action, path } as const;
  const asRead = { action: "read", path } as const;
  if (state.after([asRead]) === null) return null;
  const real = realHostPath(hostRoot, path);
  if (real === path) return [direct];
  return isOwnPlace(real) ? null : [asRead, { action, path: real }];
}
