/**
 * A rehearsal of a launch, by a monitor that waits for its jail: the engine compiles functions and
 * bindings when they are first used, and this is the time for it.
 *
 * It grants a tree to nobody, moves on to another grant of it as a request would have it, takes both
 * off again and fails to start a program. Nothing of it is left behind, and nobody is there to see it.
 *
 * @module
 */
import {
  AT_FDCWD,
  close,
  openAt,
  OpenFlag,
  removeAt,
  removeDirectoryAt,
  statusAt,
} from "../../ffi/file.ts";
import { detach } from "../../ffi/mount.ts";
import { SpawnError } from "../../ffi/spawn.ts";
import type { LaunchOrder } from "../protocol/messages.ts";
import { encodeShimRequest, parseShimRequest } from "../protocol/shim.ts";
import { Pool } from "../stemflow/pool.ts";
import { startApplication } from "./application.ts";
import { makeConfinement } from "./confinement.ts";
import type { EmptyJail } from "./empty_jail.ts";
import { GrantError, Grants } from "./grants.ts";
import { JailRequests } from "./requests.ts";
import { DomainState, TABLE_NAME } from "./state.ts";

const NOTHING = "/dev/null";

/** A directory of every system, whose name in the jail's root is removed again. */
const NAME = "usr";
const PLACE = `/${NAME}`;

/** Two domains that differ, so that there is a transition to decide. */
const domains = [
  { name: "A", traits: [], binds: [{ path: PLACE, write: false, kind: "directory" }] },
  { name: "B", traits: [], binds: [{ path: PLACE, write: true, kind: "directory" }] },
] as const;

const order: LaunchOrder = {
  type: "launch",
  domains,
  rootEntries: [],
  file: NOTHING,
  arguments: [NOTHING],
  environment: [],
  directory: "/",
  directoryRequired: false,
  terminal: [],
  linger: false,
  limits: [],
  fileMask: 0o022,
  home: { path: "/", links: [] },
  provisions: [],
  nestedNamespaces: false,
  unconfined: false,
};

function rehearseTransition(empty: EmptyJail): void {
  const { namespaces, skeleton } = empty;
  if (statusAt(namespaces.hostRoot, NAME).kind !== "directory") return;
  const grants = new Grants(namespaces, skeleton, new Map([[PLACE, "directory"]]), []);
  const state = new DomainState(Pool.build(domains), grants, skeleton.run);
  const requests = new JailRequests(state, empty, grants, false, (event) => {
    if (event.type === "denied") throw new GrantError(event.why);
  });
  const request = parseShimRequest(encodeShimRequest(PLACE, true));
  if (request !== null) requests.handle(request, Deno.pid, () => {});
  namespaces.inJail(() => {
    detach(PLACE);
    detach(PLACE);
  });
  removeDirectoryAt(skeleton.root, NAME);
  removeAt(skeleton.run, TABLE_NAME);
}

function rehearseStart(empty: EmptyJail): void {
  const nothing = openAt(AT_FDCWD, NOTHING, OpenFlag.readWrite);
  const standard = [nothing, nothing, nothing];
  const confinement = makeConfinement(order, standard, empty.namespaces, empty.filters);
  try {
    empty.namespaces.inJail(() => startApplication(order, standard, confinement));
  } catch (error) {
    if (!(error instanceof SpawnError) || error.step !== "execve") throw error;
  } finally {
    if (confinement.ruleset >= 0) close(confinement.ruleset);
    close(nothing);
  }
}

/**
 * Rehearses.
 *
 * @throws what a launch would, so that a system that cannot launch says so before it is to
 */
export function rehearse(empty: EmptyJail): void {
  rehearseTransition(empty);
  rehearseStart(empty);
}
