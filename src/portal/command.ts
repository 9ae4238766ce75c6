/**
 * Finding the program that a command names.
 *
 * @module
 */
import { Status, UserError } from "../errors.ts";

/** Where a system without PATH looks (execvp(3)). */
const DEFAULT_PATH = "/usr/local/bin:/bin:/usr/bin";

type Found = "executable" | "not executable" | "unreachable" | "missing";

function examine(path: string): Found {
  try {
    const status = Deno.statSync(path);
    return status.isFile && ((status.mode ?? 0) & 0o111) !== 0 ? "executable" : "not executable";
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) return "unreachable";
    return "missing";
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
  let denied: string | null = null;
  for (const place of command === "" ? [] : places) {
    const found = examine(place);
    if (found === "executable") return place;
    // A directory of PATH that cannot be searched is passed over, as shells do.
    const isDenied = found === "unreachable" ? command.includes("/") : found === "not executable";
    if (isDenied) denied ??= place;
  }
  if (denied !== null) {
    throw new UserError(
      `Cannot execute ${JSON.stringify(denied)}: EACCES (it is not an executable file)`,
      Status.cannotExecute,
    );
  }
  const where = command.includes("/") ? "no such file" : "it is in no directory of PATH";
  throw new UserError(`Command ${name} not found: ${where}`, Status.notFound);
}
