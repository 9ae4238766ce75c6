/**
 * Starting monitors: processes of this executable in namespaces of their own. The only file that
 * knows how. A few are kept waiting, so that a launch does not wait for one to start.
 *
 * @module
 */
import { AT_FDCWD, close, openAt, OpenFlag } from "../../ffi/file.ts";
import { socketPair } from "../../ffi/listener.ts";
import { awaitEnd, reap, Signal, signalProcess } from "../../ffi/process.ts";
import { SocketType } from "../../ffi/socket.ts";
import { spawn, type Spawned, SpawnError } from "../../ffi/spawn.ts";
import { Readiness } from "../../ffi/epoll.ts";
import { Status, UserError } from "../errors.ts";
import type { Cgroups, JailCgroup } from "./cgroup.ts";
import type { JailLimits } from "./limits.ts";
import { isMemoryShort } from "./memory.ts";
import { Channel } from "../protocol/channel.ts";
import type { Hidden, MonitorEvent, Order, Preparation } from "../protocol/messages.ts";
import { monitorRequest } from "../protocol/monitor_process.ts";
import type { Reactor } from "../protocol/reactor.ts";

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

/** Milliseconds after a start until its monitor is replaced: the launch has the processor first. */
const REFILL_DELAY = 15;
/** Milliseconds after which a launch is not waited for any more, such as one that needs a network. */
const LAUNCH_PATIENCE = 150;

/** Launches of so many milliseconds count as a burst, and half as many monitors as it had wait. */
const BURST = 1000;
const MAXIMUM_WAITING = 8;

/** After so many milliseconds without a launch the monitors of a background portal end. */
const IDLE = 10 * 60 * 1000;

/** Keeps monitors waiting: as many as were asked for, more in a burst, none under memory pressure. */
export class MonitorPool {
  readonly #waiting: Monitor[] = [];
  readonly #launches: number[] = [];
  #refill: ReturnType<typeof setTimeout> | undefined;
  #rest: ReturnType<typeof setTimeout> | undefined;

  /**
   * Keeps none yet: see {@link fill}.
   *
   * @param size how many are to wait
   * @param hidden what every jail hides
   * @param cgroups where each gets a cgroup
   * @param rests whether they may end when nothing is launched for long
   */
  constructor(
    private readonly reactor: Reactor,
    private readonly size: number,
    private readonly hidden: Hidden,
    private readonly cgroups: Cgroups,
    private readonly rests: boolean,
  ) {}

  /**
   * A monitor for a jail, and soon after another one that waits in its place.
   *
   * @param ownNetwork false for a jail in the host's network, which none waits for
   */
  take(ownNetwork = true): Monitor {
    if (!ownNetwork) return this.#start(false);
    this.#launches.push(performance.now());
    let monitor = this.#waiting.shift();
    while (monitor !== undefined && !monitor.isUsable) monitor = this.#waiting.shift();
    monitor ??= this.#start();
    monitor.onceStarted(() => this.#fillIn(REFILL_DELAY));
    this.#fillIn(LAUNCH_PATIENCE);
    return monitor;
  }

  #fillIn(delay: number): void {
    clearTimeout(this.#refill);
    this.#refill = setTimeout(() => this.fill(), delay);
  }

  /** Starts monitors until enough wait. */
  fill(): void {
    this.#restLater();
    const wanted = this.#wanted();
    while (this.#waiting.length < wanted) {
      try {
        this.#waiting.push(this.#start());
      } catch {
        // The next launch meets the same obstacle, and has a user to tell.
        return;
      }
    }
  }

  /** Ends those that wait. */
  drain(): void {
    clearTimeout(this.#refill);
    clearTimeout(this.#rest);
    for (const monitor of this.#waiting.splice(0)) monitor.kill();
  }

  #start(ownNetwork = true): Monitor {
    return new Monitor(this.reactor, this.hidden, this.cgroups, ownNetwork);
  }

  #wanted(): number {
    if (this.size === 0 || isMemoryShort()) return 0;
    const since = performance.now() - BURST;
    while (this.#launches.length > 0 && this.#launches[0] < since) this.#launches.shift();
    const forBurst = Math.min(MAXIMUM_WAITING, Math.floor(this.#launches.length / 2));
    return Math.max(this.size, forBurst);
  }

  #restLater(): void {
    if (!this.rests) return;
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => this.drain(), IDLE);
  }
}
