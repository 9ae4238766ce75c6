/**
 * Monitors: processes of this executable in namespaces of their own, from their start to their end.
 *
 * @module
 */
import { Readiness } from "../../ffi/epoll.ts";
import { AT_FDCWD, close, openAt, OpenFlag } from "../../ffi/file.ts";
import { socketPair } from "../../ffi/listener.ts";
import { awaitEnd, reap, Signal, signalProcess } from "../../ffi/process.ts";
import { SocketType } from "../../ffi/socket.ts";
import { spawn, type Spawned, SpawnError } from "../../ffi/spawn.ts";
import { Status, UserError } from "../errors.ts";
import { Channel } from "../protocol/channel.ts";
import type { Hidden, MonitorEvent, Order, Preparation } from "../protocol/messages.ts";
import { monitorRequest } from "../protocol/monitor_process.ts";
import type { Reactor } from "../protocol/reactor.ts";
import type { Cgroups, JailCgroup } from "./cgroup.ts";
import type { JailLimits } from "./limits.ts";

/** What a monitor tells its owner. */
export interface MonitorOwner {
  /** It says something. */
  onEvent(event: MonitorEvent): void;
  /** The process is gone, and collected. */
  onEnd(): void;
}

/** One monitor process, from its start on. */
export class Monitor {
  /** In the portal's pid namespace. */
  readonly pid: number;
  readonly #pidfd: number;
  readonly #channel: Channel;
  #cgroup: JailCgroup | null = null;
  #owner: MonitorOwner | null = null;
  #whenStarted: (() => void) | null = null;
  #failure: string | null = null;
  #isGone = false;

  /**
   * Starts the process.
   *
   * @param hidden what its jail hides
   * @param cgroups where it gets a cgroup, with all that it starts
   * @param ownNetwork whether its jail has a network namespace of its own, or else the host's
   * @throws UserError when it cannot be started
   */
  constructor(reactor: Reactor, hidden: Hidden, cgroups: Cgroups, ownNetwork = true) {
    const [ours, theirs] = socketPair(SocketType.stream | SocketType.nonblocking);
    try {
      ({ pid: this.pid, pidfd: this.#pidfd } = spawnMonitor(theirs, ownNetwork));
    } catch (error) {
      close(ours);
      throw startFailure(error);
    } finally {
      close(theirs);
    }
    try {
      // Now, since moving a process can wait for milliseconds, and a launch shall not.
      this.#cgroup = cgroups.adopt(this.pid);
      this.#channel = this.#listen(ours, reactor);
    } catch (error) {
      close(ours);
      this.#abandon();
      throw startFailure(error);
    }
    this.#channel.send({ type: "prepare", hidden, ownNetwork } satisfies Preparation);
  }

  #listen(socket: number, reactor: Reactor): Channel {
    reactor.watch(this.#pidfd, Readiness.readable, () => {
      reactor.unwatch(this.#pidfd);
      this.#end();
    });
    return new Channel(socket, reactor, {
      onMessage: (value) => this.#hear(value as MonitorEvent),
      onClose: () => {},
    });
  }

  #abandon(): void {
    signalProcess(this.#pidfd, Signal.kill);
    awaitEnd(this.pid);
    close(this.#pidfd);
    this.#cgroup?.remove();
  }

  /** Whether the process still is there and has not failed. */
  get isUsable(): boolean {
    return !this.#isGone && this.#failure === null && !this.#hasJustDied();
  }

  /** The reactor tells of an end in its next turn; a launch is not to wait for it in vain. */
  #hasJustDied(): boolean {
    return reap(this.pid) !== null;
  }

  /** Why it failed, or null. */
  get failure(): string | null {
    return this.#failure;
  }

  /** Hands the monitor to whoever wants to hear of it from now on. */
  attach(owner: MonitorOwner): void {
    this.#owner = owner;
    if (this.#isGone) owner.onEnd();
  }

  /** Calls back when the jail's application has started. */
  onceStarted(act: () => void): void {
    this.#whenStarted = act;
  }

  /**
   * Limits the jail as a whole, where it has a cgroup.
   *
   * @param limits works them out
   * @throws UserError when the kernel refuses
   */
  limit(limits: () => JailLimits): void {
    this.#cgroup?.limit(limits());
  }

  /** Sends an order; descriptors are closed once they are sent. */
  order(order: Order, descriptors: readonly number[] = []): void {
    this.#channel.send(order, descriptors);
  }

  /** Lets the process go on, should somebody have stopped it. */
  resume(): void {
    if (!this.#isGone) signalProcess(this.#pidfd, Signal.continue);
  }

  /** Ends the process, and the jail with it, at once. */
  kill(): void {
    if (!this.#isGone) signalProcess(this.#pidfd, Signal.kill);
  }

  #hear(event: MonitorEvent): void {
    if (event.type === "failed") this.#failure = event.message;
    if (event.type === "started") this.#whenStarted?.();
    if (this.#owner !== null) return this.#owner.onEvent(event);
    // Nobody has ordered anything of it yet, and nobody will.
    if (!this.isUsable) this.kill();
  }

  #end(): void {
    this.#isGone = true;
    reap(this.pid);
    close(this.#pidfd);
    this.#cgroup?.remove();
    this.#channel.drain();
    this.#channel.close();
    this.#owner?.onEnd();
  }
}

function spawnMonitor(socket: number, ownNetwork: boolean): Spawned {
  const nothing = openAt(AT_FDCWD, "/dev/null", OpenFlag.readWrite);
  try {
    return spawn(monitorRequest([nothing, nothing, 2, socket], ownNetwork));
  } finally {
    close(nothing);
  }
}

function startFailure(error: unknown): UserError {
  if (error instanceof SpawnError) {
    const remedy = remedies[`${error.step} ${error.code}`] ??
      "`stemjail doctor` looks for the cause";
    return new UserError(`Cannot make namespaces: ${error.message}; ${remedy}`, Status.notStarted);
  }
  throw error;
}

const remedies: Record<string, string> = {
  "clone ENOSPC":
    "a limit of /proc/sys/user/max_*_namespaces is reached; `stemjail doctor` says which",
  "clone EPERM":
    "this system forbids user namespaces to ordinary users; `stemjail doctor` has the remedy",
  "clone EACCES":
    "this system forbids user namespaces to ordinary users; `stemjail doctor` has the remedy",
  "clone EAGAIN": "the user has too many processes (ulimit -u); end some and try again",
  "write the id maps EPERM":
    "this system restricts user namespaces; `stemjail doctor` has the remedy",
};
