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
import { standardDescriptors, type TerminalUse, terminalUse } from "./terminal.ts";

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

async function requestOf(given: Given, terminal: TerminalUse): Promise<RunRequest> {
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
    terminal: terminal.replaced,
    sharedKeyboard: terminal.isShared,
  };
}

/** Runs a command, and ends as it ends: with its status. */
export async function run(given: Given): Promise<never> {
  const terminal = await terminalUse(given);
  const request = await requestOf(given, terminal);
  const { socket, reply, descriptors } = await call(await portalPath(given), request, {
    descriptors: await standardDescriptors(terminal),
    keepSignals: true,
  });
  if (reply.type === "started" && reply.warning !== undefined) {
    console.error(`stemjail: warning: ${escapeControl(reply.warning)}`);
  }
  relayToTheEnd({
    connection: socket,
    master: descriptors[0] ?? -1,
    input: terminal.keyboard,
    output: terminal.screen,
    raw: terminal.isRaw,
    shared: terminal.isShared,
  });
  throw new UserError(
    "The jail's monitor died, and the jail with it; if memory ran out, the portal's log says so",
    MONITOR_DIED,
  );
}
