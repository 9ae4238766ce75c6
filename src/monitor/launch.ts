/**
 * From an empty jail and an order to a running application. The jail does it once, and once before for
 * nobody: see rehearse.ts.
 *
 * @module
 */
import { close } from "../../ffi/file.ts";
import type { LaunchOrder, MonitorEvent, Provision } from "../protocol/messages.ts";
import { type Application, type Confinement, startApplication } from "./application.ts";
import { makeConfinement } from "./confinement.ts";
import { JailSession } from "./desktop.ts";
import type { EmptyJail } from "./empty_jail.ts";
import { Grants } from "./grants.ts";
import { makeHome, ownHome } from "./home.ts";
import { type InheritedFile, inheritedFiles } from "./inherited.ts";
import { JailRequests } from "./requests.ts";
import { boundNamespaces } from "./reserve.ts";
import { limitScratch } from "./scratch.ts";
import { uncoverProc } from "./skeleton.ts";
import { DomainState } from "./state.ts";

/** What becomes of a jail is told to somebody. */
export type Tell = (event: MonitorEvent) => void;

/** A jail with its first domain, in which nothing runs yet. */
export interface FurnishedJail {
  /** Its domain. */
  readonly state: DomainState;
  /** What it has of the user's session. */
  readonly session: JailSession;
  /** Who answers its requests. */
  readonly requests: JailRequests;
}

/**
 * Makes the first domain of an order appear.
 *
 * @param provisions what can appear of the session
 * @param tell hears of transitions and refusals
 * @throws GrantError when something cannot be mounted
 */
export function furnish(
  empty: EmptyJail,
  order: LaunchOrder,
  provisions: readonly Provision[],
  tell: Tell,
): FurnishedJail {
  const { namespaces, skeleton } = empty;
  const expected = new Map(order.places.map(({ path, kind }) => [path, kind]));
  const grants = new Grants(namespaces, skeleton, expected, order.rootEntries);
  if (order.nestedNamespaces) boundNamespaces();
  namespaces.inJail(() => {
    limitScratch(order.scratch);
    makeHome(skeleton, order.home);
  });
  const state = new DomainState(order.start, grants, skeleton.run);
  const session = new JailSession(empty, order.start.pool.domains, provisions, tell);
  const follow = (candidates: readonly string[]) => session.follow(candidates);
  follow(state.candidates);
  const requests = new JailRequests(state, empty, grants, order, follow, tell);
  return { state, session, requests };
}

function confine(
  { namespaces, skeleton, filters }: EmptyJail,
  order: LaunchOrder,
  session: JailSession,
  inherited: readonly InheritedFile[],
): Confinement {
  return makeConfinement(order, inherited, namespaces, filters, {
    files: session.ownFiles,
    home: ownHome(skeleton, order.start.binds),
  });
}

/**
 * Starts the application of an order.
 *
 * @param standard the client's descriptors 0, 1 and 2
 * @throws SpawnError, KernelError or UserError when it cannot be started
 */
export function startIn(
  empty: EmptyJail,
  order: LaunchOrder,
  session: JailSession,
  standard: readonly number[],
): Application {
  const inherited = inheritedFiles(standard);
  const confinement = confine(empty, order, session, inherited);
  try {
    return empty.namespaces.inJail(() => {
      if (order.nestedNamespaces) uncoverProc();
      return startApplication(order, inherited, confinement);
    });
  } finally {
    if (confinement.ruleset >= 0) close(confinement.ruleset);
  }
}
