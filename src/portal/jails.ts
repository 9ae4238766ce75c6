/**
 * The running jails.
 *
 * @module
 */
import { messageOf, UserError } from "../errors.ts";
import type { JailStatus, LaunchOrder, MonitorEvent, Transition } from "../protocol/messages.ts";
import type { JailHelpers } from "./desktop_helpers.ts";
import type { JailLimits } from "./limits.ts";
import type { Log } from "./log.ts";
import type { Monitor } from "./monitor.ts";

/** Transitions of one jail that are remembered; a jail cannot have more than it has candidates. */
const MAXIMUM_HISTORY = 1000;

/** How long a monitor has to end its jail, in milliseconds; it gives the processes two seconds. */
const FAREWELL = 3000;
/** How long the kernel has to end one that was killed. */
const BURIAL = 2000;

/** What is to be known about a launch. */
export interface Launch {
  /** What the monitor is told. */
  readonly order: LaunchOrder;
  /** What the user asked to run. */
  readonly command: readonly string[];
  /** The first domain's name. */
  readonly domain: string;
  /** The first candidates' names. */
  readonly candidates: readonly string[];
  /** Whether the jail has a network namespace of its own, or else the host's. */
  readonly ownNetwork: boolean;
  /** What the jail as a whole may have, as long as it could be any of some candidates. */
  limitsAmong(candidates: readonly string[]): JailLimits;
}

class RunningJail {
  readonly #started = Date.now();
  readonly #history: Transition[] = [];
  #domain: string;
  #candidates: readonly string[];
  readonly #gone = Promise.withResolvers<void>();
  /** Whether only the monitor is left of it. */
  hasEnded = false;

  constructor(
    readonly id: string,
    readonly monitor: Monitor,
    private readonly launch: Launch,
    readonly helpers: JailHelpers,
  ) {
    this.#domain = launch.domain;
    this.#candidates = launch.candidates;
  }

  get status(): JailStatus {
    return {
      id: this.id,
      pid: this.monitor.pid,
      command: this.launch.command,
      started: this.#started,
      domain: this.#domain,
      candidates: this.#candidates,
      history: [...this.#history],
    };
  }

  /** Limits the jail as what it is now; throws UserError when the kernel refuses. */
  limit(): void {
    this.monitor.limit(() => this.launch.limitsAmong(this.#candidates));
  }

  /**
   * Asks its processes to end, and sees to it that they do.
   *
   * @returns why they had to be killed, or null where they ended when asked
   * @throws UserError when the kernel does not end them
   */
  async stop(): Promise<string | null> {
    const { monitor, id } = this;
    monitor.resume();
    monitor.order({ type: "stop" });
    if (await this.#isGoneIn(FAREWELL)) {
      return this.hasEnded ? null : "its processes did not end within 2 seconds of SIGTERM";
    }
    monitor.kill();
    if (await this.#isGoneIn(BURIAL)) return "its monitor did not answer";
    throw new UserError(
      `Cannot end jail ${id}: process ${monitor.pid} was killed, and something that it does in the ` +
        "kernel has to be over first; a file system that does not answer, for instance",
    );
  }

  #isGoneIn(milliseconds: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), milliseconds);
    this.gone.then(() => {
      clearTimeout(timer);
      resolve(true);
    });
    return promise;
  }

  /** Resolves when nothing of it is left. */
  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  /** Nothing of it is left. */
  goes(): void {
    this.#gone.resolve();
  }

  moved(transition: Transition, candidates: readonly string[]): void {
    this.#domain = transition.to;
    this.#candidates = candidates;
    if (this.#history.length < MAXIMUM_HISTORY) this.#history.push(transition);
  }
}

/** All jails of a portal. */
export class Jails {
  readonly #running = new Map<string, RunningJail>();
  #last = 0;

  /** Jails tell the log what happens to them. */
  constructor(private readonly log: Log) {}

  /** How many run. */
  get count(): number {
    return this.#running.size;
  }

  /** Every running jail, oldest first. */
  status(): JailStatus[] {
    return [...this.#running.values()].filter((jail) => !jail.hasEnded).map((jail) => jail.status);
  }

  /**
   * Has a monitor become a jail.
   *
   * @param descriptors client connection and its descriptors 0, 1 and 2; they are taken over
   * @param helpers what runs outside for the jail; they have begun, and end with it
   */
  start(
    monitor: Monitor,
    launch: Launch,
    descriptors: readonly number[],
    helpers: JailHelpers,
  ): void {
    const id = String(++this.#last);
    const jail = new RunningJail(id, monitor, launch, helpers);
    this.#running.set(id, jail);
    monitor.attach({
      onEvent: (event) => this.#record(jail, event),
      onEnd: () => this.#remove(jail),
    });
    monitor.order(launch.order, descriptors);
  }

  /**
   * Ends a jail.
   *
   * @returns why it had to be killed, or null
   * @throws UserError when there is no such jail, or the kernel does not end it
   */
  async stop(id: string): Promise<string | null> {
    const jail = this.#running.get(id);
    if (jail === undefined || jail.hasEnded) {
      throw new UserError(
        `No such jail ${JSON.stringify(id)}: \`stemjail ps\` lists those that run`,
      );
    }
    return await this.#stop(jail);
  }

  async #stop(jail: RunningJail): Promise<string | null> {
    const why = await jail.stop();
    if (why !== null) this.log.write("warning", "jail killed", { jail: jail.id, why });
    return why;
  }

  /** Ends all jails. */
  async stopAll(): Promise<void> {
    await Promise.allSettled([...this.#running.values()].map((jail) => this.#stop(jail)));
  }

  /** Waits until none runs. */
  async whenEmpty(): Promise<void> {
    while (this.count > 0) await Promise.all([...this.#running.values()].map(({ gone }) => gone));
  }

  #record(jail: RunningJail, event: MonitorEvent): void {
    const { id } = jail;
    switch (event.type) {
      case "started":
        return this.log.write("info", "jail started", { jail: id, domain: event.domain });
      case "transition": {
        jail.moved(event.transition, event.candidates);
        this.#widen(jail);
        jail.helpers.moved(event.candidates);
        const { time: _, ...fields } = event.transition;
        return this.log.write("info", "transition", { jail: id, ...fields });
      }
      case "denied": {
        const { path, process, why } = event;
        return this.log.write("warning", "grant failed", { jail: id, path, process, why });
      }
      case "ended":
        jail.hasEnded = true;
        return this.log.write("info", "jail ended", { jail: id, status: event.status });
      case "failed":
        jail.hasEnded = true;
        return this.log.write("error", "launch failed", { jail: id, why: event.message });
    }
  }

  /** Limits that cannot be widened stay as tight as they are. */
  #widen(jail: RunningJail): void {
    try {
      jail.limit();
    } catch (error) {
      const why = messageOf(error);
      this.log.write("warning", "limits stay as they were", { jail: jail.id, why });
    }
  }

  #remove(jail: RunningJail): void {
    jail.helpers.end();
    this.#running.delete(jail.id);
    this.log.write("debug", "monitor gone", { jail: jail.id });
    jail.goes();
  }
}
