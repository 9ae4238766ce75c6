/**
 * A rehearsal of a launch, by a monitor that waits for its jail: the engine compiles functions and
 * bindings when they are first used, and this is the time for it.
 *
 * What it does leaves nothing behind: it mounts the host's /dev/null over the jail's and takes it
 * off again, and fails to execute it.
 *
 * @module
 */
import { AT_FDCWD, close, openAt, OpenFlag, removeAt } from "../../ffi/file.ts";
import { detach } from "../../ffi/mount.ts";
import { setHostName } from "../../ffi/namespace.ts";
import { SpawnError } from "../../ffi/spawn.ts";
import type { LaunchOrder } from "../protocol/messages.ts";
import { Pool } from "../stemflow/pool.ts";
import { planState, planTransition } from "../stemflow/plan.ts";
import { startApplication } from "./application.ts";
import { makeConfinement } from "./confinement.ts";
import { Grants } from "./grants.ts";
import { hostNameOf } from "./host_name.ts";
import { realHostPath } from "./host_path.ts";
import type { EmptyJail } from "./empty_jail.ts";
import { createTable, TABLE_NAME } from "./state.ts";

const NOTHING = "/dev/null";

/** Two domains that differ, so that there is a transition to decide. */
const domains = [
  { name: "A", traits: [], binds: [{ path: NOTHING, write: false, kind: "file" }] },
  { name: "B", traits: [], binds: [{ path: NOTHING, write: true, kind: "file" }] },
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

function rehearseDecision(empty: EmptyJail): void {
  const pool = Pool.build(domains);
  const set = pool.all();
  pool.nameOf(set);
  setHostName(hostNameOf(pool.nameOf(set)));
  realHostPath(empty.namespaces.hostRoot, NOTHING);
  const decision = pool.request(set, { action: "write", path: NOTHING });
  if (decision.kind === "transition") planTransition(pool, set, decision.next);
  createTable(pool, set, empty.skeleton.run);
  removeAt(empty.skeleton.run, TABLE_NAME);
}

function rehearseMounts(empty: EmptyJail): void {
  const expected = new Map([[NOTHING, "character device" as const]]);
  const grants = new Grants(empty.namespaces, empty.skeleton.root, expected, []);
  const pool = Pool.build(domains);
  grants.apply(planState(pool, pool.all()));
  empty.namespaces.inJail(() => detach(NOTHING));
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
  rehearseDecision(empty);
  rehearseMounts(empty);
  rehearseStart(empty);
}
