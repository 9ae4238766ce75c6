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
import { Status } from "../errors.ts";
import { Channel } from "../protocol/channel.ts";
import { encodeFrame } from "../protocol/frame.ts";
import type { ErrorReply, LaunchOrder, Order, Preparation } from "../protocol/messages.ts";
import { Reactor } from "../protocol/reactor.ts";
import { Jail } from "./jail.ts";
import { prepareJail } from "./prepare.ts";

const PORTAL = 3;
const SIGNAL_INFORMATION_BYTES = 128;

/** One monitor: first without a jail, then with one. */
class Monitor {
  // A handler that matters answers by itself; what else goes wrong is not to end the jail.
  readonly #reactor = new Reactor(() => {});
  readonly #portal: Channel;
  #jail: Jail | null = null;
  /** Why there will be no jail. */
  #failure: string | null = null;
  #isOver = false;

  constructor() {
    this.#portal = new Channel(PORTAL, this.#reactor, {
      onMessage: (value, descriptors) => this.#obey(value as Preparation | Order, descriptors),
      // A jail goes on without its portal; a monitor that has none yet is of no use.
      onClose: () => this.#isOver = !this.#jail?.isRunning,
    });
    const children = signalDescriptor([Signal.child]);
    this.#reactor.watch(children, Readiness.readable, () => {
      while (read(children, new Uint8Array(SIGNAL_INFORMATION_BYTES)) > 0);
      this.#jail?.collect();
    });
  }

  /** Serves until the jail is over. */
  run(): void {
    while (!this.#isOver && !this.#jail?.isOver) this.#reactor.turn(this.#jail?.patience ?? -1);
  }

  #obey(order: Preparation | Order, descriptors: readonly number[]): void {
    switch (order.type) {
      case "prepare":
        return this.#prepare(order);
      case "provide":
        return this.#jail?.provide(order.provisions, descriptors);
      case "launch":
        return this.#launch(order, descriptors);
      case "stop":
        if (this.#jail === null) this.#isOver = true;
        return this.#jail?.stop();
    }
  }

  #prepare(preparation: Preparation): void {
    try {
      this.#jail = new Jail(prepareJail(preparation, this.#reactor), this.#reactor, this.#portal);
      this.#portal.send({ type: "ready" });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#failure = `Cannot make a jail: ${message}; \`stemjail doctor\` looks for the cause`;
      this.#portal.send({ type: "failed", message: this.#failure });
    }
  }

  /** The order may be on its way already when there is no jail to be had: its client is told. */
  #launch(order: LaunchOrder, descriptors: readonly number[]): void {
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
