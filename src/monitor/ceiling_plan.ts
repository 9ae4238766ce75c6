/**
 * The plan of a jail's ceiling: a Landlock ruleset for all that the jail can ever be granted, which
 * the application carries from its first instruction on. ceiling.ts makes it.
 *
 * The mounts say what is visible now; the ceiling says that nothing else opens, whatever mount,
 * descriptor or path a program comes by. Two facts of the kernel shape it:
 *
 * - A rule is tied to a file, not to a path, and holds wherever that file is mounted. So a rule can be made
 *   in the host's tree, before the mount that the jail will see the file through.
 * - An access is judged by walking up from the file, through the mounts that led to it. A jail that was
 *   granted /home/u/notes never walks over the host's /home/u. So every path that may become a mount needs a
 *   rule of its own, also below another one.
 *
 * A file that is replaced by another between the launch and its grant stays closed: it is not the one that
 * the ceiling was made for.
 *
 * @module
 */
import { FILE_ACCESS, SCOPE, SCOPE_ABI } from "../../ffi/landlock.ts";
import type { InheritedFile } from "./inherited.ts";

/** The oldest ABI that a ceiling can be made of. */
const OLDEST_ABI = 2;

/** A place of the candidate domains: of all of them, not only the outermost. */
export interface CeilingBind {
  /** Absolute, without symbolic links but where it is itself one. */
  readonly path: string;
  /** Whether some candidate may write there, by this bind or one above it. */
  readonly write: boolean;
  /** A link needs no rule: the kernel judges what it leads to. */
  readonly kind: "directory" | "file" | "link";
}

/** One rule: rights for a path of the host's tree or of the jail's. */
export interface CeilingRule {
  /** In which tree the path is opened. */
  readonly tree: "host" | "jail";
  /** Absolute. */
  readonly path: string;
  /** Whether the path must be a directory. */
  readonly directory: boolean;
  /** A union of FILE_ACCESS. */
  readonly access: bigint;
}

/** Places in the jail that are its own, and not every jail's. */
export interface OwnPlaces {
  /** The home directory, to write to, or null where a grant shows the host's. */
  readonly home: string | null;
  /** Files to read. */
  readonly files: readonly string[];
}

/** No such places. */
export const NO_PLACES: OwnPlaces = { home: null, files: [] };

/** What a ceiling takes away and what it leaves. */
export interface CeilingPlan {
  /** A union of FILE_ACCESS. */
  readonly handled: bigint;
  /** A union of SCOPE. */
  readonly scope: bigint;
  /** Rights by path, in the order of paths. */
  readonly rules: readonly CeilingRule[];
}

const READ: bigint = union(FILE_ACCESS.execute, FILE_ACCESS.readFile, FILE_ACCESS.readDirectory);

/**
 * Whatever an open is for, the kernel also finds out whether it would allow these two, and walks on
 * until a rule has said so: given with reading, they end the walk at the granted tree, which takes
 * half of Landlock's cost off every open. They give nothing away in the jail's mounts: a read-only one
 * truncates no file, and a tree that is mounted nodev has no device.
 */
const UNASKED: bigint = union(FILE_ACCESS.truncate, FILE_ACCESS.ioctlDevice);

/** What Landlock judges for a file by itself; a rule for a file must not hold more. */
const FILE_RIGHTS = union(
  FILE_ACCESS.execute,
  FILE_ACCESS.readFile,
  FILE_ACCESS.writeFile,
  FILE_ACCESS.truncate,
  FILE_ACCESS.ioctlDevice,
);

/**
 * Making device nodes is among them: the kernel refuses that for want of a capability, with the errno that
 * a program knows, where Landlock's would be another.
 */
const ALL = union(...Object.values(FILE_ACCESS));

const PROC = FILE_RIGHTS & ~FILE_ACCESS.ioctlDevice | FILE_ACCESS.readDirectory;

/**
 * The jail's own trees. Listing is granted from its root on, since a rule cannot be for a directory
 * alone: names are the mounts' concern, and a host directory outside the jail's root stays closed.
 */
const OWN_TREES: readonly (readonly [path: string, access: bigint])[] = [
  ["/", FILE_ACCESS.readDirectory],
  ["/dev", ALL],
  ["/proc", PROC],
  ["/tmp", ALL],
];

/**
 * Why a jail has no ceiling, or null where it has one.
 *
 * The mounts, the filter and the lack of capabilities are then what holds the application: the walls that
 * decide what is visible are the same.
 *
 * @param abi what landlockAbi() answers
 * @param nestedNamespaces whether programs may mount in namespaces of their own
 */
export function noCeilingBecause(abi: number, nestedNamespaces: boolean): string | null {
  if (abi === 0) return "This kernel has no Landlock, or did not start it (lsm=landlock,...)";
  // ABI 1 has no way to allow a rename from one directory to another.
  if (abi < OLDEST_ABI) return `Landlock ABI ${abi} forbids renaming across directories`;
  if (nestedNamespaces) return "Landlock forbids mounting, also in nested namespaces";
  return null;
}

/**
 * Plans the ceiling of a jail, for a kernel for which {@link noCeilingBecause} has no objection.
 *
 * @param abi what landlockAbi() answers; rights of a later one than 7 are not restricted
 * @param binds every place where a state of the jail can have a mount
 * @param places what the jail has of its own beside that
 * @param inherited the application's standard descriptors
 */
export function planCeiling(
  abi: number,
  binds: readonly CeilingBind[],
  places: OwnPlaces = NO_PLACES,
  inherited: readonly Pick<InheritedFile, "kind" | "write">[] = [],
): CeilingPlan {
  const handled = handledBy(abi);
  const reading = inherited.some(leadsToOutside) ? READ : READ | UNASKED;
  const rule = (tree: "host" | "jail", path: string, directory: boolean, access: bigint) => ({
    tree,
    path,
    directory,
    access: access & handled & (directory ? ALL : FILE_RIGHTS),
  });
  const granted = binds.filter(({ kind }) => kind !== "link").map(({ path, write, kind }) =>
    rule("host", path, kind === "directory", write ? ALL : reading)
  );
  const own = [
    ...OWN_TREES.map(([path, access]) => rule("jail", path, true, access)),
    ...(places.home === null ? [] : [rule("jail", places.home, true, ALL)]),
    // Mounted elsewhere, a file is no more below the tree that it came from.
    ...places.files.map((path) => rule("jail", path, false, reading)),
  ];
  return {
    handled,
    scope: abi >= SCOPE_ABI ? SCOPE.abstractUnixSocket | SCOPE.signal : 0n,
    rules: [...own, ...granted],
  };
}

/**
 * Whether a descriptor leads to a file by a mount that the jail has not sealed, so that a rule for a
 * tree around it is all that keeps the file from being truncated.
 */
function leadsToOutside({ kind, write }: Pick<InheritedFile, "kind" | "write">): boolean {
  return kind === "file" && !write;
}

/** The rights that an ABI knows. */
function handledBy(abi: number): bigint {
  let handled = ALL;
  if (abi < 2) handled &= ~FILE_ACCESS.refer;
  if (abi < 3) handled &= ~FILE_ACCESS.truncate;
  if (abi < 5) handled &= ~FILE_ACCESS.ioctlDevice;
  return handled;
}

/** Bits of a set of rights or scopes together. */
export function union(...bits: readonly bigint[]): bigint {
  return bits.reduce((left, right) => left | right, 0n);
}
