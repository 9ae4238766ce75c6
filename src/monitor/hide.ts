/**
 * What no grant may ever show: the portal's socket, profiles, logs, unpacked files, executable.
 *
 * They are covered in M0, from which every grant is cloned with all that is mounted below it; so
 * the cover comes along, whichever ancestor a profile binds, and inside it is a mount that the
 * application cannot take off.
 *
 * A mount keeps the directory that it sits on from being renamed or removed, but not the ones above
 * it: those, and links on the way, are pinned by being mounted over themselves. Else a jail that may
 * write in ~ would move ~/.config out of the way and make another one.
 *
 * @module
 */
import { ensureDirectoryAt } from "../../ffi/entry.ts";
import { AT_FDCWD, close, openAt, OpenFlag } from "../../ffi/file.ts";
import {
  attachTree,
  cloneTree,
  detach,
  MountAttribute,
  mountFileSystem,
  MountFlag,
  sealTree,
} from "../../ffi/mount.ts";
import { statusOf } from "../../ffi/status.ts";
import type { Hidden } from "../protocol/messages.ts";

const flags = MountFlag.noSetuid | MountFlag.noDevices | MountFlag.noExecute;
const covered = MountAttribute.readOnly | MountAttribute.noSetuid | MountAttribute.noDevices |
  MountAttribute.noExecute;

/** Hides and pins in the calling thread's mount namespace; all of the paths exist. */
export function hidePaths(hidden: Hidden): void {
  hidden.pinned.forEach(pin);
  if (hidden.covered.length === 0) return;
  // Mounted over /proc only for as long as it takes to clone from it; the clones are all that stays.
  mountFileSystem("tmpfs", "/proc", flags, "mode=0755,size=4k,nr_inodes=8");
  ensureDirectoryAt(AT_FDCWD, "/proc/directory", 0o555);
  close(openAt(AT_FDCWD, "/proc/file", OpenFlag.writeOnly | OpenFlag.create, 0o444));
  hidden.covered.forEach(cover);
  detach("/proc");
}

function pin(path: string): void {
  const node = openAt(AT_FDCWD, path, OpenFlag.pathOnly | OpenFlag.noFollow);
  const tree = cloneTree(node, "", true);
  attachTree(tree, node, path);
  close(tree);
  close(node);
}

function cover(path: string): void {
  const target = openAt(AT_FDCWD, path, OpenFlag.pathOnly | OpenFlag.noFollow);
  const isDirectory = statusOf(target).kind === "directory";
  const tree = cloneTree(AT_FDCWD, isDirectory ? "/proc/directory" : "/proc/file", false);
  sealTree(tree, covered);
  attachTree(tree, target, path);
  close(tree);
  close(target);
}
