/**
 * Accepting connections when descriptors run short.
 *
 * A connection that cannot be accepted stays in the queue and keeps the listener readable, which
 * would be waited for in vain again and again. So a descriptor is kept in reserve: it makes room to
 * accept such a connection, and to close it.
 *
 * @module
 */
import { KernelError } from "../../ffi/check.ts";
import { AT_FDCWD, close, openAt, OpenFlag } from "../../ffi/file.ts";
import { accept } from "../../ffi/listener.ts";

/** This process, or the system, has no descriptor left (accept(2)). */
const exhausted = new Set(["EMFILE", "ENFILE"]);

/** Accepts connections of one listening socket. */
export class Acceptor {
  #reserve = openReserve();

  /** Accepts for `listener`, which stays its owner's. */
  constructor(private readonly listener: number) {}

  /**
   * The next connection, nonblocking.
   *
   * @returns -1 when none waits any more, or the one that did could not be kept
   */
  next(): number {
    try {
      return accept(this.listener);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      if (exhausted.has(error.code)) this.#turnAway();
      return -1;
    }
  }

  /** Accepts no more; the listener stays open. */
  close(): void {
    if (this.#reserve >= 0) close(this.#reserve);
    this.#reserve = -1;
  }

  #turnAway(): void {
    if (this.#reserve < 0) return;
    close(this.#reserve);
    this.#reserve = -1;
    try {
      const connection = accept(this.listener);
      if (connection >= 0) close(connection);
    } finally {
      this.#reserve = openReserve();
    }
  }
}

function openReserve(): number {
  return openAt(AT_FDCWD, "/dev/null", OpenFlag.readOnly);
}
