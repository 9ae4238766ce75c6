/**
 * The cgroup that was delegated to the portal: whether there is one, and taking it over. cgroups(7).
 *
 * @module
 */
import { KernelError } from "../../ffi/check.ts";
import { ensureDirectoryAt, readDirectory, removeDirectoryAt } from "../../ffi/entry.ts";
import { AT_FDCWD, close, openAt, OpenFlag, readTextAt, writeTextAt } from "../../ffi/file.ts";
import { existsAt } from "../../ffi/status.ts";
import {
  cgroupDirectory,
  type Controller,
  jailControllersIn,
  PORTAL_LEAF,
  unifiedCgroup,
} from "../protocol/cgroup.ts";
import { currentMounts } from "../protocol/mounts.ts";
import { decodePath, encodePath } from "../stemflow/path.ts";
import { readHostText } from "./host_file.ts";

const MAXIMUM_BYTES = 64 * 1024;

/** Why a portal has no cgroup to make others in, in words that can follow a colon. */
export class Obstacle extends Error {
  /** What distinguishes this class in messages. */
  override readonly name = "Obstacle";
}

/** A cgroup that jails' own can be made in. */
export interface Base {
  /** Its path. */
  readonly path: string;
  /** Its directory, open. */
  readonly directory: number;
  /** What can be limited in it. */
  readonly controllers: readonly Controller[];
  /** Whether whoever started the portal had put it into the leaf already. */
  readonly wasInLeaf: boolean;
}

/** What a file of cgroupfs says. */
export function readFile(directory: number, name: string): string {
  return readTextAt(directory, name, MAXIMUM_BYTES);
}

/** Does what the kernel may refuse; whether it did not. */
export function isAllowed(act: () => void): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if (error instanceof KernelError) return false;
    throw error;
  }
}

/** The names of the cgroups in one. */
export function cgroupsIn(directory: number): string[] {
  const listed = openAt(directory, ".", OpenFlag.readOnly | OpenFlag.directory);
  try {
    return [...readDirectory(listed)].map(decodePath)
      .filter((name) => existsAt(directory, `${name}/cgroup.procs`));
  } finally {
    close(listed);
  }
}

function findOwn(): string {
  const own = unifiedCgroup(readHostText("/proc/self/cgroup"));
  if (own === null) throw new Obstacle("this system has no cgroups of version 2");
  const path = cgroupDirectory(own, currentMounts());
  if (path !== null) return path;
  throw new Obstacle(`the portal's cgroup ${JSON.stringify(own)} is mounted nowhere`);
}

/** Looks whether a cgroup may be taken over, and for what. */
function judge(directory: number, isInLeaf: boolean): Controller[] {
  // Only the root of all has no type, and it is the system's.
  if (!existsAt(directory, "cgroup.type")) throw new Obstacle("the portal is in the root cgroup");
  for (const name of ["cgroup.procs", "cgroup.subtree_control"]) {
    if (isAllowed(() => close(openAt(directory, name, OpenFlag.writeOnly)))) continue;
    throw new Obstacle("no cgroup is delegated to the portal");
  }
  // Others would have to be moved as well, and who started them may rely on where they are.
  const processes = readFile(directory, "cgroup.procs").split("\n").filter((line) => line !== "");
  if (!isInLeaf && processes.some((pid) => pid !== String(Deno.pid))) {
    throw new Obstacle("the portal shares its cgroup with other processes");
  }
  const controllers = jailControllersIn(readFile(directory, "cgroup.controllers"));
  if (controllers.length > 0) return controllers;
  throw new Obstacle("the portal's cgroup has no controller for memory or processes");
}

function switchControllers({ directory, controllers }: Base, sign: "+" | "-"): void {
  const words = controllers.map((name) => `${sign}${name}`).join(" ");
  writeTextAt(directory, "cgroup.subtree_control", words);
}

/** A controller can be enabled for what is in a cgroup only while no process is in itself. */
function settle(base: Base): void {
  if (base.wasInLeaf) return switchControllers(base, "+");
  ensureDirectoryAt(base.directory, PORTAL_LEAF, 0o755);
  try {
    writeTextAt(base.directory, `${PORTAL_LEAF}/cgroup.procs`, String(Deno.pid));
    switchControllers(base, "+");
  } catch (error) {
    leaveLeaf(base);
    throw error;
  }
}

function leaveLeaf({ directory }: Base): void {
  isAllowed(() => writeTextAt(directory, "cgroup.procs", String(Deno.pid)));
  isAllowed(() => removeDirectoryAt(directory, PORTAL_LEAF));
}

/**
 * Takes over the cgroup that the portal was started in.
 *
 * @throws Obstacle where it is not the portal's to divide
 * @throws KernelError where the kernel does not let it
 */
export function takeBase(): Base {
  const own = findOwn();
  const wasInLeaf = own.endsWith(`/${PORTAL_LEAF}`);
  const path = wasInLeaf ? own.slice(0, -PORTAL_LEAF.length - 1) : own;
  const directory = openAt(AT_FDCWD, encodePath(path), OpenFlag.readOnly | OpenFlag.directory);
  try {
    const base = { path, directory, controllers: judge(directory, wasInLeaf), wasInLeaf };
    settle(base);
    return base;
  } catch (error) {
    close(directory);
    throw error;
  }
}

/** Leaves a cgroup as it was, once nothing but the portal is in it, whose end closes the directory. */
export function leaveBase(base: Base): void {
  if (base.wasInLeaf) return;
  isAllowed(() => switchControllers(base, "-"));
  leaveLeaf(base);
}
