/**
 * Mount plans: the ordered steps that make a state's effective access visible in a jail.
 *
 * A step binds the host's tree at its path over the same path of the jail, read-only or writable. A
 * mount covers all that lies below its path, mounts made earlier included; so what a path shows is
 * decided by the last step whose path is a prefix of it. Nothing is ever unmounted.
 *
 * THE RULE. The steps of a transition are those least binds of E(S'), in path order (outer before inner),
 * that
 *   1. E(S) did not have as they are, or
 *   2. lie below another step of the same plan, which has just covered them.
 * A least bind below another is always a writable tree in a read-only one: grants only add up, so a
 * read-only bind inside a writable one grants nothing and has no step. The plan of a state is that of
 * the transition from nothing to it.
 *
 * Between an outer step and the inner ones that it makes anew, the inner trees show read-only for a
 * moment; whoever performs the plan makes the moment as short as can be.
 *
 * @module
 */
import type { Bind } from "./domain.ts";
import { isBelow } from "./path.ts";

/** One mount: the tree at a path of the host, at the same path of the jail. */
export interface MountStep {
  /** The tree's path, on the host and in the jail. */
  readonly path: string;
  /** Whether it is writable. */
  readonly write: boolean;
}

/**
 * The steps that turn what one state shows into what a later one does.
 *
 * @param had The least binds until now, in path order; none for a jail that is still empty.
 * @param wanted The least binds to come, in path order; they allow all that `had` does.
 */
export function planMounts(had: readonly Bind[], wanted: readonly Bind[]): MountStep[] {
  const visible = new Map(had.map(({ path, write }) => [path, write]));
  const steps: MountStep[] = [];
  // In path order the steps' trees come one after another: only the last outermost can cover a bind.
  let covering: string | undefined;
  for (const { path, write } of wanted) {
    const covered = covering !== undefined && isBelow(path, covering);
    if (!covered && visible.get(path) === write) continue;
    steps.push({ path, write });
    if (!covered) covering = path;
  }
  return steps;
}
