/**
 * Waiting for descriptors. epoll(7), signalfd(2).
 *
 * @module
 */
import { check, checkUnless } from "./check.ts";
import { close } from "./file.ts";
import { bind } from "./library.ts";

const libc = bind({
  epoll_create1: { parameters: ["i32"], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  epoll_wait: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32" },
  epoll_wait_elsewhere: {
    name: "epoll_wait",
    parameters: ["i32", "buffer", "i32", "i32"],
    result: "i32",
    nonblocking: true,
  },
  signalfd: { parameters: ["i32", "buffer", "i32"], result: "i32" },
});

const CLOEXEC = 0o2000000;
const NONBLOCK = 0o4000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLL_CTL_MOD = 3;
// The kernel packs struct epoll_event on x86-64 alone.
const EVENT_BYTES = Deno.build.arch === "x86_64" ? 12 : 16;
const DATA_OFFSET = Deno.build.arch === "x86_64" ? 4 : 8;

/** What to wait for, and what has happened; the last two are reported unasked. */
export const Readiness = { readable: 0x1, writable: 0x4, error: 0x8, hungUp: 0x10 } as const;

/** A descriptor that became ready. */
export interface Event {
  /** The one that was watched. */
  readonly descriptor: number;
  /** {@link Readiness} bits. */
  readonly readiness: number;
}

/** A set of descriptors to wait for. */
export class Poller {
  readonly #epoll = check("epoll_create1", libc.epoll_create1(CLOEXEC));
  readonly #events: Uint8Array<ArrayBuffer>;

  /**
   * Watches nothing yet.
   *
   * @param most how many descriptors one wait tells of; those beyond are told of by the next
   */
  constructor(private readonly most = 64) {
    this.#events = new Uint8Array(most * EVENT_BYTES);
  }

  /** The descriptor of the set itself, readable when one of its own is ready. */
  get descriptor(): number {
    return this.#epoll;
  }

  /** Starts to watch a descriptor. */
  add(descriptor: number, readiness: number): void {
    this.#control(EPOLL_CTL_ADD, descriptor, readiness);
  }

  /** Changes what a watched descriptor is watched for. */
  change(descriptor: number, readiness: number): void {
    this.#control(EPOLL_CTL_MOD, descriptor, readiness);
  }

  /** Stops watching a descriptor; to be called before it is closed. */
  remove(descriptor: number): void {
    this.#control(EPOLL_CTL_DEL, descriptor, 0);
  }

  /**
   * Blocks the calling thread until something is ready.
   *
   * @param timeout milliseconds, or -1 for no limit
   */
  wait(timeout: number): Event[] {
    const count = libc.epoll_wait(this.#epoll, this.#events, this.most, timeout);
    return this.#decode(checkUnless(["EINTR"], "epoll_wait", count));
  }

  /** Like {@link wait}, while this thread does other things; one call at a time. */
  async waitElsewhere(timeout: number): Promise<Event[]> {
    const count = await libc.epoll_wait_elsewhere(
      this.#epoll,
      this.#events,
      this.most,
      timeout,
    );
    // The errno stays behind in the other thread, and EINTR is the one that can be had here.
    return this.#decode(count);
  }

  /** Watches nothing any more. */
  close(): void {
    close(this.#epoll);
  }

  #control(operation: number, descriptor: number, readiness: number): void {
    const event = new Uint8Array(EVENT_BYTES);
    const view = new DataView(event.buffer);
    view.setUint32(0, readiness, true);
    view.setInt32(DATA_OFFSET, descriptor, true);
    check("epoll_ctl", libc.epoll_ctl(this.#epoll, operation, descriptor, event));
  }

  #decode(count: number): Event[] {
    const view = new DataView(this.#events.buffer);
    const events: Event[] = [];
    for (let index = 0; index < count; index++) {
      events.push({
        descriptor: view.getInt32(index * EVENT_BYTES + DATA_OFFSET, true),
        readiness: view.getUint32(index * EVENT_BYTES, true),
      });
    }
    return events;
  }
}

/**
 * A nonblocking descriptor that becomes readable when one of the signals is pending. Every thread
 * of the process must have them blocked, which is so where the process was started that way.
 */
export function signalDescriptor(signals: readonly number[]): number {
  const mask = signals.reduce((bits, signal) => bits | 1n << BigInt(signal - 1), 0n);
  const set = new Uint8Array(128);
  new DataView(set.buffer).setBigUint64(0, mask, true);
  return check("signalfd", libc.signalfd(-1, set, CLOEXEC | NONBLOCK));
}
