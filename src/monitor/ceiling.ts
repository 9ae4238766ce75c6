/**
 * The ceiling of a jail, made of its plan: see ceiling_plan.ts.
 *
 * @module
 */
import { unlessRefused } from "../../ffi/check.ts";
import { close } from "../../ffi/file.ts";
import { addPathRule, addPathRules, createRuleset, FILE_ACCESS } from "../../ffi/landlock.ts";
import { encodePath } from "../stemflow/path.ts";
import { type CeilingPlan, type CeilingRule, union } from "./ceiling_plan.ts";
import type { InheritedFile } from "./inherited.ts";

/** Descriptors of the two root directories; it does not matter in which namespace the caller is. */
export interface CeilingTrees {
  /** The host's root, in the mount namespace that grants are cloned from. */
  readonly host: number;
  /** The jail's root, with its own /dev, /proc and /tmp mounted. */
  readonly jail: number;
}

/** A ruleset, and what it could not cover. */
export interface Ceiling {
  /** The ruleset's descriptor, for landlock_restrict_self(2) in the application. */
  readonly ruleset: number;
  /** Paths that are gone: a grant of one would not open. */
  readonly missing: readonly string[];
}

/**
 * Makes the ruleset of a plan.
 *
 * A standard descriptor may be a file outside the jail, and `/dev/stdin` opens it anew: that is left
 * possible, but only for reading where it was opened only for reading.
 *
 * @throws KernelError where the kernel refuses a rule; the ruleset is closed then
 */
export function createCeiling(
  plan: CeilingPlan,
  inherited: readonly InheritedFile[],
  trees: CeilingTrees,
): Ceiling {
  const ruleset = createRuleset({ files: plan.handled, scope: plan.scope });
  try {
    const missing = addRules(ruleset, plan.rules, trees);
    inherited.forEach((file) => addInherited(ruleset, file, plan.handled));
    return { ruleset, missing };
  } catch (error) {
    close(ruleset);
    throw error;
  }
}

/** Adds rules; the paths of those that are gone or have become of another kind. */
function addRules(ruleset: number, rules: readonly CeilingRule[], trees: CeilingTrees): string[] {
  // A path was resolved when the profile was loaded: a link in it by now is somebody's trick.
  const relative = rules.map(({ path }) => path === "/" ? "." : path.slice(1));
  const missing = addPathRules(
    ruleset,
    rules.map(({ tree, directory, access }) => ({ root: trees[tree], directory, access })),
    encodePath(relative.map((path) => `${path}\0`).join("")),
  );
  return missing.map((index) => rules[index].path);
}

function addInherited(ruleset: number, file: InheritedFile, handled: bigint): void {
  // A rule for a directory would be one for all below it.
  if (file.kind === "directory") return;
  const access = union(
    file.read ? FILE_ACCESS.readFile : 0n,
    file.write ? FILE_ACCESS.writeFile | FILE_ACCESS.truncate : 0n,
    // A terminal opened anew answers ioctl(2) as the inherited one does.
    FILE_ACCESS.ioctlDevice,
  );
  if ((access & handled) === 0n) return;
  // EBADFD: a pipe or socket has no place in a tree, and is not restricted.
  unlessRefused(() => addPathRule(ruleset, file.descriptor, access & handled), ["EBADFD"]);
}
