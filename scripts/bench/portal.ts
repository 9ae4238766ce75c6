/**
 * Portals for the benchmarks, each with a socket and profiles of its own.
 *
 * @module
 */
import { BuildError } from "../command.ts";
import { lastLine, type Place } from "./place.ts";

const READY_SECONDS = 10;
const POLL_MILLISECONDS = 20;

/**
 * What a launch leaves to be done ends in this time: a monitor gets ready to replace the used one, which
 * takes a processor for a moment.
 */
export const QUIET_MILLISECONDS = 100;

/** Waits until nothing of a launch is left to be done. */
export function untilQuiet(): Promise<void> {
  return new Promise((wake) => setTimeout(wake, QUIET_MILLISECONDS));
}

/** A portal that runs until it is disposed of. */
export class Portal implements AsyncDisposable {
  #hasEnded = false;

  private constructor(
    readonly socket: string,
    private readonly process: Deno.ChildProcess,
    private readonly errors: Promise<string>,
  ) {
    process.status.then(() => this.#hasEnded = true);
  }

  /**
   * Starts a portal and waits until it serves.
   *
   * @param place where
   * @param name of its socket
   * @param profiles directories of profiles
   * @throws BuildError with its last words if it ends instead
   */
  static async start(place: Place, name: string, profiles: readonly string[]): Promise<Portal> {
    const socket = place.path(`run/${name}.sock`);
    const process = place.command([
      ...[place.stemjail, "portal", `--socket=${socket}`],
      ...profiles.map((directory) => `--profiles=${directory}`),
    ], { stdout: "null" }).spawn();
    const portal = new Portal(socket, process, new Response(process.stderr).text());
    // Disposing of it on the way out tells, with its own words, if it has ended.
    await using stack = new AsyncDisposableStack();
    stack.use(portal);
    await portal.#waitUntilReady();
    // The first launch makes what every launch needs, and lets a waiting monitor come up.
    await place.succeed([place.stemjail, "run", `--socket=${socket}`, "--", "true"]);
    stack.move();
    return portal;
  }

  /** The portal's process. */
  get pid(): number {
    return this.process.pid;
  }

  async #waitUntilReady(): Promise<void> {
    const deadline = Date.now() + READY_SECONDS * 1000;
    while (!await isSocket(this.socket)) {
      if (this.#hasEnded || Date.now() > deadline) {
        throw new BuildError(`bench: no portal within ${READY_SECONDS} seconds`);
      }
      await new Promise((wake) => setTimeout(wake, POLL_MILLISECONDS));
    }
  }

  /**
   * Ends it, and its jails.
   *
   * @throws BuildError if it has ended before: `stemjail run` then started another portal, and what
   * was measured is not what was meant
   */
  async [Symbol.asyncDispose](): Promise<void> {
    const hadEnded = this.#hasEnded;
    if (!hadEnded) this.process.kill("SIGTERM");
    await this.process.status;
    const words = lastLine(await this.errors);
    if (hadEnded) throw new BuildError(`bench: the portal has ended meanwhile: ${words}`);
  }
}

async function isSocket(path: string): Promise<boolean> {
  try {
    return (await Deno.lstat(path)).isSocket === true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * Shell text that ends the portal of a socket, if one runs, and waits until it is gone.
 *
 * @param socket its path
 */
export function stopPortalText(socket: string): string {
  const wait = 'while kill -0 "$pid" 2>/dev/null; do sleep 0.01; done';
  return `pid=$(cat '${socket}.lock' 2>/dev/null) && kill "$pid" 2>/dev/null && ${wait}`;
}
