/**
 * How a launch that failed is told to the user.
 *
 * @module
 */
import { SpawnError } from "../../ffi/spawn.ts";
import { GrantError } from "./grants.ts";

/** One line, and the exit status that goes with it. */
export interface LaunchFailure {
  readonly message: string;
  readonly status: number;
}

const FAILED = 125;
const CANNOT_EXECUTE = 126;
const NOT_FOUND = 127;

/** Words a failure of the monitor's launch. */
export function launchFailure(error: unknown, file: string): LaunchFailure {
  if (error instanceof GrantError) {
    return { message: `Cannot grant ${error.message}`, status: FAILED };
  }
  if (error instanceof SpawnError && error.step === "execve") return executeFailure(error, file);
  const reason = error instanceof Error ? error.message : String(error);
  return { message: `Cannot start ${file}: ${reason}`, status: FAILED };
}

function executeFailure(error: SpawnError, file: string): LaunchFailure {
  switch (error.code) {
    case "ENOENT":
      return {
        message:
          `Cannot execute ${file}: ENOENT (it, or the interpreter that it names, is not visible ` +
          `in this jail; a profile must grant both)`,
        status: NOT_FOUND,
      };
    case "E2BIG":
      return {
        message:
          `Cannot execute ${file}: E2BIG (arguments and environment exceed the kernel's limit; ` +
          `pass long lists through a file or standard input)`,
        status: CANNOT_EXECUTE,
      };
    default:
      return { message: `Cannot execute ${file}: ${error.code}`, status: CANNOT_EXECUTE };
  }
}
