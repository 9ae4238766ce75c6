/**
 * The jail's own memory for files: one file system behind /tmp, /dev/shm, XDG_RUNTIME_DIR and, where
 * nothing grants one, the home directory. It has one limit, so that a jail has no more by writing
 * to several places; and nothing that the monitor needs is in it, so that a full one stops no grant.
 *
 * @module
 */
import { ensureDirectoryAt, setMode } from "../../ffi/entry.ts";
import { AT_FDCWD } from "../../ffi/file.ts";
import { cloneTree, detach, mountFileSystem, MountFlag } from "../../ffi/mount.ts";
import type { OrderedScratch } from "../protocol/messages.ts";

/** Directories of the file system, with the permission bits that their places have. */
const modes: Scratch = { tmp: 0o1777, shm: 0o1777, runtime: 0o700, home: 0o700 };

/** Detached trees of it, one for each place. */
export type Scratch = Readonly<Record<"tmp" | "shm" | "runtime" | "home", number>>;

const sealed = MountFlag.noSetuid | MountFlag.noDevices;

/** What it may hold before anybody can write to it: enough for its directories. */
const NOTHING = "mode=0755,size=64k,nr_inodes=64";

/** Makes the file system, by way of a directory that is as empty afterwards. */
export function makeScratch(directory: string): Scratch {
  mountFileSystem("tmpfs", directory, sealed, NOTHING);
  const trees = Object.entries(modes).map(([name, mode]) => {
    const path = `${directory}/${name}`;
    ensureDirectoryAt(AT_FDCWD, path, mode);
    setMode(path, mode);
    return [name, cloneTree(AT_FDCWD, path, false)] as const;
  });
  detach(directory);
  return Object.fromEntries(trees) as Scratch;
}

/** Says how much there may be in it; the calling thread is in M1. */
export function limitScratch({ bytes, files }: OrderedScratch): void {
  const options = `size=${bytes},nr_inodes=${files}`;
  mountFileSystem("tmpfs", "/tmp", sealed | MountFlag.remount, options);
}
