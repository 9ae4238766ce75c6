/**
 * `stemjail run`: starts a command in a jail and stays in its place until it ends.
 *
 * @module
 */
import { relayToTheEnd } from "../../ffi/relay.ts";
import type { Given } from "../cli/options.ts";
import { escapeControl, Status, UserError } from "../errors.ts";
import type { RunRequest } from "../protocol/messages.ts";
import { call, portalPath } from "./connect.ts";
import { outsideEnvironment } from "./environment.ts";

const STANDARD = [0, 1, 2] as const;
/** As after SIGKILL: the kernel ends a jail so when its monitor is gone. */
const MONITOR_DIED = 137;

function variables(given: Given, outside: Readonly<Record<string, string>>): [string, string][] {
  return given.all("env").flatMap((text): [string, string][] => {
    const equals = text.indexOf("=");
    if (equals > 0) return [[text.slice(0, equals), text.slice(equals + 1)]];
    if (equals === 0 || text === "") {
      throw new UserError(
        `run: --env wants NAME=VALUE or NAME, not ${JSON.stringify(text)}`,
        Status.notStarted,
      );
    }
    return Object.hasOwn(outside, text) ? [[text, outside[text]]] : [];
  });
}

/** Which descriptors a pseudoterminal of the jail's is to replace. */
function terminalDescriptors(given: Given): number[] {
  if (given.has("tty") && given.has("no-tty")) {
    throw new UserError("run: --tty and --no-tty exclude each other", Status.notStarted);
  }
  if (given.has("no-tty")) return [];
  if (given.has("tty")) return [...STANDARD];
  if (!Deno.stdin.isTerminal()) return [];
  const streams = [Deno.stdin, Deno.stdout, Deno.stderr];
  return STANDARD.filter((descriptor) => streams[descriptor].isTerminal());
}

/**
 * The descriptors to send. A terminal that is only there to be written to is opened anew, for
 * writing alone: shells open it once for both, and the application is not to read the keyboard.
 */
async function standardDescriptors(replaced: readonly number[]): Promise<readonly number[]> {
  const streams = [Deno.stdin, Deno.stdout, Deno.stderr];
  const isOutput = (descriptor: number) =>
    descriptor > 0 && !replaced.includes(descriptor) && streams[descriptor].isTerminal();
  if (!STANDARD.some(isOutput)) return STANDARD;
  const { AT_FDCWD, openAt, OpenFlag } = await import("../../ffi/file.ts");
  const flags = OpenFlag.writeOnly | OpenFlag.noControllingTerminal;
  return STANDARD.map((descriptor) =>
    isOutput(descriptor) ? openAt(AT_FDCWD, `/proc/self/fd/${descriptor}`, flags) : descriptor
  );
}

/** Where we are; the runtime knows it only if it is UTF-8. */
async function workingDirectory(): Promise<string> {
  try {
    return Deno.cwd();
  } catch {
    return (await import("./operands.ts")).exactDirectory();
  }
}

async function directory(given: Given): Promise<string> {
  const stated = given.value("cwd");
  if (stated?.startsWith("/")) return stated;
  const here = await workingDirectory();
  return stated === undefined ? here : `${here}/${stated}`;
}

/** The command; nearly always it is UTF-8, and then as the runtime gave it. */
async function commandOf(given: Given): Promise<readonly string[]> {
  if (!given.operands.some((operand) => operand.includes("\ufffd"))) return given.operands;
  return (await import("./operands.ts")).exactOperands(given.operands.length);
}

async function requestOf(given: Given): Promise<RunRequest> {
  const outside = outsideEnvironment();
  if (given.has("exact") && !given.has("profile")) {
    throw new UserError("run: --exact goes with --profile", Status.notStarted);
  }
  return {
    type: "run",
    command: await commandOf(given),
    profile: given.value("profile"),
    exact: given.has("exact"),
    environment: outside,
    variables: variables(given, outside),
    directory: await directory(given),
    directoryRequired: given.has("cwd"),
    terminal: terminalDescriptors(given),
  };
}

/** Runs a command, and ends as it ends: with its status. */
export async function run(given: Given): Promise<never> {
  const request = await requestOf(given);
  const { socket, reply, descriptors } = await call(await portalPath(given), request, {
    descriptors: await standardDescriptors(request.terminal),
    keepSignals: true,
  });
  if (reply.type === "started" && reply.warning !== undefined) {
    console.error(`stemjail: warning: ${escapeControl(reply.warning)}`);
  }
  const hasInput = request.terminal.includes(0);
  relayToTheEnd({
    connection: socket,
    master: descriptors[0] ?? -1,
    input: hasInput ? 0 : -1,
    output: request.terminal.includes(1) ? 1 : 2,
    raw: hasInput && Deno.stdin.isTerminal(),
  });
  throw new UserError(
    "The jail's monitor died, and the jail with it; if memory ran out, the portal's log says so",
    MONITOR_DIED,
  );
}
