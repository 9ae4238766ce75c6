/**
 * What a command gets of the user's terminal: never the terminal itself, unless that was asked for, but
 * a pseudoterminal of the jail's own, which the client connects to it.
 *
 * In a pipeline others may be reading the same keyboard, such as a pager. There the command begins in
 * its terminal's background, where the kernel stops whoever reads a terminal or sets it; that is when
 * the client takes the keyboard.
 *
 * @module
 */
import type { Given } from "../cli/options.ts";
import { Status, UserError } from "../errors.ts";

const STANDARD = [0, 1, 2] as const;
const streams = [Deno.stdin, Deno.stdout, Deno.stderr];

/** How the client connects the jail's pseudoterminal. */
export interface TerminalUse {
  /** Which of the three descriptors it replaces; without any there is none. */
  readonly replaced: readonly number[];
  /** Where the client reads for it, or -1. */
  readonly keyboard: number;
  /** Where the client writes what it shows, or -1. */
  readonly screen: number;
  /** Whether the keyboard is a terminal, to be put into raw mode. */
  readonly isRaw: boolean;
  /** Whether others may be reading the keyboard. */
  readonly isShared: boolean;
}

const NONE: TerminalUse = {
  replaced: [],
  keyboard: -1,
  screen: -1,
  isRaw: false,
  isShared: false,
};

function replacedDescriptors(given: Given): readonly number[] {
  if (given.has("tty") && given.has("no-tty")) {
    throw new UserError("run: --tty and --no-tty exclude each other", Status.notStarted);
  }
  if (given.has("no-tty")) return [];
  if (given.has("tty")) return STANDARD;
  return STANDARD.filter((descriptor) => streams[descriptor].isTerminal());
}

/** Opens the controlling terminal (tty(4)); -1 where there is none. */
async function openTerminal(): Promise<number> {
  const { AT_FDCWD, openAt, OpenFlag } = await import("../../ffi/file.ts");
  try {
    return openAt(AT_FDCWD, "/dev/tty", OpenFlag.readWrite);
  } catch {
    return -1;
  }
}

/** Whether what is written goes to another program. */
async function isPipe(descriptor: number): Promise<boolean> {
  const { statusOf } = await import("../../ffi/status.ts");
  return ["fifo", "socket"].includes(statusOf(descriptor).kind);
}

/**
 * Works out how the options and the client's descriptors are to be used.
 *
 * @throws UserError when the options contradict each other
 */
export async function terminalUse(given: Given): Promise<TerminalUse> {
  const replaced = replacedDescriptors(given);
  if (replaced.length === 0) return NONE;
  const readsInput = replaced.includes(0);
  const keyboard = readsInput ? 0 : await openTerminal();
  return {
    replaced,
    keyboard,
    screen: replaced.find((descriptor) => descriptor > 0) ?? await openTerminal(),
    isRaw: readsInput ? Deno.stdin.isTerminal() : keyboard >= 0,
    isShared: !readsInput || !replaced.includes(1) && await isPipe(1),
  };
}

/**
 * The descriptors to send. A terminal that is only there to be written to is opened anew, for
 * writing alone: shells open it once for both, and the application is not to read the keyboard.
 */
export async function standardDescriptors({ replaced }: TerminalUse): Promise<readonly number[]> {
  const isOutput = (descriptor: number) =>
    descriptor > 0 && !replaced.includes(descriptor) && streams[descriptor].isTerminal();
  if (!STANDARD.some(isOutput)) return STANDARD;
  const { AT_FDCWD, openAt, OpenFlag } = await import("../../ffi/file.ts");
  const flags = OpenFlag.writeOnly | OpenFlag.noControllingTerminal;
  return STANDARD.map((descriptor) =>
    isOutput(descriptor) ? openAt(AT_FDCWD, `/proc/self/fd/${descriptor}`, flags) : descriptor
  );
}
