/**
 * A rehearsal of a launch, by a monitor that waits for its jail: the engine compiles functions and
 * bindings when they are first used, and this is the time for it.
 *
 * It is played in a copy of the jail's mount namespace. A home is made, trees are granted to nobody, a
 * request moves on to another grant, a client hears of it, and a program fails to start. What is mounted
 * goes with the copy, the names that were made are removed, and nobody is there to see it.
 *
 * @module
 */
import { removeAt, removeDirectoryAt } from "../../ffi/entry.ts";
import { AT_FDCWD, close, openAt, OpenFlag } from "../../ffi/file.ts";
import { socketPair } from "../../ffi/listener.ts";
import { connectTo, createSocket, send, SocketType } from "../../ffi/socket.ts";
import { SpawnError } from "../../ffi/spawn.ts";
import { existsAt, statusAt } from "../../ffi/status.ts";
import { TABLE_NAME } from "../protocol/inside.ts";
import type { LaunchOrder, OrderedPlace } from "../protocol/messages.ts";
import { Reactor } from "../protocol/reactor.ts";
import { encodeShimRequest } from "../protocol/shim.ts";
import { Pool } from "../stemflow/pool.ts";
import { imageOfStart } from "../stemflow/start.ts";
import { Client } from "./client.ts";
import type { EmptyJail } from "./empty_jail.ts";
import { GrantError } from "./grant_error.ts";
import { placesOn } from "./host_path.ts";
import { furnish, startIn } from "./launch.ts";
import type { JailRequests } from "./requests.ts";
import { RequestServer } from "./serve.ts";
import type { Skeleton } from "./skeleton.ts";

const NOTHING = "/dev/null";
/** What is granted, as far as the host has it: a directory, a file and, on most systems, a link. */
const GRANTED = ["usr", "etc/passwd", "bin"];
/** What two domains differ in, so that there is a transition to decide. */
const DIFFERENCE = "/usr";
/** In /tmp, since the home's own file system can be mounted but once. */
const HOME = "/tmp/stemjail-rehearsal";
const HOME_LINK = "stemjail-rehearsal";
const SOCKET = "/tmp/stemjail-rehearsal.socket";
const SCRATCH = { bytes: 1 << 16, files: 64 };

function grantedPlaces(hostRoot: number): OrderedPlace[] {
  return GRANTED.filter((name) => existsAt(hostRoot, name)).flatMap((name): OrderedPlace[] => {
    const { kind } = statusAt(hostRoot, name);
    const isGrantable = kind === "directory" || kind === "file" || kind === "link";
    return isGrantable ? [{ path: `/${name}`, write: false, kind }] : [];
  });
}

function orderOf(places: readonly OrderedPlace[]): LaunchOrder {
  const writable = places.map((place) => ({ ...place, write: place.path === DIFFERENCE }));
  const pool = Pool.build([{ name: "A", binds: places }, { name: "B", binds: writable }]);
  return {
    type: "launch",
    // As it comes from the portal.
    start: JSON.parse(JSON.stringify(imageOfStart(pool))),
    places: writable,
    rootEntries: [],
    file: NOTHING,
    arguments: [NOTHING],
    environment: [`HOME=${HOME}`],
    directory: "/",
    directoryRequired: false,
    terminal: [],
    sharedKeyboard: false,
    linger: false,
    limits: [],
    scratch: SCRATCH,
    fileMask: 0o022,
    home: { path: HOME, links: [{ path: `/${HOME_LINK}`, target: HOME }] },
    provisions: [],
    nestedNamespaces: false,
    unconfined: false,
    awaitsHelpers: false,
  };
}

/** With a reactor of its own: the monitor's may have an order that is not to be obeyed yet. */
function withReactor(act: (reactor: Reactor) => void): void {
  const reactor = new Reactor(() => {});
  try {
    act(reactor);
  } finally {
    reactor.close();
  }
}

/** A process asks for what only one of the domains allows. */
function rehearseRequest({ namespaces }: EmptyJail, requests: JailRequests): void {
  const asker = createSocket(SocketType.seqpacket | SocketType.nonblocking);
  withReactor((reactor) => {
    const server = namespaces.inJail(() => {
      const server = new RequestServer(reactor, SOCKET);
      connectTo(asker, SOCKET);
      remove(AT_FDCWD, SOCKET);
      return server;
    });
    send(asker, encodeShimRequest(DIFFERENCE, true));
    server.start((request, pid) => requests.handle(request, pid));
    reactor.turn(0);
    close(asker);
    // The server learns that the asker is gone.
    reactor.turn(0);
    server.close();
  });
}

function rehearseLaunch(empty: EmptyJail, order: LaunchOrder): void {
  let failure: string | null = null;
  const { session, requests } = furnish(empty, order, [], (event) => {
    if (event.type === "denied") failure = event.why;
  });
  if (order.places.some(({ path }) => path === DIFFERENCE)) {
    rehearseRequest(empty, requests);
  }
  if (failure !== null) throw new GrantError(failure);
  // A link, as many a path has one.
  placesOn(empty.namespaces.hostRoot, "/proc/self");
  const nothing = openAt(AT_FDCWD, NOTHING, OpenFlag.readWrite);
  try {
    startIn(empty, order, session, [nothing, nothing, nothing]);
  } catch (error) {
    if (!(error instanceof SpawnError) || error.step !== "execve") throw error;
  } finally {
    close(nothing);
  }
}

function rehearseReply(): void {
  withReactor((reactor) => {
    const [ours, theirs] = socketPair(SocketType.stream | SocketType.nonblocking);
    const client = new Client(ours, -1, reactor, {
      onSignal: () => {},
      onKeyboard: () => {},
      onGone: () => {},
    });
    client.reply({ type: "started", domain: "A" });
    client.exited(0);
    // The client learns that the other end is gone, and closes its own.
    close(theirs);
    reactor.turn(0);
  });
}

function remove(directory: number, name: string): void {
  if (!existsAt(directory, name)) return;
  if (statusAt(directory, name).kind === "directory") removeDirectoryAt(directory, name);
  else removeAt(directory, name);
}

function removeNames({ root, run }: Skeleton): void {
  remove(run, TABLE_NAME);
  for (const name of [...GRANTED, "etc", HOME_LINK]) remove(root, name);
}

/**
 * Rehearses.
 *
 * @throws what a launch would, so that a system that cannot launch says so before it is to
 */
export function rehearse(empty: EmptyJail): void {
  const order = orderOf(grantedPlaces(empty.namespaces.hostRoot));
  empty.namespaces.withCopyOfJail((namespaces) => {
    rehearseLaunch({ ...empty, namespaces }, order);
    // The copy shows the same file system in /tmp as the jail.
    namespaces.inJail(() => remove(AT_FDCWD, HOME));
  });
  removeNames(empty.skeleton);
  rehearseReply();
}
