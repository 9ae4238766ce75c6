/**
 * What no grant may ever show: the portal's socket, profiles, logs, unpacked files, executable.
 *
 * They are covered in M0, from which every grant is cloned with all that is mounted below it; so
 * the cover comes along, whichever ancestor a profile binds, and inside it is a mount that the
 * application cannot take off.
 *
 * @module
 */
import { AT_FDCWD, close, ensureDirectoryAt, openAt, OpenFlag, statusOf } from "../../ffi/file.ts";
import {
  attachTree,
  cloneTree,
  detach,
  MountAttribute,
  mountFileSystem,
  MountFlag,
  sealTree,
} from "../../ffi/mount.ts";

const flags = MountFlag.noSetuid | MountFlag.noDevices | MountFlag.noExecute;
const covered = MountAttribute.readOnly | MountAttribute.noSetuid | MountAttribute.noDevices |
  MountAttribute.noExecute;

/**
 * Covers paths of the calling thread's mount namespace with emptiness.
 *
 * @param paths absolute, without symbolic links, of directories and files that exist
 */
export function hidePaths(paths: readonly string[]): void {
  if (paths.length === 0) return;
  // Mounted over /proc only for as long as it takes to clone from it; the clones are all that stays.
  mountFileSystem("tmpfs", "/proc", flags, "mode=0755,size=4k,nr_inodes=8");
  ensureDirectoryAt(AT_FDCWD, "/proc/directory", 0o555);
  close(openAt(AT_FDCWD, "/proc/file", OpenFlag.writeOnly | OpenFlag.create, 0o444));
  paths.forEach(cover);
  detach("/proc");
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
