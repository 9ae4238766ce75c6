/**
 * Reaching the portal, and starting one in the background where there is none.
 *
 * @module
 */
import { KernelError } from "../../ffi/check.ts";
import { close } from "../../ffi/file.ts";
import { connectTo, createSocket, SocketType } from "../../ffi/socket.ts";
import { versionLine } from "../build_info.ts";
import type { Given } from "../cli/options.ts";
import { Status, UserError } from "../errors.ts";
import { type Answer, receiveFrame, sendFrame } from "../protocol/call.ts";
import { processEnvironment, socketPath } from "../protocol/locations.ts";
import type { Reply, Request, VersionedRequest } from "../protocol/messages.ts";

/** So often a portal that ends at the same moment may leave us without one. */
const ATTEMPTS = 3;

/** No portal serves the path: nothing there, or what a dead one left. */
const absent = new Set(["ENOENT", "ECONNREFUSED"]);

function tryConnect(path: string): number | null {
  const socket = createSocket(SocketType.stream);
  try {
    connectTo(socket, path);
    return socket;
  } catch (error) {
    close(socket);
    if (error instanceof KernelError && absent.has(error.code)) return null;
    throw connectFailure(path, error);
  }
}

function connectFailure(path: string, error: unknown): UserError {
  const reason = error instanceof KernelError
    ? `${error.code}; set STEMJAIL_SOCKET to a socket of your own`
    : `${error instanceof Error ? error.message : error}; set STEMJAIL_SOCKET to a shorter path`;
  return new UserError(
    `Cannot reach the portal at ${JSON.stringify(path)}: ${reason}`,
    Status.notStarted,
  );
}

/** The socket that the options and the environment name. */
export async function portalPath(given: Given): Promise<string> {
  const stated = given.value("socket") ?? processEnvironment("STEMJAIL_SOCKET");
  if (stated !== undefined) return stated;
  if (processEnvironment("XDG_RUNTIME_DIR") !== undefined) return socketPath(processEnvironment, 0);
  const { userId } = await import("../../ffi/process.ts");
  return socketPath(processEnvironment, userId());
}

/** A connection to the portal, if one runs. */
export function connectIfRunning(path: string): number | null {
  return tryConnect(path);
}

/** A connection to the portal; it is started if need be. */
async function connect(path: string): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const socket = tryConnect(path);
    if (socket !== null) return socket;
    const { startPortal } = await import("./background.ts");
    startPortal(path);
  }
  throw new UserError(
    `Cannot reach the portal at ${JSON.stringify(path)}: it ends as soon as it starts`,
    Status.notStarted,
  );
}

/** A request that was answered. */
export interface Called {
  /** The connection, which goes on after some replies. */
  readonly socket: number;
  /** What the portal said. */
  readonly reply: Exclude<Reply, { type: "error" }>;
  /** What came with the reply. */
  readonly descriptors: number[];
}

/**
 * Sends a request and waits for its reply.
 *
 * @param descriptors sent along
 * @throws UserError with the portal's words when it refuses
 */
export function ask(
  socket: number,
  request: Request,
  descriptors: readonly number[] = [],
): Called {
  let answer: Answer | null;
  try {
    const versioned: VersionedRequest = { ...request, version: versionLine() };
    sendFrame(socket, versioned, descriptors);
    answer = receiveFrame(socket);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    throw new UserError(`Cannot talk to the portal: ${error.message}`, Status.notStarted);
  }
  if (answer === null) {
    throw new UserError(
      "The portal ended the connection without an answer; its log says why",
      Status.notStarted,
    );
  }
  const reply = answer.value as Reply;
  if (reply.type === "error") throw new UserError(reply.message, reply.status);
  return { socket, reply, descriptors: answer.descriptors };
}

/**
 * Sends a request to the portal, which is started if need be, or started anew if it is of another
 * build and has nothing to do.
 *
 * @param path its socket
 * @throws UserError with the portal's words when it refuses
 */
export async function call(
  path: string,
  request: Request,
  descriptors: readonly number[] = [],
): Promise<Called> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const called = ask(await connect(path), request, descriptors);
    if (called.reply.type !== "replaced") return called;
    close(called.socket);
  }
  throw new UserError(
    `The portal at ${
      JSON.stringify(path)
    } is of another build, and so is each that takes its place`,
    Status.notStarted,
  );
}

/** Asks a question of the portal. */
export async function query(
  given: Given,
  request: Request,
): Promise<Exclude<Reply, { type: "error" }>> {
  return (await call(await portalPath(given), request)).reply;
}
