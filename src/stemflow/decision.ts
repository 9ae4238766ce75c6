/**
 * The three answers to a request.
 *
 * @module
 */
import type { CandidateSet } from "./candidates.ts";

/** The answer to a request. */
export type Decision =
  /** The jail has the access already. */
  | { readonly kind: "unchanged" }
  /** No candidate allows the access: nothing changes. */
  | { readonly kind: "denied" }
  /** Some but not all candidates do: those are left, fewer than before, and at least one. */
  | { readonly kind: "transition"; readonly next: CandidateSet };

/** The answer to a request for what the jail has. */
export const UNCHANGED: Decision = { kind: "unchanged" };

/** The answer to a request that no candidate allows. */
export const DENIED: Decision = { kind: "denied" };
