/**
 * The candidate sets that launches can start in, for the graph.
 *
 * @module
 */
import { matchesCommand } from "../profile/match.ts";
import type { CandidateSet } from "../stemflow/candidates.ts";
import type { Catalog } from "./catalog.ts";

/** Different commands that are tried, and different sets of domains that allow a program. */
const MOST_COMMANDS = 500;
const MOST_SETS = 1000;

function unique(sets: readonly CandidateSet[]): CandidateSet[] {
  return [...new Map(sets.map((set) => [set.key(), set])).values()];
}

/** The domains that name a command, for commands as the patterns have them, one for each pattern. */
function namingSets({ pool, profiles }: Catalog): CandidateSet[] {
  const patterns = new Set(profiles.flatMap(({ run }) => run.match ?? []));
  const commands = [...patterns].slice(0, MOST_COMMANDS).map((text) => text.replaceAll("*", ""));
  return unique(commands.map((command) => {
    const naming = profiles.filter(({ run }) => matchesCommand(run.match ?? [], command));
    return pool.setOf(naming.map(({ name }) => name));
  }));
}

/** The domains that allow a program, for programs in any place that is granted. */
function allowingSets({ pool }: Catalog): CandidateSet[] {
  const sets = new Map<string, CandidateSet>();
  for (const { node, above, here } of pool.grantSteps(pool.all())) {
    if (here.readers === above.readers) continue;
    const set = pool.startForCommand(node.path);
    sets.set(set.key(), set);
    if (sets.size === MOST_SETS) break;
  }
  return [...sets.values()];
}

/**
 * Gives the sets that launches start in: by a profile's name, then by a command that is named by
 * some, then by one that is not. A set can come more than once.
 *
 * @param catalog the profiles in force
 */
export function* startsOf(catalog: Catalog): IterableIterator<CandidateSet> {
  const { pool, profiles } = catalog;
  for (const { name } of profiles) yield catalog.widerThan(name, false);
  const naming = namingSets(catalog);
  const open = profiles.filter(({ run }) => run.match === undefined).map(({ name }) => name);
  for (const allowing of allowingSets(catalog)) {
    for (const set of naming) yield allowing.intersect(set);
    const unnamed = allowing.intersect(pool.setOf(open));
    yield unnamed.size > 0 ? unnamed : allowing;
  }
}
