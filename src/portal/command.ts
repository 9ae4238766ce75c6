/**
 * Finding the program that a command names.
 *
 * @module
 */
import { KernelError } from "../../ffi/check.ts";
import { AT_FDCWD, close, openAt, OpenFlag } from "../../ffi/file.ts";
import { statusOf } from "../../ffi/status.ts";
import { Status, UserError } from "../errors.ts";
import { encodePath } from "../stemflow/path.ts";

/** Where what has no PATH looks, shells among them (execvp(3)). */
export const DEFAULT_PATH = "/usr/local/bin:/bin:/usr/bin";

/** What a path is: something to execute, or why not; an errno name where looking failed. */
type Found = "executable" | "not executable" | string;

/** Nothing is there. */
const absent = new Set(["ENOENT", "ENOTDIR"]);

function examine(path: string): Found {
  let file = -1;
  try {
    file = openAt(AT_FDCWD, encodePath(path), OpenFlag.pathOnly);
    const { kind, mode } = statusOf(file);
    return kind === "file" && (mode & 0o111) !== 0 ? "executable" : "not executable";
  } catch (error) {
    if (error instanceof KernelError) return error.code;
    throw error;
  } finally {
    if (file >= 0) close(file);
  }
}

function from(directory: string, path: string): string {
  return path.startsWith("/") ? path : `${directory}/${path}`;
}

/**
 * The absolute path of a command, as a shell would find it.
 *
 * @param command a name, or a path if it has a slash
 * @param searchPath the value of PATH
 * @param directory where relative paths start
 * @throws UserError with status 127 or 126
 */
export function findCommand(
  command: string,
  searchPath: string | undefined,
  directory: string,
): string {
  const name = JSON.stringify(command);
  const places = command.includes("/")
    ? [from(directory, command)]
    : (searchPath ?? DEFAULT_PATH).split(":").map((place) =>
      `${from(directory, place === "" ? "." : place)}/${command}`
    );
  let refusal: string | null = null;
  for (const place of command === "" ? [] : places) {
    const found = examine(place);
    if (found === "executable") return place;
    // A directory of PATH that cannot be searched is passed over, as shells do.
    const isFailure = found !== "not executable" && (absent.has(found) || !command.includes("/"));
    if (isFailure) continue;
    const why = found === "not executable" ? "EACCES (it is not an executable file)" : found;
    refusal ??= `Cannot execute ${JSON.stringify(place)}: ${why}`;
  }
  if (refusal !== null) throw new UserError(refusal, Status.cannotExecute);
  const where = command.includes("/") ? "no such file" : "it is in no directory of PATH";
  throw new UserError(`Command ${name} not found: ${where}`, Status.notFound);
}
