/**
 * `stemjail monitor`: PID 1 of a jail. The portal starts it in new namespaces, with a socket as
 * descriptor 3 and every signal blocked; nobody else has a use for it.
 *
 * @module
 */
import { Readiness, signalDescriptor } from "../../ffi/epoll.ts";
import { read } from "../../ffi/file.ts";
import { Signal } from "../../ffi/process.ts";
import { send } from "../../ffi/socket.ts";
import { messageOf, Status } from "../errors.ts";
import { Channel } from "../protocol/channel.ts";
import { encodeFrame } from "../protocol/frame.ts";
import type { ErrorReply, LaunchOrder, Order, Preparation } from "../protocol/messages.ts";
import { Reactor } from "../protocol/reactor.ts";
import type { EmptyJail } from "./empty_jail.ts";
import { Jail } from "./jail.ts";
import { prepareJail } from "./prepare.ts";
import { rehearse } from "./rehearse.ts";

const PORTAL = 3;
const SIGNAL_INFORMATION_BYTES = 128;

/** One monitor: first without a jail, then with one. */
class Monitor {
  // A handler that matters answers by itself; what else goes wrong is not to end the jail.
  readonly #reactor = new Reactor(() => {});
  readonly #portal: Channel;
  #jail: Jail | null = null;
  /** The jail as long as nothing was ordered or rehearsed. */
  #empty: EmptyJail | null = null;
  /** Why there will be no jail. */
  #failure: string | null = null;
  #isOver = false;

  constructor() {
    this.#portal = new Channel(PORTAL, this.#reactor, {
      onMessage: (value, descriptors) => this.#obey(value as Preparation | Order, descriptors),
      // A jail goes on without its portal; a monitor that has none yet is of no use.
      onClose: () => {
        this.#isOver = !this.#jail?.isRunning;
        this.#jail?.settleAll();
      },
    });
    const children = signalDescriptor([Signal.child]);
    this.#reactor.watch(children, Readiness.readable, () => {
      while (read(children, new Uint8Array(SIGNAL_INFORMATION_BYTES)) > 0);
      this.#jail?.collect();
    });
  }

  /** Serves until the jail is over. */
  run(): void {
    while (!this.#isOver && !this.#jail?.isOver) {
      // An order that is here already does not wait for its rehearsal.
      const patience = this.#empty === null ? this.#jail?.patience ?? -1 : 0;
      if (!this.#reactor.turn(patience) && this.#empty !== null) this.#rehearse(this.#empty);
    }
    this.#jail?.leave();
  }

  #obey(order: Preparation | Order, descriptors: readonly number[]): void {
    switch (order.type) {
      case "prepare":
        return this.#prepare(order);
      case "provide":
        return this.#jail?.provide(order.provisions, descriptors);
      case "settled":
        return this.#jail?.settle();
      case "launch":
        return this.#launch(order, descriptors);
      case "stop":
        if (this.#jail === null) this.#isOver = true;
        return this.#jail?.stop();
    }
  }

  #prepare(preparation: Preparation): void {
    this.#unlessFailed(() => {
      this.#empty = prepareJail(preparation, this.#reactor);
      this.#jail = new Jail(this.#empty, this.#reactor, this.#portal);
    });
  }

  /** Also finds out whether this system lets a jail be launched, before somebody waits for one. */
  #rehearse(empty: EmptyJail): void {
    this.#empty = null;
    this.#unlessFailed(() => {
      rehearse(empty);
      this.#portal.send({ type: "ready" });
    });
  }

  #unlessFailed(action: () => void): void {
    try {
      action();
    } catch (error) {
      const message = messageOf(error);
      this.#jail = null;
      this.#empty = null;
      this.#failure = `Cannot make a jail: ${message}; \`stemjail doctor\` looks for the cause`;
      this.#portal.send({ type: "failed", message: this.#failure });
    }
  }

  /** The order may be on its way already when there is no jail to be had: its client is told. */
  #launch(order: LaunchOrder, descriptors: readonly number[]): void {
    this.#empty = null;
    if (this.#jail !== null) return this.#jail.launch(order, descriptors);
    const message = this.#failure ?? "The jail was never prepared";
    const reply: ErrorReply = { type: "error", message, status: Status.notStarted };
    send(descriptors[0], encodeFrame(reply));
    this.#isOver = true;
  }
}

/** Runs the monitor to the end of its jail, and with it the process. */
export function monitor(): never {
  new Monitor().run();
  Deno.exit(0);
}
