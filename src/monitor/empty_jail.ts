/**
 * What a monitor has before it knows its jail.
 *
 * @module
 */
import type { Filters } from "./confinement.ts";
import type { MountNamespaces } from "./namespaces.ts";
import type { RequestServer } from "./serve.ts";
import type { Skeleton } from "./skeleton.ts";

/** A jail in which nothing is granted and nothing runs. */
export interface EmptyJail {
  /** The host's mounts and the jail's. */
  readonly namespaces: MountNamespaces;
  /** Ways to write to what the jail sees read-only. */
  readonly skeleton: Skeleton;
  /** The jail's own /proc. */
  readonly processes: number;
  /** The portal's directory as it is below what hides it from jails; or -1. */
  readonly sockets: number;
  /** The socket that programs inside ask through; it does not answer yet. */
  readonly server: RequestServer;
  /** Seccomp programs for whichever application comes. */
  readonly filters: Filters;
}
