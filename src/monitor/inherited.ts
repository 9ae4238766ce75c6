/**
 * What the application inherits from outside the jail: its standard descriptors, which are the client's.
 *
 * @module
 */
import { accessOf, AT_FDCWD, openAt, OpenFlag } from "../../ffi/file.ts";
import { type FileStatus, statusAt, statusOf } from "../../ffi/status.ts";
import { Status, UserError } from "../errors.ts";

/** One of the descriptors. */
export interface InheritedFile extends Pick<FileStatus, "kind" | "identity"> {
  /** Its number in the monitor. */
  readonly descriptor: number;
  /** Whether it is open for reading. */
  readonly read: boolean;
  /** Whether it is open for writing. */
  readonly write: boolean;
}

const NULL_DEVICE = "/dev/null";

/**
 * Looks at descriptors.
 *
 * @param descriptors the client's 0, 1 and 2
 * @throws UserError for a directory: paths that start from it lead out of the jail
 */
export function inheritedFiles(descriptors: readonly number[]): InheritedFile[] {
  return descriptors.map((descriptor, index) => {
    const { kind, identity } = statusOf(descriptor);
    if (kind !== "directory") return { descriptor, kind, identity, ...accessOf(descriptor) };
    throw new UserError(
      `Descriptor ${index} is a directory, which leads out of a jail: redirect it from a file`,
      Status.notStarted,
    );
  });
}

/**
 * The jail's own /dev/null in place of the host's, which is the same but for its mount: by that one,
 * root in a jail could change the device's mode for everybody. The calling thread is in M1.
 *
 * @returns for each file a new descriptor, or null where it is of something else
 */
export function* ownNulls(files: readonly InheritedFile[]): Generator<number | null> {
  const mayBeNull = files.some(({ kind }) => kind === "character device");
  const identity = mayBeNull ? statusAt(AT_FDCWD, NULL_DEVICE).identity : "";
  for (const file of files) yield file.identity === identity ? openNull(file) : null;
}

function openNull({ read, write }: InheritedFile): number {
  if (!write) return openAt(AT_FDCWD, NULL_DEVICE, OpenFlag.readOnly);
  return openAt(AT_FDCWD, NULL_DEVICE, read ? OpenFlag.readWrite : OpenFlag.writeOnly);
}
