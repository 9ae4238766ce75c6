/**
 * The portal's socket: accepts clients, reads one request of each, answers it.
 *
 * @module
 */
import { Readiness } from "../../ffi/epoll.ts";
import { close } from "../../ffi/file.ts";
import { peerOf } from "../../ffi/listener.ts";
import { fileMaskOf, isInSameUserNamespace, userId } from "../../ffi/process.ts";
import { versionLine } from "../build_info.ts";
import { Status, UserError } from "../errors.ts";
import { Acceptor } from "../protocol/acceptor.ts";
import { Channel } from "../protocol/channel.ts";
import {
  parseRequest,
  type QueryRequest,
  type Reply,
  type RunRequest,
  versionOf,
} from "../protocol/messages.ts";
import type { Reactor } from "../protocol/reactor.ts";
import { type HelperContext, JailHelpers, tidyHelpers } from "./desktop_helpers.ts";
import { describe } from "./info.ts";
import type { Jails, Launch } from "./jails.ts";
import { planLaunch } from "./launch.ts";
import type { Means } from "./limits.ts";
import type { Log } from "./log.ts";
import type { Monitor } from "./monitor.ts";
import type { MonitorPool } from "./monitor_pool.ts";
import type { Profiles } from "./profiles.ts";
import { refusal, turnAway } from "./refusal.ts";

/** How long a client has to say what it wants, in milliseconds. */
const PATIENCE = 10_000;
/** How many clients may be asking at once. */
const MAXIMUM_CLIENTS = 256;
const STANDARD_DESCRIPTORS = 3;

/** What the portal serves with. */
export interface Service {
  /** Who waits for descriptors. */
  readonly reactor: Reactor;
  /** The profiles. */
  readonly profiles: Profiles;
  /** Where monitors come from. */
  readonly monitors: MonitorPool;
  /** The running jails. */
  readonly jails: Jails;
  /** What jails as a whole can be limited with. */
  readonly means: Means;
  /** Where events go. */
  readonly log: Log;
  /** Whether jails may list and mount what no profile grants. */
  readonly unconfined: boolean;
  /** Where the portal's own sockets are. */
  readonly directory: string;
  /** Gives the portal's place up if nothing depends on it; whether it did. */
  retire(): boolean;
}

/** A jail that is about to be. */
interface Beginning {
  readonly monitor: Monitor;
  readonly launch: Launch;
  readonly helpers: JailHelpers;
}

/** Serves clients of one listening socket. */
export class Server {
  readonly #clients = new Set<Channel>();
  /** Those whose answer waits for something else, such as a network or the end of a jail. */
  readonly #waiting = new Set<Channel>();
  readonly #acceptor: Acceptor;
  readonly #helperContext: HelperContext;

  /** Starts to serve a listening socket, which its owner closes. */
  constructor(private readonly listener: number, private readonly service: Service) {
    const { reactor, log, directory } = service;
    this.#helperContext = { reactor, log, directory };
    tidyHelpers(directory);
    this.#acceptor = new Acceptor(listener);
    service.reactor.watch(listener, Readiness.readable, () => this.#accept());
  }

  /** Stops serving. */
  close(): void {
    this.service.reactor.unwatch(this.listener);
    for (const client of this.#clients) client.close();
  }

  #accept(): void {
    const connection = this.#acceptor.next();
    if (connection < 0) return;
    try {
      this.#admit(connection);
    } catch (error) {
      close(connection);
      throw error;
    }
  }

  #admit(connection: number): void {
    const { uid, pid } = peerOf(connection);
    const why = this.#obstacle(uid, pid);
    if (why === null) return this.#serve(connection, pid);
    this.service.log.write("warning", "client refused", { uid, pid, why });
    turnAway(connection, why);
  }

  /** Why a client is not served, or null. */
  #obstacle(uid: number, pid: number): string | null {
    if (uid !== userId()) return "The portal serves another user";
    if (!isInSameUserNamespace(pid)) {
      return "The portal is of another user namespace; set STEMJAIL_SOCKET to a socket of your own";
    }
    if (this.#clients.size < MAXIMUM_CLIENTS) return null;
    return `The portal has ${MAXIMUM_CLIENTS} clients that wait; try again`;
  }

