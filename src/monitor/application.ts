/**
 * The application: how it is started, confined, and connected to its client.
 *
 * @module
 */
import { accessOf, AT_FDCWD, close, openAt, OpenFlag } from "../../ffi/file.ts";
import { statusAt, statusOf } from "../../ffi/status.ts";
import { type Limit, spawn, type Spawned, SpawnStep } from "../../ffi/spawn.ts";
import { openPseudoterminal, takeControl } from "../../ffi/terminal.ts";
import type { LaunchOrder } from "../protocol/messages.ts";
import { encodePath } from "../stemflow/path.ts";
import { shareOfLimits } from "./reserve.ts";

/** The application, and what its client needs to talk to it. */
export interface Application extends Spawned {
  /** The pseudoterminal for the client, or -1. */
  readonly master: number;
}

/** The walls that are in the application itself. */
export interface Confinement {
  /** Landlock ruleset, or -1. */
  readonly ruleset: number;
  /** Seccomp program. */
  readonly filter?: Uint8Array<ArrayBuffer>;
}

const NULL_DEVICE = "/dev/null";

/** Like a job of a shell: its own process group in the session that the monitor leads. */
const applicationSteps = SpawnStep.newGroup | SpawnStep.dropCapabilities |
  SpawnStep.noNewPrivileges | SpawnStep.newKeyring;

/**
 * The jail's own /dev/null in place of the host's, which is the same but for its mount: by that one,
 * root in a jail could change the device's mode for everybody.
 *
 * @returns a new descriptor, or null where the descriptor is of something else
 */
function ownNull(descriptor: number): number | null {
  const { kind, identity } = statusOf(descriptor);
  if (kind !== "character device") return null;
  if (identity !== statusAt(AT_FDCWD, NULL_DEVICE).identity) return null;
  const { read, write } = accessOf(descriptor);
  if (!write) return openAt(AT_FDCWD, NULL_DEVICE, OpenFlag.readOnly);
  return openAt(AT_FDCWD, NULL_DEVICE, read ? OpenFlag.readWrite : OpenFlag.writeOnly);
}

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
 * @param client the client's descriptors 0, 1 and 2
 * @throws SpawnError or KernelError when it could not be started
 */
export function startApplication(
  order: LaunchOrder,
  client: readonly number[],
  confinement: Confinement,
): Application {
  const terminal = order.terminal.length === 0
    ? null
    : openPseudoterminal(client[order.terminal[0]]);
  const own: (number | null)[] = [];
  try {
    if (terminal !== null) takeControl(terminal.slave);
    for (const descriptor of client) own.push(ownNull(descriptor));
    const descriptors = client.map((descriptor, index) =>
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
    return { ...spawned, master: terminal?.master ?? -1 };
  } catch (error) {
    if (terminal !== null) close(terminal.master);
    throw error;
  } finally {
    // Kept open here, the pseudoterminal would never hang up.
    if (terminal !== null) close(terminal.slave);
    for (const descriptor of own) if (descriptor !== null) close(descriptor);
  }
}
