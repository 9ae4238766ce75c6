/**
 * An attempt at a jail: a monitor is started as for a launch, makes its empty jail, and is ended.
 *
 * @module
 */
import { Readiness } from "../../ffi/epoll.ts";
import { AT_FDCWD, close, openAt, OpenFlag, pipe, readAll } from "../../ffi/file.ts";
import { socketPair } from "../../ffi/listener.ts";
import { Namespace } from "../../ffi/namespace.ts";
import { groupId, reap, Signal, signalProcess, userId } from "../../ffi/process.ts";
import { SocketType } from "../../ffi/socket.ts";
import { spawn, SpawnError, type SpawnRequest } from "../../ffi/spawn.ts";
import { UserError } from "../errors.ts";
import { Channel } from "../protocol/channel.ts";
import type { MonitorEvent, Preparation } from "../protocol/messages.ts";
import { monitorRequest } from "../protocol/monitor_process.ts";
import { Reactor } from "../protocol/reactor.ts";
import { type Attempt, type KindFailure, type NamespaceKind, namespaceKinds } from "./system.ts";

const MAXIMUM_WORDS_BYTES = 4096;

const flags: Readonly<Record<NamespaceKind, number>> = {
  user: Namespace.user,
  mnt: Namespace.mount,
  pid: Namespace.pid,
  ipc: Namespace.ipc,
  uts: Namespace.uts,
  net: Namespace.network,
};

/**
 * Why namespaces cannot be made, or null where they can. The process in them is to execute
 * /dev/null, which nobody can: when it comes to that, the namespaces were made, and nothing is left.
 */
function namespaceFailure(namespaces: number): SpawnError | null {
  const request: SpawnRequest = {
    namespaces,
    file: "/dev/null",
    arguments: [],
    environment: [],
    descriptors: [],
    steps: 0,
    identity: { uid: userId(), gid: groupId() },
  };
  try {
    spawn(request);
  } catch (error) {
    if (!(error instanceof SpawnError)) throw error;
    return error.step === "execve" ? null : error;
  }
  throw new Error("The kernel executed /dev/null");
}

/** The kinds that cannot be made: of a user namespace that is just gone, the rest takes a moment. */
function failingKinds(): KindFailure[] {
  const failures: KindFailure[] = [];
  for (const kind of namespaceKinds) {
    const error = namespaceFailure(Namespace.user | flags[kind]);
    if (error === null) continue;
    const isUser = kind === "user" || namespaceFailure(Namespace.user) !== null;
    failures.push({ kind: isUser ? "user" : kind, step: error.step, code: error.code });
    // In no user namespace, none of the others can be tried.
    if (isUser) break;
  }
  return failures;
}

/** A monitor under trial. */
class Trial {
  readonly #reactor = new Reactor((error) => this.#fail(String(error)));
  readonly #channel: Channel;
  readonly #words: number;
  readonly #pid: number;
  readonly #pidfd: number;
  #outcome: Attempt | null = null;
  #isGone = false;

  /** @throws SpawnError when the monitor cannot be started */
  constructor() {
    const [ours, theirs] = socketPair(SocketType.stream | SocketType.nonblocking);
    const [reader, writer] = pipe();
    const nothing = openAt(AT_FDCWD, "/dev/null", OpenFlag.readWrite);
    try {
      const request = monitorRequest([nothing, nothing, writer, theirs], true);
      ({ pid: this.#pid, pidfd: this.#pidfd } = spawn(request));
    } catch (error) {
      [ours, reader].forEach(close);
      throw error;
    } finally {
      [theirs, writer, nothing].forEach(close);
    }
    this.#words = reader;
    this.#channel = new Channel(ours, this.#reactor, {
      onMessage: (value) => this.#hear(value as MonitorEvent),
      onClose: () => {},
    });
    this.#reactor.watch(this.#pidfd, Readiness.readable, () => this.#isGone = true);
  }

  /** What the monitor came to within so many milliseconds; it is gone afterwards. */
  run(milliseconds: number): Attempt {
    this.#channel.send(
      {
        type: "prepare",
        hidden: { covered: [], pinned: [] },
        ownNetwork: true,
      } satisfies Preparation,
    );
    this.#wait(milliseconds, () => this.#outcome !== null || this.#isGone);
    // Its last words may wait behind the news that it is gone.
    this.#channel.drain();
    const isGone = this.#isGone;
    this.#end(milliseconds);
    if (this.#outcome !== null) return this.#outcome;
    return isGone
      ? { kind: "failed", message: this.#lastWords() }
      : { kind: "no answer", milliseconds };
  }

  #hear(event: MonitorEvent): void {
    if (event.type === "ready") this.#outcome = { kind: "made" };
    if (event.type === "failed") this.#fail(event.message);
  }

  #fail(message: string): void {
    this.#outcome = { kind: "failed", message };
  }

  #wait(milliseconds: number, isOver: () => boolean): void {
    const deadline = performance.now() + milliseconds;
    for (let left = milliseconds; left > 0 && !isOver(); left = deadline - performance.now()) {
      this.#reactor.turn(Math.ceil(left));
    }
  }

  /** Ends the monitor and, as it is PID 1 of its namespace, all that it may have started. */
  #end(milliseconds: number): void {
    signalProcess(this.#pidfd, Signal.kill);
    this.#wait(milliseconds, () => this.#isGone);
    this.#channel.close();
    reap(this.#pid);
  }

  #lastWords(): string {
    const words = new TextDecoder().decode(readAll(this.#words, MAXIMUM_WORDS_BYTES)).trim();
    return `The monitor ended: ${words === "" ? "it does not say why" : words.split("\n")[0]}`;
  }
}

/**
 * Attempts a jail.
 *
 * @param milliseconds how long the monitor has to make it
 */
export function attemptJail(milliseconds: number): Attempt {
  try {
    return new Trial().run(milliseconds);
  } catch (error) {
    if (error instanceof UserError) return { kind: "failed", message: error.message };
    if (!(error instanceof SpawnError)) throw error;
    return startFailure(error);
  }
}

function startFailure({ step, code, message }: SpawnError): Attempt {
  if (step === "execve") return { kind: "failed", message: `Cannot start the monitor: ${message}` };
  return { kind: "no namespaces", step, code, failures: failingKinds() };
}
