/**
 * Directories that profiles want made before a jail needs them: `create = true`.
 *
 * @module
 */
import { KernelError } from "../../ffi/check.ts";
import { ensureDirectoryAt } from "../../ffi/entry.ts";
import { AT_FDCWD, close, openAt, OpenFlag } from "../../ffi/file.ts";
import { Status, UserError } from "../errors.ts";
import type { ResolvedProfile } from "../profile/profile.ts";
import { encodePath } from "../stemflow/path.ts";

const PRIVATE = 0o700;
const step = OpenFlag.pathOnly | OpenFlag.directory | OpenFlag.noFollow;

/** Makes a directory with its parents; a link that somebody put in the way meanwhile is not followed. */
function makeTree(path: string): void {
  let directory = openAt(AT_FDCWD, "/", OpenFlag.pathOnly | OpenFlag.directory);
  try {
    for (const name of path.split("/").slice(1)) {
      ensureDirectoryAt(directory, encodePath(name), PRIVATE);
      const next = openAt(directory, encodePath(name), step);
      close(directory);
      directory = next;
    }
  } finally {
    close(directory);
  }
}

/**
 * Makes what the profiles of a jail want made.
 *
 * @param candidates the jail's
 * @throws UserError when one cannot be made
 */
export function createDirectories(candidates: readonly ResolvedProfile[]): void {
  for (const { name, binds } of candidates) {
    for (const { path } of binds.filter(({ create }) => create)) {
      try {
        makeTree(path);
      } catch (error) {
        if (!(error instanceof KernelError)) throw error;
        throw new UserError(
          `Cannot create ${JSON.stringify(path)} for the profile ${JSON.stringify(name)}: ` +
            `${error.code}; make it yourself, or remove create = true there`,
          Status.notStarted,
        );
      }
    }
  }
}
