/**
 * How much memory the machine has, and whether it has some to spare.
 *
 * @module
 */

import { AT_FDCWD, readTextAt } from "../../ffi/file.ts";

const MAXIMUM_BYTES = 16 * 1024;

/** Below this share of all memory nothing is kept ready. */
const LEAST_SHARE = 0.1;

function kilobytes(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1] ?? NaN);
}

/**
 * Judges the text of /proc/meminfo (proc(5)). What it does not say is no reason for alarm.
 *
 * @param text of the file
 */
function isShortOfMemory(text: string): boolean {
  return kilobytes(text, "MemAvailable") < LEAST_SHARE * kilobytes(text, "MemTotal");
}

function memoryInformation(): string {
  return readTextAt(AT_FDCWD, "/proc/meminfo", MAXIMUM_BYTES);
}

/** Whether the kernel would have to make room for a few more processes. */
export function isMemoryShort(): boolean {
  return isShortOfMemory(memoryInformation());
}

let total: number | null = null;

/** The machine's memory, in bytes, as it was when it was first asked for: every launch does. */
export function totalMemory(): number {
  return total ??= kilobytes(memoryInformation(), "MemTotal") * 1024;
}