  #serve(connection: number, pid: number): void {
    const forget = () => {
      clearTimeout(timer);
      this.#clients.delete(client);
    };
    const client = new Channel(connection, this.service.reactor, {
      onMessage: (value, descriptors) => {
        this.#answer(client, pid, value, descriptors);
        // A launch has given the connection away; any other answer is all that there is to say.
        if (client.isOpen && !this.#waiting.has(client)) client.closeWhenSent();
        if (!client.isOpen) forget();
      },
      onClose: forget,
    });
    const timer = setTimeout(() => {
      forget();
      if (!this.#waiting.has(client)) client.close();
    }, PATIENCE);
    this.#clients.add(client);
    // A client speaks as soon as it is connected.
    client.drain();
  }

  #answer(client: Channel, pid: number, value: unknown, descriptors: number[]): void {
    try {
      const version = versionOf(value);
      if (version !== "" && version !== versionLine()) {
        descriptors.forEach(close);
        return this.#answerStranger(client, version);
      }
      const request = parseRequest(value);
      if (request.type === "run") return this.#run(client, pid, request, descriptors);
      descriptors.forEach(close);
      if (request.type === "stop") return this.#stop(client, request.id);
      client.send(this.#query(request));
    } catch (error) {
      descriptors.forEach(close);
      client.send(refusal(error));
    }
  }

  /** A client of another build: an idle portal makes room for that build's own. */
  #answerStranger(client: Channel, version: string): void {
    // Its connection outlives the server, since the answer is that there is none any more.
    this.#clients.delete(client);
    if (this.#waiting.size === 0 && this.service.retire()) {
      return client.send({ type: "replaced" });
    }
    this.#clients.add(client);
    const theirs = JSON.stringify(version);
    throw new UserError(
      `The portal is process ${Deno.pid} of another build, ${versionLine()}, and ${theirs} came: ` +
        `end its jails (\`stemjail ps\` of that build) or the process, and try again`,
      Status.notStarted,
    );
  }

  /** The client's connection goes to the monitor; the portal is out of its way from then on. */
  #run(
    client: Channel,
    pid: number,
    request: RunRequest,
    descriptors: readonly number[],
  ): void {
    if (descriptors.length !== STANDARD_DESCRIPTORS) {
      throw new UserError("A run request comes with three descriptors", Status.notStarted);
    }
    const { profiles, monitors, unconfined, means } = this.service;
    const launch = planLaunch(request, profiles.current(), {
      unconfined,
      problem: profiles.problem,
      fileMask: fileMaskOf(pid),
      means,
    });
    const monitor = monitors.take(launch.ownNetwork);
    try {
      monitor.limit(() => launch.limitsAmong(launch.candidates));
      const helpers = new JailHelpers(
        this.#helperContext,
        monitor,
        launch.order,
        request.environment,
      );
      this.#launch(client, { monitor, launch, helpers }, descriptors);
    } catch (error) {
      // Nobody else would ever end it.
      monitor.kill();
      throw error;
    }
  }

  #launch(
    client: Channel,
    { monitor, launch, helpers }: Beginning,
    descriptors: readonly number[],
  ): void {
    const { jails } = this.service;
    const start = () => jails.start(monitor, launch, [client.release(), ...descriptors], helpers);
    if (!helpers.areNeeded) return start();
    // Without a network the launch is none, so it waits for that; and other clients do not.
    this.#keepWaiting(
      client,
      helpers.begin().then(() => {
        if (!client.isOpen) throw new Error("The client is gone");
        start();
      }).catch((error) => {
        helpers.end();
        monitor.kill();
        descriptors.forEach(close);
        throw error;
      }),
    );
  }

  /** The client hears of it when the jail has ended; and other clients do not wait. */
  #stop(client: Channel, id: string): void {
    const stopped = this.service.jails.stop(id);
    this.#keepWaiting(client, stopped.then((killed) => client.send({ type: "stopped", killed })));
  }

  /** Keeps a client until something is settled, and tells it if that failed. */
  #keepWaiting(client: Channel, settled: Promise<void>): void {
    this.#waiting.add(client);
    settled.catch((error) => client.send(refusal(error))).finally(() => {
      this.#waiting.delete(client);
      client.closeWhenSent();
    });
  }

  #query(request: QueryRequest): Reply {
    const { profiles, jails } = this.service;
    switch (request.type) {
      case "info":
        return { type: "text", text: describe(profiles.current(), jails.status(), request.format) };
      case "ps":
        return { type: "jails", jails: jails.status() };
    }
  }
}
