/**
 * Mounts: the calls that act on detached trees, and the few old ones that have no successor.
 * mount_setattr(2), open_tree(2), move_mount(2), fsopen(2), pivot_root(2).
 *
 * @module
 */
import { check } from "./check.ts";
import { AT_FDCWD } from "./file.ts";
import { bind } from "./library.ts";
import { cString, type Text } from "./memory.ts";

const libc = bind({
  mount: { parameters: ["buffer", "buffer", "buffer", "u64", "buffer"], result: "i32" },
  umount2: { parameters: ["buffer", "i32"], result: "i32" },
  pivotRoot: { name: "syscall", parameters: ["i64", "buffer", "buffer"], result: "isize" },
  openTree: { name: "syscall", parameters: ["i64", "i32", "buffer", "u32"], result: "isize" },
  moveMount: {
    name: "syscall",
    parameters: ["i64", "i32", "buffer", "i32", "buffer", "u32"],
    result: "isize",
  },
  mountSetattr: {
    name: "syscall",
    parameters: ["i64", "i32", "buffer", "u32", "buffer", "usize"],
    result: "isize",
  },
});

const SYS_pivot_root = Deno.build.arch === "aarch64" ? 41n : 155n;
const SYS_open_tree = 428n;
const SYS_move_mount = 429n;
const SYS_mount_setattr = 442n;
const AT_EMPTY_PATH = 0x1000;
const AT_RECURSIVE = 0x8000;
const OPEN_TREE_CLONE = 1;
const OPEN_TREE_CLOEXEC = 0o2000000;
const MOVE_MOUNT_F_EMPTY_PATH = 4;
const MOVE_MOUNT_T_EMPTY_PATH = 0x40;
const MNT_DETACH = 2;
const UMOUNT_NOFOLLOW = 8;

/** Flags of mount(2). */
export const MountFlag = {
  noSetuid: 2n,
  noDevices: 4n,
  noExecute: 8n,
  remount: 0x20n,
  recursive: 0x4000n,
  private: 1n << 18n,
  slave: 1n << 19n,
} as const;

/** Attributes of mount_setattr(2). */
export const MountAttribute = {
  readOnly: 1n,
  noSetuid: 2n,
  noDevices: 4n,
  noExecute: 8n,
} as const;

const empty = cString("");

/**
 * mount(2) of a new file system, or with `remount` of other options of the one at `target`.
 *
 * @param options the file system's own, such as `mode=0755`
 */
export function mountFileSystem(type: string, target: string, flags: bigint, options = ""): void {
  check(
    `mount ${type}`,
    libc.mount(cString(type), cString(target), cString(type), flags, cString(options)),
    target,
  );
}

/** mount(2) that changes only how mounts propagate below `target`. */
export function setPropagation(target: string, flags: bigint): void {
  check("mount", libc.mount(empty, cString(target), empty, flags, empty), target);
}

/** umount2(2) with MNT_DETACH: out of the tree now, gone when its last user is. */
export function detach(target: string): void {
  check("umount", libc.umount2(cString(target), MNT_DETACH | UMOUNT_NOFOLLOW), target);
}

/** Detaches an attached tree by its descriptor, wherever it is by now; /proc must be mounted. */
export function detachTree(tree: number): void {
  const path = `/proc/thread-self/fd/${tree}`;
  check("umount", libc.umount2(cString(path), MNT_DETACH), path);
}

/** pivot_root(2). */
export function pivotRoot(newRoot: string, oldRoot: string): void {
  check("pivot_root", libc.pivotRoot(SYS_pivot_root, cString(newRoot), cString(oldRoot)), newRoot);
}

/**
 * A detached copy of the mount at a path (open_tree(2) with OPEN_TREE_CLONE).
 *
 * @param directory where a relative path starts; with an empty path, the tree itself
 * @param recursive with the mounts below it
 * @returns a descriptor; closing it unless it was attached dissolves the copy
 */
export function cloneTree(directory: number, path: Text, recursive: boolean): number {
  const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH |
    (recursive ? AT_RECURSIVE : 0);
  return check(
    "open_tree",
    libc.openTree(SYS_open_tree, directory, cString(path), flags),
    path,
  );
}

/**
 * Sets attributes of a whole tree, the mounts below it included, and takes it out of propagation:
 * what the host mounts below later would otherwise appear in it without these attributes.
 *
 * @param attributes {@link MountAttribute} bits to set; others stay as they are
 */
export function sealTree(tree: number, attributes: bigint): void {
  setAttributes(tree, attributes, AT_EMPTY_PATH | AT_RECURSIVE);
}

/** Like {@link sealTree}, for the mount alone on which `path` lies. */
export function sealMount(path: string, attributes: bigint): void {
  const structure = mountAttributes(attributes);
  check(
    "mount_setattr",
    libc.mountSetattr(SYS_mount_setattr, AT_FDCWD, cString(path), 0, structure, 32n),
    path,
  );
}

function mountAttributes(attributes: bigint): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new BigUint64Array([attributes, 0n, MountFlag.private, 0n]).buffer);
}

function setAttributes(tree: number, attributes: bigint, flags: number): void {
  check(
    "mount_setattr",
    libc.mountSetattr(SYS_mount_setattr, tree, empty, flags, mountAttributes(attributes), 32n),
  );
}

/**
 * Attaches a detached tree on top of what a descriptor refers to (move_mount(2)).
 *
 * @param target an O_PATH descriptor in the mount namespace of the calling thread
 */
export function attachTree(tree: number, target: number, subject: string): void {
  const flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
  check(
    "move_mount",
    libc.moveMount(SYS_move_mount, tree, empty, target, empty, flags),
    subject,
  );
}
