/**
 * Reaching the portal, and starting one in the background where there is none.
 *
 * @module
 */
import { KernelError } from "../../ffi/check.ts";
import { versionLine } from "../build_info.ts";
import type { Given } from "../cli/options.ts";
import { messageOf, Status, UserError } from "../errors.ts";
import { type Answer, type CallOptions, callSocket } from "../protocol/call.ts";
import { hasRuntimeDirectory, processEnvironment, socketPath } from "../protocol/locations.ts";
import type { Reply, Request, VersionedRequest } from "../protocol/messages.ts";

/** So often a portal that ends at the same moment may leave us without one. */
const ATTEMPTS = 3;

/**
 * No portal serves the path: nothing there, or what a dead one left; or it went away with the request
 * unread, which is what the kernel says of a Unix socket by these two (unix(7)).
 */
const absent: Record<string, ReadonlySet<string> | undefined> = {
  connect: new Set(["ENOENT", "ECONNREFUSED"]),
  sendmsg: new Set(["EPIPE", "ECONNRESET"]),
  recvmsg: new Set(["ECONNRESET"]),
};

function isAbsence(error: unknown): boolean {
  return error instanceof KernelError && absent[error.call]?.has(error.code) === true;
}

function connectFailure(path: string, error: unknown): UserError {
  const reason = error instanceof KernelError
    ? `${error.code}; set STEMJAIL_SOCKET to a socket of your own`
    : `${messageOf(error)}; set STEMJAIL_SOCKET to a shorter path`;
  return new UserError(
    `Cannot reach the portal at ${JSON.stringify(path)}: ${reason}`,
    Status.notStarted,
  );
}

/** The socket that the options and the environment name. */
export async function portalPath(given: Given): Promise<string> {
  const stated = given.value("socket") ?? processEnvironment("STEMJAIL_SOCKET");
  if (stated !== undefined) return stated;
  if (hasRuntimeDirectory(processEnvironment)) return socketPath(processEnvironment, 0);
  const { userId } = await import("../../ffi/process.ts");
  return socketPath(processEnvironment, userId());
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

function failureOf(path: string, error: unknown): unknown {
  if (!(error instanceof KernelError)) {
    return error instanceof RangeError ? connectFailure(path, error) : error;
  }
  if (error.call === "connect") return connectFailure(path, error);
  return new UserError(`Cannot talk to the portal: ${error.message}`, Status.notStarted);
}

/**
 * Sends a request to the portal, if one runs, and waits for its reply.
 *
 * @param path its socket
 * @returns null where no portal is
 * @throws UserError with the portal's words when it refuses
 */
export function callIfRunning(
  path: string,
  request: Request,
  options: CallOptions = {},
): Called | null {
  const versioned: VersionedRequest = { ...request, version: versionLine() };
  let answer: Answer;
  try {
    answer = callSocket(path, versioned, options);
  } catch (error) {
    if (isAbsence(error)) return null;
    throw failureOf(path, error);
  }
  const reply = answer.value as Reply | null;
  if (reply === null) {
    throw new UserError(
      "The portal ended the connection without an answer; its log says why",
      Status.notStarted,
    );
  }
  if (reply.type === "error") throw new UserError(reply.message, reply.status);
  return { socket: answer.socket, reply, descriptors: answer.descriptors };
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
  options: CallOptions = {},
): Promise<Called> {
  let last = "";
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const called = callIfRunning(path, request, options);
    if (called === null) {
      const { startPortal } = await import("./background.ts");
      last = startPortal(path)
        ? "it ends as soon as it starts"
        : "it runs, and does not listen; its log says why";
      continue;
    }
    if (called.reply.type !== "replaced") return called;
    last = "it is of another build, and so is each that takes its place";
    (await import("../../ffi/file.ts")).close(called.socket);
  }
  const name = JSON.stringify(path);
  throw new UserError(`Cannot reach the portal at ${name}: ${last}`, Status.notStarted);
}

/** Asks a question of the portal. */
export async function query(
  given: Given,
  request: Request,
): Promise<Exclude<Reply, { type: "error" }>> {
  return (await call(await portalPath(given), request)).reply;
}
