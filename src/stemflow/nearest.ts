/**
 * The domains that come nearest to what none of them grants.
 *
 * @module
 */
import { normalisePath } from "./path.ts";
import type { Pool } from "./pool.ts";

/**
 * Names the domains that come nearest to granting a path: those with a bind that has the most leading
 * components in common with it, at least one.
 *
 * @param pool Any pool.
 * @param path Any absolute path.
 * @param maximum How many names are wanted at most.
 * @throws {PathError} If the path cannot be used.
 */
export function domainsNearest(pool: Pool, path: string, maximum: number): string[] {
  const wanted = normalisePath(path).split("/");
  const scored = pool.domains.map(({ name, binds }) => ({
    name,
    common: Math.max(0, ...binds.map((bind) => commonComponents(wanted, bind.path.split("/")))),
  }));
  return scored.filter(({ common }) => common > 0)
    .sort((a, b) => b.common - a.common)
    .slice(0, maximum)
    .map(({ name }) => name);
}

function commonComponents(left: readonly string[], right: readonly string[]): number {
  let common = 0;
  // The first piece is what stands before the leading slash: nothing, in every absolute path.
  while (common + 1 < left.length && left[common + 1] === right[common + 1]) common++;
  return common;
}
