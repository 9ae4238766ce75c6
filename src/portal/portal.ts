/**
 * `stemjail portal`: the daemon of one user.
 *
 * @module
 */
import { unlessRefused } from "../../ffi/check.ts";
import { close, writeAll } from "../../ffi/file.ts";
import { userId } from "../../ffi/process.ts";
import type { Given } from "../cli/options.ts";
import { messageOf, Status, UserError } from "../errors.ts";
import { profileSources } from "../profile/installed.ts";
import { processEnvironment, socketPath } from "../protocol/locations.ts";
import { Reactor } from "../protocol/reactor.ts";
import { Cgroups } from "./cgroup.ts";
import { hiddenPaths } from "./hidden.ts";
import { Jails } from "./jails.ts";
import { type Level, levels, Log } from "./log.ts";
import { MonitorPool } from "./monitor_pool.ts";
import { Profiles } from "./profiles.ts";
import { turnAllAway } from "./refusal.ts";
import { Server } from "./serve.ts";
import { helperDirectory, leavePlace, type Place, takePlace, watchPlace } from "./socket.ts";

/** Where a portal that was started in the background says that it is ready, or why it is not. */
const READINESS = 3;
const MAXIMUM_WARM = 64;

function readLevel(given: Given): Level {
  const level = given.value("log-level") ?? "info";
  const found = levels.find((candidate) => candidate === level);
  if (found !== undefined) return found;
  throw new UserError(`portal: --log-level is one of ${levels.join(", ")}`, Status.usage);
}

function readWarm(given: Given): number {
  const text = given.value("warm") ?? "1";
  const count = Number(text);
  if (/^\d+$/.test(text) && count <= MAXIMUM_WARM) return count;
  throw new UserError(`portal: --warm wants a number from 0 to ${MAXIMUM_WARM}`, Status.usage);
}

/** Calls once when the process is asked to end. */
function onSignal(end: (signal: string) => void): void {
  let isAsked = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    Deno.addSignalListener(signal, () => {
      if (!isAsked) end(signal);
      isAsked = true;
    });
  }
}

/** Says once, to whoever started a portal in the background, how that went. */
class Readiness {
  #isTold: boolean;

  constructor(given: Given) {
    this.#isTold = !given.has("background");
  }

  tell(line: string): void {
    if (this.#isTold) return;
    this.#isTold = true;
    // EPIPE: whoever started us is gone; others may have connected meanwhile.
    unlessRefused(() => writeAll(READINESS, new TextEncoder().encode(line)), ["EPIPE"]);
    close(READINESS);
  }
}

async function serve(given: Given, log: Log, readiness: Readiness): Promise<number> {
  const reactor = new Reactor((error) => {
    const why = messageOf(error);
    log.write("error", "an event was not handled", { why });
  });
  const warm = readWarm(given);
  const place = takePlace(given.value("socket") ?? socketPath(processEnvironment, userId()));
  try {
    const sources = profileSources(given.all("profiles"));
    const hidden = hiddenPaths(place.path, sources.directories);
    const cgroups = new Cgroups(log);
    const monitors = new MonitorPool(reactor, warm, hidden, cgroups, given.has("background"));
    // The first one gets ready while the profiles are read.
    monitors.fill();
    try {
      const profiles = new Profiles(given.all("profiles"), log, reactor);
      return await serveAt(place, { given, log, reactor, profiles, monitors, cgroups }, readiness);
    } finally {
      monitors.drain();
      await cgroups.leave();
    }
  } catch (error) {
    turnAllAway(place.listener, error);
    leavePlace(place);
    throw error;
  }
}

/** What a portal has when it can serve. */
interface Beginning {
  readonly given: Given;
  readonly log: Log;
  readonly reactor: Reactor;
  readonly profiles: Profiles;
  readonly monitors: MonitorPool;
  readonly cgroups: Cgroups;
}

async function serveAt(place: Place, beginning: Beginning, readiness: Readiness): Promise<number> {
  const { given, log, reactor, profiles, monitors, cgroups } = beginning;
  const { path } = place;
  const jails = new Jails(log);
  const end = Promise.withResolvers<string>();
  let hasLeft = false;
  const makeRoom = () => {
    if (hasLeft) return;
    hasLeft = true;
    server.close();
    leavePlace(place);
  };
  const leave = (reason: string) => {
    makeRoom();
    end.resolve(reason);
  };
  const server = new Server(place.listener, {
    ...{ reactor, profiles, monitors, jails, log, means: cgroups },
    unconfined: given.has("unconfined"),
    directory: helperDirectory(path),
    retire: () => {
      const isIdle = jails.count === 0 && given.has("background");
      if (isIdle) leave("another build");
      return isIdle;
    },
  });
  watchPlace(place, reactor, async () => {
    log.write("warning", "the socket was removed", { socket: path, jails: jails.count });
    makeRoom();
    // Jails do not need a portal to go on, but what they have of a network comes through it.
    await jails.whenEmpty();
    leave("its socket was removed");
  });
  log.write("info", "portal ready", { socket: path, profiles: profiles.current().profiles.length });
  readiness.tell("ready\n");
  reactor.run(() => false).catch(end.reject);
  onSignal(leave);
  log.write("info", "portal ends", { reason: await end.promise, jails: jails.count });
  monitors.drain();
  await jails.stopAll();
  return Status.ok;
}

/** Serves until a signal ends it; its jails end with it. */
export async function portal(given: Given): Promise<number> {
  const log = new Log(readLevel(given), given.has("log-json"));
  const readiness = new Readiness(given);
  try {
    return await serve(given, log, readiness);
  } catch (error) {
    readiness.tell(messageOf(error));
    throw error;
  }
}
