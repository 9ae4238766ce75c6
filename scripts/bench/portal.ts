/**
 * Portals for the benchmarks, each with a socket and profiles of its own.
 *
 * @module
 */
import { BuildError } from "../command.ts";
import { systemLinks, systemPaths } from "./contenders.ts";
import { lastLine, type Place } from "./place.ts";

const READY_SECONDS = 10;
const POLL_MILLISECONDS = 20;

/** A portal that runs until it is disposed of. */
export class Portal implements AsyncDisposable {
  private constructor(
    readonly socket: string,
    private readonly process: Deno.ChildProcess,
    private readonly errors: Promise<string>,
  ) {}

  /**
   * Starts a portal and waits until it serves.
   *
   * @param place where
   * @param name of its socket
   * @param profiles a directory; without it, the profiles that come along
   * @throws BuildError with its last words if it ends instead
   */
  static async start(place: Place, name: string, profiles?: string): Promise<Portal> {
    const socket = place.path(`run/${name}.sock`);
    const process = place.command([
      ...[place.stemjail, "portal", `--socket=${socket}`],
      ...(profiles === undefined ? [] : [`--profiles=${profiles}`]),
    ], { stdout: "null" }).spawn();
    const portal = new Portal(socket, process, new Response(process.stderr).text());
    try {
      await portal.#waitUntilReady();
    } catch (error) {
      await portal[Symbol.asyncDispose]();
      throw error;
    }
    // The first launch makes what every launch needs, and lets a waiting monitor come up.
    await place.succeed([place.stemjail, "run", `--socket=${socket}`, "--", "true"]);
    return portal;
  }

  /** The portal's process. */
  get pid(): number {
    return this.process.pid;
  }

  async #waitUntilReady(): Promise<void> {
    let hasEnded = false;
    const ended = this.process.status.then(() => hasEnded = true);
    const deadline = Date.now() + READY_SECONDS * 1000;
    while (!await isSocket(this.socket)) {
      if (hasEnded || Date.now() > deadline) {
        if (!hasEnded) this.process.kill("SIGKILL");
        await ended;
        throw new BuildError(`bench: no portal: ${lastLine(await this.errors)}`);
      }
      await new Promise((wake) => setTimeout(wake, POLL_MILLISECONDS));
    }
  }

  /** Ends it, and its jails. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.process.kill("SIGTERM");
    } catch (error) {
      // It has ended already.
      if (!(error instanceof TypeError)) throw error;
    }
    await this.process.status;
    await this.errors;
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

/**
 * The text of a profile that grants the system and more.
 *
 * @param name of the profile
 * @param read paths to read
 * @param write paths to write
 */
export function profileText(name: string, read: readonly string[], write: readonly string[]): string {
  const bind = (path: string, rest: string) =>
    `[[fs.bind]]\npath = ${JSON.stringify(path)}\n${rest}\n`;
  return [
    `name = ${JSON.stringify(name)}\n`,
    ...[...systemPaths, ...systemLinks].map((path) => bind(path, "optional = true\n")),
    ...read.map((path) => bind(path, "")),
    ...write.map((path) => bind(path, "write = true\n")),
  ].join("\n");
}
