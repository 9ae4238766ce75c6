/**
 * The user's editor.
 *
 * @module
 */
import { Readiness } from "../../ffi/epoll.ts";
import { exitCode, reap } from "../../ffi/process.ts";
import { spawn } from "../../ffi/spawn.ts";
import { isTerminal } from "../../ffi/terminal.ts";
import { UserError } from "../errors.ts";
import { processEnvironment } from "../protocol/locations.ts";
import { Reactor } from "../protocol/reactor.ts";
import { outsideEnvironment } from "./environment.ts";

/** The editor's command, as a shell takes it; undefined without one, or without a terminal for it. */
function editorCommand(): string | undefined {
  if (![0, 1].every(isTerminal)) return undefined;
  return processEnvironment("VISUAL") ?? processEnvironment("EDITOR");
}

/**
 * Lets the user edit a file, as far as there are an editor and a terminal.
 *
 * @param path of the file
 * @returns false when nothing was started
 * @throws UserError when the editor failed
 */
export function edit(path: string): boolean {
  const command = editorCommand();
  if (command === undefined) return false;
  const environment = Object.entries(outsideEnvironment()).map(([name, value]) =>
    `${name}=${value}`
  );
  // What interrupts the editor is not to end the one who waits for it.
  Deno.addSignalListener("SIGINT", () => {});
  const { pid, pidfd } = spawn({
    file: "/bin/sh",
    // $VISUAL may have options of its own: a shell splits it, and only it.
    arguments: ["sh", "-c", `${command} "$@"`, command, path],
    environment,
    descriptors: [0, 1, 2],
    steps: 0,
  });
  const status = waitFor(pid, pidfd);
  if (status === 0) return true;
  throw new UserError(`The editor ${JSON.stringify(command)} failed: exit status ${status}`);
}

function waitFor(pid: number, pidfd: number): number {
  const reactor = new Reactor((error) => {
    throw error;
  });
  let status: number | null = null;
  reactor.watch(pidfd, Readiness.readable, () => {
    const end = reap(pid);
    if (end !== null) status = exitCode(end.status);
  });
  while (status === null) reactor.turn();
  return status;
}
