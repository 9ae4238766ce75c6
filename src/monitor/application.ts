/**
 * The application: how it is started, confined, and connected to its client.
 *
 * @module
 */
import { close } from "../../ffi/file.ts";
import { type Limit, spawn, type Spawned, SpawnStep } from "../../ffi/spawn.ts";
import { openPseudoterminal, takeControl } from "../../ffi/terminal.ts";
import type { LaunchOrder } from "../protocol/messages.ts";
import { encodePath } from "../stemflow/path.ts";
import { type InheritedFile, ownNulls } from "./inherited.ts";
import { shareOfLimits } from "./reserve.ts";

/** The application, and what its client needs to talk to it. */
export interface Application extends Spawned {
  /** The pseudoterminal for the client, or -1. */
  readonly master: number;
  /**
   * The application's side of it, or -1: open as long as the application runs, since a pseudoterminal
   * that nobody has open for a moment has hung up for good.
   */
  readonly slave: number;
}

/** The walls that are in the application itself. */
export interface Confinement {
  /** Landlock ruleset, or -1. */
  readonly ruleset: number;
  /** Seccomp program. */
  readonly filter?: Uint8Array<ArrayBuffer>;
}

/** Like a job of a shell: its own process group in the session that the monitor leads. */
const applicationSteps = SpawnStep.newGroup | SpawnStep.dropCapabilities |
  SpawnStep.noNewPrivileges | SpawnStep.newKeyring;

function limitsOf(order: LaunchOrder): Limit[] {
  return order.limits.map(({ resource, value }) => ({
    resource,
    soft: BigInt(value),
    hard: BigInt(value),
  }));
}

/**
 * Starts the application; the calling thread is in M1.
 *
 * @param inherited its standard descriptors
 * @throws SpawnError or KernelError when it could not be started
 */
export function startApplication(
  order: LaunchOrder,
  inherited: readonly InheritedFile[],
  confinement: Confinement,
): Application {
  const terminal = order.terminal.length === 0
    ? null
    : openPseudoterminal(inherited[order.terminal[0]].descriptor);
  const own: (number | null)[] = [];
  try {
    if (terminal !== null) takeControl(terminal.slave);
    for (const descriptor of ownNulls(inherited)) own.push(descriptor);
    const descriptors = inherited.map(({ descriptor }, index) =>
      terminal !== null && order.terminal.includes(index)
        ? terminal.slave
        : own[index] ?? descriptor
    );
    const spawned = spawn({
      file: encodePath(order.file),
      arguments: order.arguments.map(encodePath),
      environment: order.environment.map(encodePath),
      directory: encodePath(order.directory),
      descriptors,
      steps: applicationSteps | (order.directoryRequired ? 0 : SpawnStep.mayChangeToRoot),
      terminal: order.sharedKeyboard ? undefined : terminal?.slave,
      limits: [...limitsOf(order), ...shareOfLimits()],
      ruleset: confinement.ruleset,
      filter: confinement.filter,
      fileMask: order.fileMask,
    });
    return { ...spawned, master: terminal?.master ?? -1, slave: terminal?.slave ?? -1 };
  } catch (error) {
    if (terminal !== null) [terminal.master, terminal.slave].forEach(close);
    throw error;
  } finally {
    for (const descriptor of own) if (descriptor !== null) close(descriptor);
  }
}
