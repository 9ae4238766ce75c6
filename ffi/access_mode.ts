/**
 * What an open descriptor may be used for. fcntl(2).
 *
 * @module
 */
import { check } from "./check.ts";
import { OpenFlag } from "./file.ts";
import { bind } from "./library.ts";

const libc = bind({ fcntl: { parameters: ["i32", "i32"], result: "i32" } });

const F_GETFL = 3;
const O_ACCMODE = 3;

/** For what a descriptor was opened. */
export interface AccessMode {
  /** For reading. */
  readonly read: boolean;
  /** For writing. */
  readonly write: boolean;
}

/** The access mode of a descriptor; neither for one that only names its file (O_PATH). */
export function accessModeOf(descriptor: number): AccessMode {
  const flags = check("fcntl", libc.fcntl(descriptor, F_GETFL));
  if ((flags & OpenFlag.pathOnly) !== 0) return { read: false, write: false };
  const mode = flags & O_ACCMODE;
  return {
    read: mode === OpenFlag.readOnly || mode === OpenFlag.readWrite,
    write: mode === OpenFlag.writeOnly || mode === OpenFlag.readWrite,
  };
}
