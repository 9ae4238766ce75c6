/**
 * Terminals and pseudoterminals. openpty(3), termios(3), ioctl_tty(2).
 *
 * @module
 */
import { check } from "./check.ts";
import { AT_FDCWD, close, openAt, OpenFlag } from "./file.ts";
import { bind } from "./library.ts";

const libc = bind({
  isatty: { parameters: ["i32"], result: "i32" },
  openpty: { parameters: ["buffer", "buffer", "pointer", "buffer", "buffer"], result: "i32" },
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
  tcgetattr: { parameters: ["i32", "buffer"], result: "i32" },
  tcsetattr: { parameters: ["i32", "i32", "buffer"], result: "i32" },
});

const TIOCSCTTY = 0x540en;
const TIOCSPGRP = 0x5410n;
const TIOCGWINSZ = 0x5413n;
const TERMIOS_BYTES = 60;

/** Settings of a terminal: struct termios, opaque. */
export type TerminalSettings = Uint8Array<ArrayBuffer>;

/** The two ends of a pseudoterminal. */
export interface Pseudoterminal {
  /** The end of whoever plays the terminal. */
  readonly master: number;
  /** The end that programs see as their terminal. */
  readonly slave: number;
}

/** Whether a descriptor is a terminal. */
export function isTerminal(descriptor: number): boolean {
  return libc.isatty(descriptor) === 1;
}

/** The settings of a terminal, or null when it is not one. */
export function terminalSettings(descriptor: number): TerminalSettings | null {
  const settings = new Uint8Array(TERMIOS_BYTES);
  return libc.tcgetattr(descriptor, settings) === 0 ? settings : null;
}

/** tcsetattr(3), at once; whether it was done. */
export function restoreTerminal(descriptor: number, settings: TerminalSettings): boolean {
  return libc.tcsetattr(descriptor, 0, settings) === 0;
}

/**
 * The settings that a new terminal takes over from another: those of one in use by lines. A shell
 * that edits its line has set its own; a job that it starts in the background is not to have them.
 */
function settingsToCopy(terminal: number): TerminalSettings | null {
  const ICANON = 2;
  const LOCAL_FLAGS = 3;
  const settings = terminalSettings(terminal);
  if (settings === null) return null;
  return (new Uint32Array(settings.buffer)[LOCAL_FLAGS] & ICANON) === 0 ? null : settings;
}

/**
 * A new pseudoterminal on the devpts of the calling thread's /dev, with the settings and the size
 * of another terminal if there is one.
 */
export function openPseudoterminal(like: number): Pseudoterminal {
  const master = new Int32Array(1);
  const slave = new Int32Array(1);
  const size = new Uint8Array(8);
  const hasSize = libc.ioctl(like, TIOCGWINSZ, size) === 0;
  check(
    "openpty",
    libc.openpty(
      new Uint8Array(master.buffer),
      new Uint8Array(slave.buffer),
      null,
      settingsToCopy(like),
      hasSize ? size : null,
    ),
  );
  return { master: master[0], slave: slave[0] };
}

/** Makes a terminal the controlling one of the calling session leader (TIOCSCTTY). */
export function takeControl(terminal: number): void {
  check("ioctl TIOCSCTTY", libc.ioctl(terminal, TIOCSCTTY, null));
}

/**
 * Makes a process group the foreground one of the calling process's controlling terminal: tcsetpgrp(3).
 *
 * @param group a group of the same session
 * @throws KernelError when there is no such terminal or group
 */
export function setForeground(group: number): void {
  const terminal = openAt(AT_FDCWD, "/dev/tty", OpenFlag.readWrite);
  try {
    check(
      "ioctl TIOCSPGRP",
      libc.ioctl(terminal, TIOCSPGRP, new Uint8Array(Int32Array.of(group).buffer)),
    );
  } finally {
    close(terminal);
  }
}
