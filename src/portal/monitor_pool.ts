/**
 * Monitors that wait for a jail, so that a launch does not wait for one to start.
 *
 * @module
 */
import type { Hidden } from "../protocol/messages.ts";
import type { Reactor } from "../protocol/reactor.ts";
import type { Cgroups } from "./cgroup.ts";
import { isMemoryShort } from "./memory.ts";
import { Monitor } from "./monitor.ts";

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
