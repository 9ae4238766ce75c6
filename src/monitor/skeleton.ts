/**
 * What every jail has, whatever is granted in it: an empty root, /proc, /dev and /tmp.
 *
 * @module
 */
import { ensureDirectoryAt, linkAt } from "../../ffi/entry.ts";
import { AT_FDCWD, close, openAt, OpenFlag, writeAll } from "../../ffi/file.ts";
import {
  attachTree,
  cloneTree,
  detach,
  MountAttribute,
  mountFileSystem,
  MountFlag,
  pivotRoot,
  sealMount,
  sealTree,
} from "../../ffi/mount.ts";
import { changeDirectory } from "../../ffi/namespace.ts";
import { userId } from "../../ffi/process.ts";
import { existsAt } from "../../ffi/status.ts";
import { RUN_DIRECTORY, RUNTIME_DIRECTORY } from "../protocol/inside.ts";
import { makeScratch, type Scratch } from "./scratch.ts";

/** The machine has a few thousand pseudoterminals for all (kernel.pty.max). */
const MAXIMUM_TERMINALS = 256;

const devices = ["null", "zero", "full", "random", "urandom", "tty"];

const deviceLinks: readonly [name: string, target: string][] = [
  ["fd", "/proc/self/fd"],
  ["stdin", "/proc/self/fd/0"],
  ["stdout", "/proc/self/fd/1"],
  ["stderr", "/proc/self/fd/2"],
  ["ptmx", "pts/ptmx"],
];

/**
 * Parts of /proc through which uid 0 could change the host: without capabilities it still owns
 * these files (proc(5)), so they are read-only for it.
 */
const readOnlyProc = ["sys", "irq", "bus", "fs", "acpi", "scsi", "sysrq-trigger"];

/** They name keys of the user, whose session keyring the jail does not share (keyrings(7)). */
const maskedProc = ["keys", "key-users"];

/** What of the whole machine's memory and timers the kernel tells uid 0 and nobody else. */
const maskedProcOfRoot = [
  ...["allocinfo", "kpagecgroup", "kpagecount", "kpageflags", "latency_stats", "pagetypeinfo"],
  ...["sched_debug", "slabinfo", "timer_list", "vmallocinfo"],
];

const sealed = MountFlag.noSetuid | MountFlag.noDevices;
const sealedData = sealed | MountFlag.noExecute;
const readOnly = MountAttribute.readOnly | MountAttribute.noSetuid | MountAttribute.noDevices;

/** A file for the run directory. */
export interface RunFile {
  /** Its name in the directory. */
  readonly name: string;
  /** What it holds. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Whether it can be executed. */
  readonly executable: boolean;
}

/** Descriptors through which the monitor, and it alone, writes to the skeleton. */
export interface Skeleton {
  /** The root's own file system, writable, without anything that is mounted on it. */
  readonly root: number;
  /** The run directory, writable. */
  readonly run: number;
  /** The file system of /dev, writable, without anything that is mounted on it. */
  readonly devices: number;
  /** The home directory in the jail's own memory for files. */
  readonly home: OwnHome;
}

/** A home directory that is the jail's own. */
export interface OwnHome {
  /** Its tree, which is mounted once the jail has a path for it. */
  readonly tree: number;
  /** That path; null before, and where the jail has none. */
  path: string | null;
}

/**
 * Turns the calling thread's mount namespace, a copy of M0, into a jail without grants.
 *
 * @param files go into the run directory
 */
export function buildSkeleton(files: readonly RunFile[]): Skeleton {
  const { home, ...scratch } = mountNewRoot();
  mountDevices(scratch);
  leaveOldRoot();
  sealProc();
  const run = fillRunDirectory(files);
  const root = cloneTree(AT_FDCWD, "/", false);
  const devices = cloneTree(AT_FDCWD, "/dev", false);
  sealMount("/", readOnly);
  sealMount("/dev", MountAttribute.readOnly | MountAttribute.noSetuid | MountAttribute.noExecute);
  return { root, run, devices, home: { tree: home, path: null } };
}

