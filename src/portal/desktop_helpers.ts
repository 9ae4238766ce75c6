/**
 * What runs outside for one jail: its way to the network, its filter of the session bus. Both come when
 * every candidate has the trait, at the launch or by a transition, and go with the jail.
 *
 * @module
 */
import { removeAt } from "../../ffi/entry.ts";
import { AT_FDCWD } from "../../ffi/file.ts";
import { messageOf } from "../errors.ts";
import { commonTraits, type Trait } from "../profile/traits.ts";
import type { LaunchOrder, Provision } from "../protocol/messages.ts";
import type { Reactor } from "../protocol/reactor.ts";
import { busAddress, type Variables } from "./desktop.ts";
import { startBus } from "./desktop_bus.ts";
import type { Helper } from "./helper.ts";
import { listHostDirectory, readHostText } from "./host_file.ts";
import type { Log } from "./log.ts";
import type { Monitor } from "./monitor.ts";
import { connectNetwork, type Network } from "./network.ts";

/** How links and sockets of a jail are called, before its monitor's pid. */
const NETWORK = "net-";
const BUS = "bus-";

/**
 * Removes what a portal that was killed left behind; carriers of jails that are gone end by that.
 *
 * @param directory where sockets for jails go
 */
export function tidyHelpers(directory: string): void {
  for (const name of listHostDirectory(directory)) {
    const pid = /^(?:net|bus)-(\d+)(?:-\d+)?$/.exec(name)?.[1];
    if (pid === undefined || readHostText(`/proc/${pid}/comm`) !== "") continue;
    removeAt(AT_FDCWD, `${directory}/${name}`);
  }
}

/** What helpers are started with. */
export interface HelperContext {
  /** Watches them. */
  readonly reactor: Reactor;
  /** Hears of what could not be had. */
  readonly log: Log;
  /** Where sockets for jails go, without a slash at the end. */
  readonly directory: string;
}

/** What a helper adds to the jail. */
interface Addition {
  readonly provisions: readonly Provision[];
  readonly lifelines: readonly number[];
  readonly helper: Helper;
}

/** What all the first candidates have, or those of them that are named. */
function traitsAmong({ start }: LaunchOrder, names?: readonly string[]): Trait[] {
  const chosen = start.pool.domains.filter(({ name }) =>
    names === undefined || names.includes(name)
  );
  return commonTraits(chosen.map(({ traits }) => traits as Trait[]));
}

/** The helpers of one jail. */
export class JailHelpers {
  readonly #running: Helper[] = [];
  readonly #paths: string[] = [];
  readonly #busAddress: string | null;
  /** What was last asked of the network, or null; and what came of it. */
  #network: { readonly loopback: boolean; readonly up: Promise<Network | null> } | null = null;
  #networkCount = 0;
  /** The rules of the bus that is there, as one text. */
  #busRules: string | null = null;
  #busCount = 0;
  #isOver = false;
  /** Resolves when all that transitions so far brought is there, or is not to be had. */
  #settled: Promise<void> = Promise.resolve();

  /** Starts nothing yet. */
  constructor(
    private readonly context: HelperContext,
    private readonly monitor: Monitor,
    private readonly order: LaunchOrder,
    outside: Variables,
  ) {
    this.#busAddress = busAddress(outside);
  }

  /** Whether the launch has to wait for a helper. */
  get areNeeded(): boolean {
    return this.#wanted(traitsAmong(this.order)).length > 0;
  }

  /**
   * Starts what the first domain has.
   *
   * @throws UserError when the network cannot be had; a bus that cannot is only logged
   */
  async begin(): Promise<void> {
    await Promise.all(this.#wanted(traitsAmong(this.order)).map((start) => start()));
  }

  /** Starts what a transition adds, and tells the monitor when it is there, or is not to be had. */
  moved(candidates: readonly string[]): void {
    const starts = this.#wanted(traitsAmong(this.order, candidates)).map((start) =>
      start().catch((error) => this.#complain(error))
    );
    this.#settled = Promise.all([this.#settled, ...starts]).then(() => {
      if (this.order.awaitsHelpers) this.monitor.order({ type: "settled" });
    });
  }

  /** Ends all of them. */
  end(): void {
    this.#isOver = true;
    for (const helper of this.#running) helper.stop();
    for (const path of this.#paths) removeAt(AT_FDCWD, path);
  }

  #wanted(traits: readonly Trait[]): (() => Promise<void>)[] {
    const wanted: (() => Promise<void>)[] = [];
    const loopback = traits.includes("net-loopback");
    const lacksNetwork = this.#network === null || loopback && !this.#network.loopback;
    if (traits.includes("net-nat") && !traits.includes("net-host") && lacksNetwork) {
      wanted.push(() => this.#connect(loopback));
    }
    const rules = traits.filter((trait) => /^dbus|^portals$/.test(trait)).sort().join(" ");
    if (traits.includes("dbus") && this.#busAddress !== null && rules !== this.#busRules) {
      wanted.push(() => this.#openBus(traits, rules));
    }
    return wanted;
  }

  /** Connects the jail; one that is connected, or is about to be, gets what it lacks in addition. */
  async #connect(loopback: boolean): Promise<void> {
    const before = this.#network?.up ?? Promise.resolve(null);
    const up = before.then((network) => this.#connectTo(network, loopback));
    this.#network = { loopback, up: up.catch(() => before) };
    await up;
  }

  async #connectTo(before: Network | null, loopback: boolean): Promise<Network | null> {
    if (this.#isOver) return before;
    const { reactor, directory } = this.context;
    const { pid } = this.monitor;
    const path = `${directory}/${NETWORK}${pid}-${++this.#networkCount}`;
    this.#paths.push(path);
    const network = await connectNetwork(reactor, { pid, path, loopback, before });
    this.#add(network);
    return network;
  }

  /** A bus with other rules takes the place of the one before; who is connected to that stays so. */
  async #openBus(traits: readonly Trait[], rules: string): Promise<void> {
    this.#busRules = rules;
    const path = `${this.context.directory}/${BUS}${this.monitor.pid}-${++this.#busCount}`;
    this.#paths.push(path);
    try {
      const { reactor } = this.context;
      this.#add(await startBus(reactor, this.#busAddress as string, path, traits));
    } catch (error) {
      this.#complain(error);
    }
  }

  #add({ provisions, lifelines, helper }: Addition): void {
    this.#running.push(helper);
    if (this.#isOver) helper.stop();
    this.monitor.order({ type: "provide", provisions }, lifelines);
  }

  #complain(error: unknown): void {
    const why = messageOf(error);
    const [command = ""] = this.order.arguments;
    this.context.log.write("warning", "a part of the session is missing", { command, why });
  }
}
