/**
 * A jail's life: from the order to launch to the end of its last process.
 *
 * @module
 */
import { close } from "../../ffi/file.ts";
import { reap, sendSignal, Signal, stopSignal } from "../../ffi/process.ts";
import { setForeground, terminalSettings } from "../../ffi/terminal.ts";
import type { Channel } from "../protocol/channel.ts";
import type { LaunchOrder, MonitorEvent, Provision } from "../protocol/messages.ts";
import type { Reactor } from "../protocol/reactor.ts";
import type { Application } from "./application.ts";
import { Client } from "./client.ts";
import type { JailSession } from "./desktop.ts";
import type { EmptyJail } from "./empty_jail.ts";
import { launchFailure } from "./failure.ts";
import { furnish, startIn } from "./launch.ts";
import type { JailRequests } from "./requests.ts";

/** How long processes have to end after they were asked to, in milliseconds. */
const GRACE = 2000;

/** The signals that a terminal sends to all processes of its foreground. */
const groupSignals: ReadonlySet<number> = new Set([
  Signal.hangUp,
  Signal.interrupt,
  Signal.quit,
  Signal.continue,
  Signal.terminalStop,
  Signal.windowChange,
]);

/** What the kernel stops those with who use their terminal from its background (termios(3)). */
const backgroundSignals: ReadonlySet<number> = new Set([
  Signal.terminalInput,
  Signal.terminalOutput,
]);

/** Every process of the jail but the monitor itself (kill(2)). */
const EVERYONE = -1;

/** One jail. It ends with the monitor, whose end is that of every process in it. */
export class Jail {
  #client: Client | null = null;
  #application: Application | null = null;
  #isLingering = false;
  /** Whether the application has not asked for the keyboard yet. */
  #isInBackground = false;
  #hasEnded = false;
  #status = 0;
  #deadline = Infinity;
  #isOver = false;
  #session: JailSession | null = null;
  #requests: JailRequests | null = null;
  /** What came before the launch. */
  readonly #provided: Provision[] = [];

  /** Will make a jail of an empty one, and tell the portal what becomes of it. */
  constructor(
    private readonly empty: EmptyJail,
    private readonly reactor: Reactor,
    private readonly portal: Channel,
  ) {}

  /** Whether the monitor is to end. */
  get isOver(): boolean {
    return this.#isOver || performance.now() >= this.#deadline;
  }

  /** Whole milliseconds until {@link isOver} may change by itself, or -1. */
  get patience(): number {
    const rest = this.#deadline - performance.now();
    return rest === Infinity ? -1 : Math.max(0, Math.ceil(rest));
  }

  /** Whether an application was started. */
  get isRunning(): boolean {
    return this.#application !== null;
  }

