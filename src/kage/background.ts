/**
 * A portal in the background: in a session of its own, with a log, and a pipe through which it
 * says that it is ready.
 *
 * @module
 */
import { KernelError } from "../../ffi/check.ts";
import { ensureTree } from "../../ffi/entry.ts";
import { AT_FDCWD, close, openAt, OpenFlag, pipe, readAll } from "../../ffi/file.ts";
import { spawn, SpawnStep } from "../../ffi/spawn.ts";
import { Status, UserError } from "../errors.ts";
import { processEnvironment, stateDirectory } from "../protocol/locations.ts";

const MAXIMUM_ANSWER_BYTES = 64 * 1024;
const LOG_NAME = "portal.log";

function openLog(): number {
  const directory = stateDirectory(processEnvironment);
  const flags = OpenFlag.writeOnly | OpenFlag.create | OpenFlag.append | OpenFlag.noFollow;
  try {
    ensureTree(directory, 0o700);
    return openAt(AT_FDCWD, `${directory}/${LOG_NAME}`, flags, 0o600);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    // A home that cannot be written to is no reason not to run; the log is lost.
    return openAt(AT_FDCWD, "/dev/null", OpenFlag.writeOnly);
  }
}

/** This process's environment, but for what configures the runtime: the next launcher sets that anew. */
function environment(): string[] {
  return Object.entries(Deno.env.toObject()).filter(([name]) => !name.startsWith("DENO_"))
    .map(([name, value]) => `${name}=${value}`);
}

/**
 * Starts a portal and returns once it serves, or another one does.
 *
 * @param path its socket
 * @returns whether it is this one that serves
 * @throws UserError with the portal's own words when it could not start
 */
export function startPortal(path: string): boolean {
  const file = processEnvironment("STEMJAIL_EXE");
  if (file === undefined) {
    throw new UserError(
      "No portal runs, and this program does not know its own file to start one: run `stemjail portal`",
      Status.notStarted,
    );
  }
  const answer = startAndListen(file, path);
  if (answer === "ready\n") return true;
  if (answer.startsWith("A portal is running already")) return false;
  const reason = answer === "" ? "it ended without a word; its log may say more" : answer;
  throw new UserError(`Cannot start a portal: ${reason}`, Status.notStarted);
}

function startAndListen(file: string, path: string): string {
  const nothing = openAt(AT_FDCWD, "/dev/null", OpenFlag.readWrite);
  const log = openLog();
  const [reader, writer] = pipe();
  try {
    spawn({
      file,
      arguments: ["stemjail", "portal", "--background", `--socket=${path}`],
      environment: environment(),
      directory: "/",
      descriptors: [nothing, nothing, log, writer],
      steps: SpawnStep.newSession,
    });
  } finally {
    [nothing, log, writer].forEach(close);
  }
  const answer = readAll(reader, MAXIMUM_ANSWER_BYTES);
  close(reader);
  return new TextDecoder().decode(answer);
}