/** From here on paths are relative: `.` is the new root, and / still the host's. */
function mountNewRoot(): Scratch {
  // /proc exists on every system, and nothing of it is needed any more.
  mountFileSystem("tmpfs", "/proc", sealed, "mode=0755,size=64m");
  changeDirectory("/proc");
  for (const name of ["proc", "dev", "tmp"]) ensureDirectoryAt(AT_FDCWD, name, 0o755);
  // While the host's /proc is in the namespace: the kernel wants one that is fully visible.
  // Who may not trace a process does not see it: the monitor is none of the jail's business.
  mountFileSystem("proc", "proc", sealedData, "hidepid=ptraceable");
  const scratch = makeScratch("tmp");
  attachAt(scratch.tmp, "tmp");
  return scratch;
}

function mountDevices({ shm, runtime }: Pick<Scratch, "shm" | "runtime">): void {
  mountFileSystem("tmpfs", "dev", MountFlag.noSetuid | MountFlag.noExecute, "mode=0755,size=1m");
  for (const path of ["/dev/shm", "/dev/pts", RUN_DIRECTORY, RUNTIME_DIRECTORY]) {
    ensureDirectoryAt(AT_FDCWD, path.slice(1), 0o755);
  }
  attachAt(shm, "dev/shm");
  attachAt(runtime, RUNTIME_DIRECTORY.slice(1));
  mountFileSystem(
    "devpts",
    "dev/pts",
    MountFlag.noSetuid | MountFlag.noExecute,
    `newinstance,ptmxmode=0666,mode=0620,max=${MAXIMUM_TERMINALS}`,
  );
  devices.forEach(bindDevice);
  for (const [name, target] of deviceLinks) linkAt(target, AT_FDCWD, `dev/${name}`);
}

/** Read-only, a device still takes what is written to it; but its mode is the host's, and root owns it. */
function bindDevice(name: string): void {
  const tree = cloneTree(AT_FDCWD, `/dev/${name}`, false);
  sealTree(tree, MountAttribute.readOnly | MountAttribute.noSetuid | MountAttribute.noExecute);
  const path = `dev/${name}`;
  close(openAt(AT_FDCWD, path, OpenFlag.writeOnly | OpenFlag.create, 0o644));
  attachAt(tree, path);
}

/** Attaches a tree at a path and closes it. */
function attachAt(tree: number, path: string): void {
  const target = openAt(AT_FDCWD, path, OpenFlag.pathOnly | OpenFlag.noFollow);
  attachTree(tree, target, path);
  close(target);
  close(tree);
}

function leaveOldRoot(): void {
  // The old root ends up on top of the new one, where detaching it uncovers the new (pivot_root(2)).
  pivotRoot(".", ".");
  detach(".");
  changeDirectory("/");
}

function sealProc(): void {
  existing(maskedProc).forEach(mask);
  if (userId() !== 0) return;
  existing(maskedProcOfRoot).forEach(mask);
  for (const path of existing(readOnlyProc)) {
    const tree = cloneTree(AT_FDCWD, path, true);
    sealTree(tree, readOnly | MountAttribute.noExecute);
    attachAt(tree, path);
  }
}

function mask(path: string): void {
  attachAt(cloneTree(AT_FDCWD, "/dev/null", false), path);
}

function existing(names: readonly string[]): string[] {
  return names.map((name) => `/proc/${name}`).filter((path) => existsAt(AT_FDCWD, path));
}

/**
 * Takes the covers off /proc, for programs that may make namespaces of their own: the kernel lets
 * them mount a /proc there only if nothing covers the one that they see. Those against uid 0 stay.
 */
export function uncoverProc(): void {
  existing(maskedProc).forEach(detach);
}

function fillRunDirectory(files: readonly RunFile[]): number {
  mountFileSystem("tmpfs", RUN_DIRECTORY, sealed, "mode=0755,size=64m");
  const run = cloneTree(AT_FDCWD, RUN_DIRECTORY, false);
  for (const file of files) {
    const descriptor = openAt(
      run,
      file.name,
      OpenFlag.writeOnly | OpenFlag.create | OpenFlag.exclusive,
      file.executable ? 0o555 : 0o444,
    );
    writeAll(descriptor, file.bytes);
    close(descriptor);
  }
  return run;
}

/** Makes the run directory read-only for the jail; after the socket is bound in it. */
export function sealRunDirectory(): void {
  sealMount(RUN_DIRECTORY, readOnly);
}
