/**
 * The graph of what jails can be and become: domains, accesses, and the transitions between.
 *
 * @module
 */
import type { CandidateSet } from "./candidates.ts";
import type { Access, Action } from "./domain.ts";
import { Exploration, keyOf, type State } from "./exploration.ts";
import { comparePaths } from "./path.ts";
import { intersectionName, type Pool } from "./pool.ts";

/** A state that a jail can be in. */
export interface DomainNode {
  /** Its name within the graph: `d0`, `i0`. */
  readonly id: string;
  /** Whether it is one profile or several. */
  readonly kind: "final" | "intersection";
  /** The members' names, `A ∩ B`. */
  readonly name: string;
  /** The members' names, in the pool's order. */
  readonly members: readonly string[];
  /** Whether a launch can start in it. */
  readonly start: boolean;
  /** The running jails that are in it now. */
  readonly jails: readonly string[];
}

/** A path that some domain of the graph grants. */
export interface AccessNode {
  /** Its name within the graph: `a0`. */
  readonly id: string;
  /** The path. */
  readonly path: string;
}

/** A domain grants a path, and all below it; `write` grants reading too. */
export interface GrantEdge {
  /** The domain's name within the graph. */
  readonly from: string;
  /** The access's name within the graph. */
  readonly to: string;
  /** What is granted. */
  readonly action: Action;
}

/** A request for any of the accesses, or for one below, takes a jail from one domain to another. */
export interface TransitionEdge {
  /** The name within the graph of the domain before. */
  readonly from: string;
  /** The name within the graph of the domain after. */
  readonly to: string;
  /** The outermost accesses that lead there. */
  readonly accesses: readonly Access[];
}

/** Where the graph ends before what can be reached does. */
export interface Cut {
  /** The bound on intersections that was met. */
  readonly maximum: number;
  /** How many start sets were left out; once they are as many as the bound, the rest is not looked at. */
  readonly omittedStarts: number;
  /** The domains some of whose transitions were left out. */
  readonly incomplete: readonly string[];
}

/** The graph, as plain data in a stable order. */
export interface Graph {
  /** The final domains in the pool's order, then the intersections, the wider first. */
  readonly domains: readonly DomainNode[];
  /** The paths that a domain above has as one of its least binds, in order. */
  readonly accesses: readonly AccessNode[];
  /** What each domain's least binds are. */
  readonly grants: readonly GrantEdge[];
  /** What leads from one domain to another. */
  readonly transitions: readonly TransitionEdge[];
  /** Null if the graph is whole. */
  readonly cut: Cut | null;
}

/** A running jail, for marking its domain. */
export interface RunningJail {
  /** What the jail is called. */
  readonly id: string;
  /** Its candidate set. */
  readonly set: CandidateSet;
}

/** What the graph is to show. */
export interface GraphOptions {
  /** How many intersections to show at most, as their number can grow exponentially; 200 by default. */
  readonly maximumIntersections?: number;
  /** Where launches start; by default all that a launch by profile or by command can start in. */
  readonly starts?: Iterable<CandidateSet>;
  /** The running jails; their states are shown first, even beyond the bound. */
  readonly jails?: readonly RunningJail[];
}

/**
 * Gives the start sets of a pool: that of each profile, then those of the commands that lie in a granted
 * path. A set can come more than once.
 *
 * @param pool Any pool.
 */
export function* launchStarts(pool: Pool): IterableIterator<CandidateSet> {
  for (const { name } of pool.domains) yield pool.startForProfile(name, false);
  for (const { node, above, here } of pool.grantSteps(pool.all())) {
    if (here.readers !== above.readers) yield pool.startForCommand(node.path);
  }
}

/**
 * Builds the graph of a pool: every final domain, and the intersections that launches start in and
 * requests reach, breadth first up to a bound.
 *
 * @param pool Any pool.
 * @param options What to show.
 */
export function buildGraph(pool: Pool, options: GraphOptions = {}): Graph {
  const jails = options.jails ?? [];
  const exploration = new Exploration(pool, options.maximumIntersections ?? 200);
  for (const { set } of jails) exploration.admit(set);
  for (const set of options.starts ?? launchStarts(pool)) {
    if (!exploration.addStart(set)) break;
  }
  exploration.followAll();
  return describe(pool, exploration, jails);
}

function describe(
  pool: Pool,
  { states, maximum, omittedStarts }: Exploration,
  jails: readonly RunningJail[],
): Graph {
  const ids = nameStates(states);
  const jailsIn = Map.groupBy(jails, ({ set }) => keyOf(set));
  const domains: DomainNode[] = [];
  const transitions: TransitionEdge[] = [];
  for (const [key, id] of ids) {
    const state = states.get(key)!;
    const members = pool.membersOf(state.set);
    domains.push({
      id,
      kind: members.length === 1 ? "final" : "intersection",
      name: intersectionName(members),
      members,
      start: state.start,
      jails: (jailsIn.get(key) ?? []).map(({ id }) => id),
    });
    for (const [to, { accesses }] of state.transitions) {
      transitions.push({ from: id, to: ids.get(to)!, accesses });
    }
  }
  const incomplete = [...ids].filter(([key]) => states.get(key)!.incomplete).map(([, id]) => id);
  const isWhole = omittedStarts === 0 && incomplete.length === 0;
  const cut = isWhole ? null : { maximum, omittedStarts, incomplete };
  return { domains, ...describeGrants(pool, states, ids), transitions, cut };
}

/** Gives each state's key its id: final domains in the pool's order, then the wider before the narrower. */
function nameStates(states: ReadonlyMap<string, State>): Map<string, string> {
  const entries = [...states].map(([key, { set }]) => ({ key, members: [...set] }));
  const finals = entries.filter(({ members }) => members.length === 1);
  const intersections = entries.filter(({ members }) => members.length > 1);
  finals.sort((a, b) => a.members[0] - b.members[0]);
  intersections.sort((a, b) =>
    b.members.length - a.members.length || compareIndexes(a.members, b.members)
  );
  return new Map([
    ...finals.map(({ key }, at): [string, string] => [key, `d${at}`]),
    ...intersections.map(({ key }, at): [string, string] => [key, `i${at}`]),
  ]);
}

function compareIndexes(left: readonly number[], right: readonly number[]): number {
  const at = left.findIndex((index, place) => index !== right[place]);
  return at === -1 ? 0 : left[at] - right[at];
}

function describeGrants(
  pool: Pool,
  states: ReadonlyMap<string, State>,
  ids: ReadonlyMap<string, string>,
): Pick<Graph, "accesses" | "grants"> {
  const binds = [...ids].flatMap(([key, id]) =>
    pool.effective(states.get(key)!.set).map((bind) => ({ from: id, ...bind }))
  );
  const paths = [...new Set(binds.map(({ path }) => path))].sort(comparePaths);
  const accesses = paths.map((path, at) => ({ id: `a${at}`, path }));
  const idOf = new Map(accesses.map(({ id, path }) => [path, id]));
  const grants = binds.map(({ from, path, write }): GrantEdge => ({
    from,
    to: idOf.get(path)!,
    action: write ? "write" : "read",
  }));
  return { accesses, grants };
}
