/** What StemJail's doings can be told by from outside: processes, mounts, files, descriptors. */

import assert from "node:assert/strict";
import { eventually } from "./process.ts";
import type { World } from "./world.ts";

/** A process of the host. */
export interface Process {
  readonly pid: number;
  readonly command: readonly string[];
}

/**
 * All processes of a world, told by their environment: whatever StemJail starts knows the world's
 * home. A monitor's environment can be read by root alone; its command line must do otherwise.
 */
export function processesOf(world: World): Process[] {
  return allProcesses().filter(({ pid, command }) => {
    if (read(`/proc/${pid}/environ`).includes(`${world.base}/`)) return true;
    return Deno.uid() !== 0 && command[0] === "stemjail" && command.includes("monitor") &&
      Deno.statSync(`/proc/${pid}`).uid === world.user.uid;
  });
}

/** The portals of a world; not their children, which look like them until they run a program. */
export function portalsOf(world: World): Process[] {
  const alike = processesOf(world).filter((process) => isRole(process, "portal"));
  return alike.filter(({ pid }) => !alike.some((other) => other.pid === parentOf(pid)));
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
}

/** The processes outside jails that wait for one in `run`. */
export function clientsOf(world: World): Process[] {
  return processesOf(world).filter((process) => isRole(process, "run"));
}

/** The monitors of a world, waiting ones included. */
export function monitorsOf(world: World): Process[] {
  return processesOf(world).filter((process) => isRole(process, "monitor"));
}

/** Processes in the host that have a word among their arguments. */
export function processesWith(word: string): Process[] {
  return allProcesses().filter(({ command }) => command.includes(word));
}

/** A process as text, of ours without the runtime's options. */
export function summary(process: Process): string {
  const role = ["portal", "run", "monitor"].find((name) => isRole(process, name));
  return role === undefined ? process.command.join(" ") : `stemjail ${role}`;
}

/** The runtime's own options stand before the script, and after it the subcommand. */
function isRole({ command }: Process, role: string): boolean {
  if (command[0] !== "stemjail") return false;
  const script = command.findIndex((word) => word.endsWith(".js") || word.startsWith("/proc/"));
  return command[script + 1] === role;
}

function allProcesses(): Process[] {
  return [...Deno.readDirSync("/proc")].map(({ name }) => Number(name)).filter(Number.isInteger)
    .map((pid) => ({ pid, command: read(`/proc/${pid}/cmdline`).split("\0").slice(0, -1) }))
    .filter(({ command }) => command.length > 0);
}

/** A file of /proc; nothing of a process that has just ended, or is not ours to look into. */
function read(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

/** What there is, as lines to compare. */
export interface Traces {
  readonly processes: readonly string[];
  readonly mounts: readonly string[];
  readonly files: readonly string[];
  /** How many descriptors the portals have open. */
  readonly descriptors: number;
}

/** Everything that could be left behind. */
export function tracesOf(world: World): Traces {
  return {
    processes: processesOf(world).map(summary).sort(),
    mounts: mounts(world),
    files: [...below(world.installation.base), ...ownIn("/dev/shm", world), ...ownIn("/tmp", world)]
      .sort(),
    descriptors: portalsOf(world).map(({ pid }) => descriptorsOf(pid).length)
      .reduce((sum, count) => sum + count, 0),
  };
}

/** What there is once it does not change any more. */
export async function steadyTraces(world: World): Promise<Traces> {
  let last = "";
  await eventually("nothing changes", async () => {
    await new Promise((resolve) => setTimeout(resolve, 150));
    const before = last;
    last = JSON.stringify(tracesOf(world));
    return last === before;
  });
  return JSON.parse(last);
}

/** The open descriptors of a process, as `NUMBER -> TARGET`. */
export function descriptorsOf(pid: number): string[] {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].flatMap(({ name }) => {
    try {
      return [`${name} -> ${Deno.readLinkSync(`/proc/${pid}/fd/${name}`)}`];
    } catch {
      return []; // it has just been closed
    }
  });
}

/** Waits a moment for things to be as they were before, and compares. */
export async function assertNothingLeft(world: World, before: Traces): Promise<void> {
  const isSame = () => JSON.stringify(tracesOf(world)) === JSON.stringify(before);
  await eventually("all is as before", isSame, 3_000).catch(() => {});
  assert.deepEqual(tracesOf(world), before);
}

/** Mounts of the host that have to do with the user or were nobody's here before. */
function mounts(world: World): string[] {
  const table = Deno.readTextFileSync("/proc/self/mountinfo").trim().split("\n");
  const points = table.map((line) => line.split(" ")[4]);
  const elsewhere = (path: string) =>
    /^\/(home|tmp|var\/tmp|root|run\/netns)\//.test(path) &&
    !path.startsWith(world.installation.base);
  return points.filter((path) => !elsewhere(path)).sort();
}

function below(directory: string): string[] {
  return [...Deno.readDirSync(directory)].flatMap(({ name, isDirectory }) => {
    const path = `${directory}/${name}`;
    return isDirectory ? [path, ...below(path)] : [path];
  });
}

/** What a user has in a place for all that bears our name; others make things there meanwhile. */
function ownIn(directory: string, { user }: World): string[] {
  return [...Deno.readDirSync(directory)].filter(({ name }) => name.startsWith("stemjail"))
    .map(({ name }) => `${directory}/${name}`).filter((path) => ownerOf(path) === user.uid);
}

function ownerOf(path: string): number | null {
  try {
    return Deno.lstatSync(path).uid;
  } catch {
    return null; // it has just gone
  }
}
