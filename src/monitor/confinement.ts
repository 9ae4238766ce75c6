/**
 * The walls in the application itself: the ceiling of what can ever be granted, and the filter of
 * system calls.
 *
 * @module
 */
import { readDirectory } from "../../ffi/entry.ts";
import { close, openAt, OpenFlag } from "../../ffi/file.ts";
import { createRuleset, landlockAbi, SCOPE, SCOPE_ABI } from "../../ffi/landlock.ts";
import { statusAt } from "../../ffi/status.ts";
import type { BindKind, LaunchOrder } from "../protocol/messages.ts";
import { decodePath } from "../stemflow/path.ts";
import type { Confinement } from "./application.ts";
import { createCeiling } from "./ceiling.ts";
import {
  type CeilingBind,
  NO_PLACES,
  noCeilingBecause,
  type OwnPlaces,
  planCeiling,
} from "./ceiling_plan.ts";
import type { InheritedFile } from "./inherited.ts";
import type { MountNamespaces } from "./namespaces.ts";
import { assembleFilter } from "./seccomp.ts";

/** The filters that a jail may need, assembled before it is known which. */
export interface Filters {
  /** For most applications. */
  readonly usual: Uint8Array<ArrayBuffer>;
  /** For programs that may make namespaces of their own. */
  readonly nested: Uint8Array<ArrayBuffer>;
}

/**
 * Assembles both filters.
 *
 * @param processes the jail's /proc, where the monitor is process 1
 */
export function assembleFilters(processes: number): Filters {
  const architecture = Deno.build.arch;
  const lastThread = lastThreadIn(processes);
  return {
    usual: assembleFilter({ architecture, nestedNamespaces: false, lastThread }),
    nested: assembleFilter({ architecture, nestedNamespaces: true, lastThread }),
  };
}

function lastThreadIn(processes: number): number {
  const list = openAt(processes, "1/task", OpenFlag.readOnly | OpenFlag.directory);
  try {
    return Math.max(...[...readDirectory(list)].map((name) => Number(decodePath(name))));
  } finally {
    close(list);
  }
}

/**
 * Makes the walls of one application.
 *
 * @param inherited its standard descriptors
 * @param own places that this jail has of its own, beside those that every one has
 */
export function makeConfinement(
  order: LaunchOrder,
  inherited: readonly InheritedFile[],
  namespaces: MountNamespaces,
  filters: Filters,
  own: OwnPlaces = NO_PLACES,
): Confinement {
  const { nestedNamespaces } = order;
  const filter = nestedNamespaces ? filters.nested : filters.usual;
  const abi = landlockAbi();
  if (order.unconfined || noCeilingBecause(abi, nestedNamespaces) !== null) {
    return { ruleset: scopeRuleset(abi), filter };
  }
  const binds = ceilingBinds(order, namespaces.hostRoot);
  const trees = { host: namespaces.hostRoot, jail: namespaces.jailRoot };
  const { ruleset } = createCeiling(planCeiling(abi, binds, own, inherited), inherited, trees);
  return { ruleset, filter };
}

/**
 * Without a ceiling, at least this: no abstract socket and no process outside the jail. Such a
 * ruleset leaves mount(2) to nested namespaces, since it judges no file.
 *
 * @returns -1 for an ABI that knows no scopes
 */
function scopeRuleset(abi: number): number {
  if (abi < SCOPE_ABI) return -1;
  return createRuleset({ files: 0n, scope: SCOPE.abstractUnixSocket | SCOPE.signal });
}

function ceilingBinds({ places, rootEntries }: LaunchOrder, hostRoot: number): CeilingBind[] {
  const root = places.find(({ path }) => path === "/");
  if (root === undefined) return places.flatMap(ceilingBind);
  // A grant of the root is mounted as the entries in it (grants.ts), so these are what rules are for.
  const entries = rootEntries.map((name) => ({
    path: `/${name}`,
    write: root.write,
    kind: statusAt(hostRoot, name).kind as BindKind,
  }));
  return [...places.filter((place) => place !== root), ...entries].flatMap(ceilingBind);
}

/** Landlock does not judge a connect(2); a fifo is opened like a file. */
function ceilingBind({ path, write, kind }: { path: string; write: boolean; kind: BindKind }) {
  if (kind === "socket") return [];
  return [{ path, write, kind: kind === "fifo" ? "file" : kind } satisfies CeilingBind];
}