  /**
   * Becomes the jail of an order.
   *
   * @param descriptors the client's connection, then its descriptors 0, 1 and 2; the jail owns them
   */
  launch(order: LaunchOrder, descriptors: readonly number[]): void {
    const [connection, ...standard] = descriptors;
    const terminal = order.terminal.length > 0 ? standard[order.terminal[0]] : -1;
    this.#client = new Client(connection, terminal, this.reactor, {
      onSignal: (signal) => this.#deliver(signal),
      onKeyboard: () => this.#bringForward(),
      onGone: () => this.#hangUp(),
    });
    this.#isLingering = order.linger;
    this.#isInBackground = order.sharedKeyboard && order.terminal.length > 0;
    try {
      this.#start(order, standard);
    } catch (error) {
      const { message, status } = launchFailure(error, order.file);
      this.#tell({ type: "failed", message });
      this.#client.reply({ type: "error", message, status });
      this.#isOver = true;
    }
    for (const descriptor of standard) if (descriptor !== terminal) close(descriptor);
  }

  /**
   * Lets more of the session appear.
   *
   * @param lifelines stay open as long as the jail lasts: whoever holds the other ends waits for that
   */
  provide(provisions: readonly Provision[], _lifelines: readonly number[]): void {
    if (this.#session === null) this.#provided.push(...provisions);
    else this.#session.provide(provisions);
  }

  /** What a transition brings from outside is there. */
  settle(): void {
    this.#requests?.settle();
    this.empty.server.resume();
  }

  /** The portal is gone: nothing comes from outside any more. */
  settleAll(): void {
    this.#requests?.settleAll();
    this.empty.server.resume();
  }

  /** Asks all processes to end, and ends them a moment later. */
  stop(): void {
    if (!this.isRunning) this.#isOver = true;
    this.#endSoon(Signal.terminate);
  }

  /** Says how it ends for an application that is still there when time is up: with the monitor. */
  leave(): void {
    if (this.isRunning && !this.#hasEnded) this.#client?.exited(Signal.kill);
  }

  /** Collects ended and stopped children, the application and orphans alike. */
  collect(): void {
    for (let child = reap(); child !== null; child = reap()) {
      const signal = stopSignal(child.status);
      if (child.pid !== this.#application?.pid) continue;
      if (signal !== 0) this.#applicationStopped(signal);
      else this.#applicationEnded(child.status);
    }
    if (this.#isLingering && this.#hasEnded && !hasProcesses()) this.#finish();
  }

  #start(order: LaunchOrder, standard: readonly number[]): void {
    const provisions = [...order.provisions, ...this.#provided];
    const { state, session, requests } = furnish(
      this.empty,
      order,
      provisions,
      (event) => this.#tell(event),
    );
    this.#session = session;
    this.#requests = requests;
    if (!this.portal.isOpen) requests.settleAll();
    this.empty.server.start((request, pid) => requests.handle(request, pid));
    this.#application = startIn(this.empty, order, session, standard);
    const { master } = this.#application;
    const masters = master < 0 ? [] : [master];
    this.#client?.reply({ type: "started", domain: state.name, warning: order.warning }, masters);
    masters.forEach(close);
    this.#tell({ type: "started", domain: state.name, candidates: state.candidates });
    // The application begins meanwhile.
    state.prepare();
  }

  #tell(event: MonitorEvent): void {
    this.portal.send(event);
  }

  #deliver(signal: number): void {
    const pid = this.#application?.pid;
    if (pid === undefined || this.#hasEnded) return;
    sendSignal(groupSignals.has(signal) ? -pid : pid, signal);
  }

  /** The client is gone: as when a terminal hangs up. */
  #hangUp(): void {
    this.#client = null;
    if (this.#hasEnded) this.#isOver = true;
    else this.#endSoon(Signal.hangUp);
  }

  #endSoon(signal: number): void {
    sendSignal(EVERYONE, signal);
    sendSignal(EVERYONE, Signal.continue);
    this.#deadline = Math.min(this.#deadline, performance.now() + GRACE);
  }

  #applicationStopped(signal: number): void {
    if (this.#isInBackground && backgroundSignals.has(signal)) this.#client?.wantsKeyboard();
    else this.#client?.stopped(signal);
  }

  #bringForward(): void {
    const pid = this.#application?.pid;
    if (pid === undefined || this.#hasEnded || !this.#isInBackground) return;
    this.#isInBackground = false;
    setForeground(pid);
    sendSignal(-pid, Signal.continue);
  }

  #applicationEnded(status: number): void {
    this.#hasEnded = true;
    this.#status = status;
    if (!this.#isLingering) this.#finish();
  }

  #finish(): void {
    // First the portal: whose command is over does not find it among the running ones.
    this.#tell({ type: "ended", status: this.#status });
    this.#closeTerminal();
    this.#client?.exited(this.#status);
    this.#isOver = true;
  }

  #closeTerminal(): void {
    const slave = this.#application?.slave ?? -1;
    if (slave < 0) return;
    // It has hung up: the client is gone, though its connection may not say so yet.
    if (terminalSettings(slave) === null) this.#client?.lose();
    close(slave);
  }
}

/** Whether anything but the monitor runs in the jail; a zombie counts until it is collected. */
function hasProcesses(): boolean {
  return sendSignal(EVERYONE, 0);
}
