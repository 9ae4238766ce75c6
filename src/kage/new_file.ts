/**
 * Files that a command makes for the user.
 *
 * @module
 */
import { KernelError } from "../../ffi/check.ts";
import { ensureTree, removeAt } from "../../ffi/entry.ts";
import { AT_FDCWD, close, openAt, OpenFlag, writeAll } from "../../ffi/file.ts";
import { UserError } from "../errors.ts";

/**
 * Makes a file that is not there yet, with the directories that lead to it.
 *
 * @param path absolute
 * @param text what it is to hold
 * @param directoryMode permission bits of directories that are made
 * @throws UserError when there is such a file, or it cannot be made; then nothing of it is left
 */
export function writeNewFile(path: string, text: string, directoryMode: number): void {
  const flags = OpenFlag.writeOnly | OpenFlag.create | OpenFlag.exclusive;
  try {
    const slash = path.lastIndexOf("/");
    if (slash > 0) ensureTree(path.slice(0, slash), directoryMode);
    fill(openAt(AT_FDCWD, path, flags, 0o644), path, text);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    const hint = error.code === "EEXIST" ? "; remove it first, or choose another name" : "";
    throw new UserError(`Cannot make ${JSON.stringify(path)}: ${error.message}${hint}`);
  }
}

function fill(file: number, path: string, text: string): void {
  try {
    writeAll(file, new TextEncoder().encode(text));
  } catch (error) {
    removeAt(AT_FDCWD, path);
    throw error;
  } finally {
    close(file);
  }
}
