/** What can be seen of an attack from outside the jail. */

import { exists } from "../system/world.ts";
import { type Fixture, SECRET } from "./fixture.ts";

/** What an attack could have changed outside, as text to compare. */
export function hostState(fixture: Fixture): string {
  const mounts = Deno.readTextFileSync("/proc/self/mountinfo");
  return [
    exists(fixture.secret) && Deno.readTextFileSync(fixture.secret) === SECRET,
    ...list(fixture.home).filter((path) => !path.startsWith(fixture.work)),
    ...list(fixture.profiles),
    ...list(fixture.readOnly),
    Deno.hostname(),
    mounts,
  ].join("\n");
}

/** A peer takes its mounts away a moment after its jail has ended. */
export async function settledState(fixture: Fixture, before: string): Promise<string> {
  await waitFor(() => hostState(fixture) === before, 1_000);
  return hostState(fixture);
}

function list(directory: string): string[] {
  return [...Deno.readDirSync(directory)].flatMap((entry) => {
    const path = `${directory}/${entry.name}`;
    return entry.isDirectory ? [path, ...list(path)] : [`${path} ${Deno.lstatSync(path).size}`];
  }).sort();
}

/** Processes of the host that are a daemon of the probe with this argument. */
export function processesWith(token: string): number[] {
  return [...Deno.readDirSync("/proc")].map((entry) => Number(entry.name)).filter((pid) => {
    if (!Number.isInteger(pid)) return false;
    try {
      const words = Deno.readTextFileSync(`/proc/${pid}/cmdline`).split("\0");
      return words[1] === "linger" && words.includes(token);
    } catch {
      return false; // it has just ended
    }
  });
}

/** Waits until a condition holds, but not longer than a time. */
export async function waitFor(condition: () => boolean, milliseconds: number): Promise<void> {
  const deadline = Date.now() + milliseconds;
  while (!condition() && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Whether the host has a file that the probe has written to. */
export function wasChanged(path: string): boolean {
  return exists(path) && Deno.readTextFileSync(path).includes("# escaped");
}
