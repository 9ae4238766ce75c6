/**
 * What the checks look at. It is passed to them, so that a test can show them any other system.
 *
 * @module
 */
import type { FileStatus } from "../../ffi/status.ts";
import type { Environment } from "../protocol/locations.ts";

/** The kinds of namespaces that a jail has, by their names under /proc/sys/user. */
export const namespaceKinds = ["user", "mnt", "pid", "ipc", "uts", "net"] as const;

/** One kind of namespace. */
export type NamespaceKind = typeof namespaceKinds[number];

/** A kind that could not be made, alone within a new user namespace. */
export interface KindFailure {
  /** Which one. */
  readonly kind: NamespaceKind;
  /** The step of the start that failed, such as `clone` or `write the id maps`. */
  readonly step: string;
  /** errno's name. */
  readonly code: string;
}

/** How an attempt at a jail ended. */
export type Attempt =
  | { readonly kind: "made" }
  /** A namespace could not be made; the kinds that fail alone, none if it is only all together. */
  | {
    readonly kind: "no namespaces";
    readonly step: string;
    readonly code: string;
    readonly failures: readonly KindFailure[];
  }
  /** The namespaces are there, but not what is to be in them. */
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "no answer"; readonly milliseconds: number };

/** The system under examination. */
export interface System {
  /** The variables of the user's environment. */
  readonly environment: Environment;
  /** The real user. */
  readonly uid: number;
  /** Of landlock_create_ruleset(2); 0 where there is none. */
  readonly landlockAbi: number;
  /** What came of an attempt at a jail. */
  readonly attempt: Attempt;
  /** A text file without the white space at its end; null where it cannot be read. */
  readText(path: string): string | null;
  /** What a path names, without following a link at its end; null where it names nothing. */
  status(path: string): FileStatus | null;
  /** A program's file, where the portal looks for its helpers; null where there is none. */
  findProgram(name: string): string | null;
  /** errno's name where the user cannot open a file for reading and writing; null where that works. */
  refusalToOpen(path: string): string | null;
  /** Whether the user may make entries in a directory. */
  mayMakeEntries(directory: string): boolean;
  /** Whether the file system of a path is mounted noexec. */
  isMountedNoExecute(path: string): boolean;
}
