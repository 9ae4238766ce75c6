/**
 * What the engine speaks of: binds, domains and accesses. All are plain data.
 *
 * @module
 */

/** Read access to a path and all below it; with `write`, write access too. */
export interface Bind {
  /** The path; a pool normalises it. */
  readonly path: string;
  /** Whether writing is granted too. */
  readonly write: boolean;
}

/** A final domain: one profile's name and what it grants. */
export interface Domain {
  /** The profile's name, unique in a pool. */
  readonly name: string;
  /** What it grants; what they grant adds up. */
  readonly binds: readonly Bind[];
  /** What it has beside paths, as words. The engine only keeps apart what differs in them. */
  readonly traits?: readonly string[];
}

/** What a program wants to do with a path. */
export type Action = "read" | "write";

/** One thing that a program asks for. */
export interface Access {
  /** What to do. */
  readonly action: Action;
  /** With what; a pool normalises it. */
  readonly path: string;
}

/** A domain that allows the same accesses as one before it, and so is known by that one's name. */
export interface MergedName {
  /** The profile's name. */
  readonly name: string;
  /** The name of the earlier profile that grants the same. */
  readonly into: string;
}

/**
 * Gives the accesses that a bind grants at its own path; what they allow below follows.
 *
 * @param bind Any bind.
 */
export function accessesOf(bind: Bind): Access[] {
  const read: Access = { action: "read", path: bind.path };
  return bind.write ? [read, { action: "write", path: bind.path }] : [read];
}

/** A name that the pool does not have, or that two profiles have. */
export class DomainNameError extends Error {
  /** The class's name, as errors have it. */
  override readonly name = "DomainNameError";

  /**
   * Says what is wrong with a name.
   *
   * @param domain The name in question.
   * @param message What is wrong, for the user.
   */
  constructor(readonly domain: string, message: string) {
    super(message);
  }
}
