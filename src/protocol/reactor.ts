/**
 * One thread, many descriptors: who is to be called when which descriptor is ready.
 *
 * The portal waits elsewhere, so that its timers run; the monitor, which has none, blocks.
 *
 * @module
 */
import { type Event, Poller } from "../../ffi/epoll.ts";

/** Called with the readiness bits of its descriptor. */
export type Handler = (readiness: number) => void;

/** Dispatches readiness to handlers, one after the other. */
export class Reactor {
  readonly #poller = new Poller();
  readonly #handlers = new Map<number, Handler>();

  /**
   * Watches nothing yet.
   *
   * @param onError is told what a handler throws; one client's trouble is not that of the others
   */
  constructor(private readonly onError: (error: unknown) => void) {}

  /** Calls `handler` whenever the descriptor is ready for any of `readiness`. */
  watch(descriptor: number, readiness: number, handler: Handler): void {
    this.#poller.add(descriptor, readiness);
    this.#handlers.set(descriptor, handler);
  }

  /** Changes what a descriptor is watched for. */
  change(descriptor: number, readiness: number): void {
    this.#poller.change(descriptor, readiness);
  }

  /** Ends a watch; before the descriptor is closed. */
  unwatch(descriptor: number): void {
    if (this.#handlers.delete(descriptor)) this.#poller.remove(descriptor);
  }

  /**
   * Blocks until something is ready or `timeout` milliseconds are over, and handles it.
   *
   * @returns whether there was anything
   */
  turn(timeout = -1): boolean {
    const events = this.#poller.wait(timeout);
    this.#dispatch(events);
    return events.length > 0;
  }

  /** Handles what comes, without blocking the thread's timers, until `isOver`. */
  async run(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      this.#dispatch(await this.#poller.waitElsewhere(-1));
      // What came meanwhile needs no other thread.
      for (let events = this.#poller.wait(0); events.length > 0; events = this.#poller.wait(0)) {
        this.#dispatch(events);
      }
    }
  }

  /** Ends all watches; the descriptors stay their owners'. */
  close(): void {
    this.#handlers.clear();
    this.#poller.close();
  }

  #dispatch(events: readonly Event[]): void {
    for (const { descriptor, readiness } of events) {
      try {
        // An earlier handler of the same round may have ended this one's watch.
        this.#handlers.get(descriptor)?.(readiness);
      } catch (error) {
        this.onError(error);
      }
    }
  }
}
