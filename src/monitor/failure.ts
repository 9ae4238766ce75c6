/**
 * How a launch that failed is told to the user.
 *
 * @module
 */
import { errnoWords } from "../../ffi/errno.ts";
import { SpawnError } from "../../ffi/spawn.ts";
import { messageOf, Status, UserError } from "../errors.ts";
import { GrantError } from "./grant_error.ts";

/** One line, and the exit status that goes with it. */
export interface LaunchFailure {
  /** What, why, and what would do. */
  readonly message: string;
  /** The client's exit status. */
  readonly status: number;
}

/** Words a failure of the monitor's launch. */
export function launchFailure(error: unknown, file: string): LaunchFailure {
  if (error instanceof GrantError) {
    return { message: `Cannot grant ${error.message}`, status: Status.notStarted };
  }
  if (error instanceof SpawnError && error.step === "chdir") {
    const message = `Cannot start in ${JSON.stringify(error.subject)}: ${error.code} (it is not ` +
      `visible in this jail; a profile must grant it)`;
    return { message, status: Status.notStarted };
  }
  if (error instanceof SpawnError && error.step === "execve") return executeFailure(error, file);
  if (error instanceof UserError) return { message: error.message, status: error.status };
  const message = `Cannot start ${JSON.stringify(file)}: ${messageOf(error)}`;
  return { message, status: Status.notStarted };
}

function executeFailure(error: SpawnError, file: string): LaunchFailure {
  const what = `Cannot execute ${JSON.stringify(file)}: ${error.code}`;
  switch (error.code) {
    case "ENOENT":
      return {
        message:
          `${what} (it, or the interpreter that it names, is not visible in this jail; a profile ` +
          `must grant both)`,
        status: Status.notFound,
      };
    case "E2BIG":
      return {
        message:
          `${what} (arguments and environment exceed the kernel's limit; pass long lists through ` +
          `a file or standard input)`,
        status: Status.cannotExecute,
      };
    default:
      return {
        message: `${what} (${errnoWords(error.errno)})`,
        status: Status.cannotExecute,
      };
  }
}
