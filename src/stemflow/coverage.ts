/**
 * What a set of domains grants together, computed on the numbers of the prefix tree's nodes.
 *
 * A grant is one number: four times its node's number, plus READ and WRITE for what it adds to the
 * grants above it in the same domain. Sorted, grants come in path order. Since a domain grants an action
 * at most once on the way from the root to any path, the domains that allow an action at a path are
 * counted by adding up the grants on the way.
 *
 * @module
 */
import type { Bind } from "./domain.ts";
import type { PrefixTree, TreeNode } from "./tree.ts";

/** The grant adds reading. */
export const READ = 1;
/** The grant adds writing. */
export const WRITE = 2;

/** How many domains of a set allow each action at a path. */
export interface Counts {
  /** How many allow reading. */
  readonly readers: number;
  /** How many allow writing. */
  readonly writers: number;
}

/** A node at which the counts differ from those just above it. */
export interface Step {
  /** The node. */
  readonly node: TreeNode;
  /** What holds above the node. */
  readonly above: Counts;
  /** What holds at the node and, until the next step below it, below. */
  readonly here: Counts;
}

/**
 * Drops what grants of one domain repeat, so that equal domains have equal grants.
 *
 * @param tree A numbered tree.
 * @param grants For each bind, four times its node's number plus READ, or plus READ and WRITE; sorted
 * in place.
 * @returns The grants left, each with only what it adds, in path order.
 */
export function minimalGrants(tree: PrefixTree, grants: Int32Array): Int32Array {
  grants.sort();
  let readEnd = 0;
  let writeEnd = 0;
  let kept = 0;
  for (let at = 0; at < grants.length; at++) {
    const index = grants[at] >>> 2;
    // The last of the grants of one node is the widest: it comes after in number.
    if (at + 1 < grants.length && grants[at + 1] >>> 2 === index) continue;
    let adds = grants[at] & (READ | WRITE);
    if (index < readEnd) adds &= ~READ;
    if (index < writeEnd) adds = 0;
    if (adds === 0) continue;
    const end = tree.nodes[index].end;
    if (adds & READ) readEnd = end;
    if (adds & WRITE) writeEnd = end;
    grants[kept++] = index << 2 | adds;
  }
  return grants.slice(0, kept);
}

/**
 * Walks the nodes at which a set of domains grants anything, in path order.
 *
 * @param tree A numbered tree.
 * @param grants The minimal grants of all domains of the set together; sorted in place.
 */
export function* walkGrants(tree: PrefixTree, grants: Int32Array): IterableIterator<Step> {
  grants.sort();
  const open: { end: number; counts: Counts }[] = [];
  const nothing: Counts = { readers: 0, writers: 0 };
  for (let at = 0; at < grants.length;) {
    const node = tree.nodes[grants[at] >>> 2];
    while (open.length > 0 && node.index >= open.at(-1)!.end) open.pop();
    const above = open.at(-1)?.counts ?? nothing;
    let { readers, writers } = above;
    for (; at < grants.length && grants[at] >>> 2 === node.index; at++) {
      readers += grants[at] & READ;
      writers += (grants[at] & WRITE) >>> 1;
    }
    const here = { readers, writers };
    open.push({ end: node.end, counts: here });
    yield { node, above, here };
  }
}

/**
 * Gives the least binds that allow what at least `needed` domains of a set allow, in path order.
 *
 * @param tree A numbered tree.
 * @param grants The minimal grants of all domains of the set together; sorted in place.
 * @param needed How many domains must agree: their number for the effective access, 1 for the
 * potential one.
 */
export function leastBinds(tree: PrefixTree, grants: Int32Array, needed: number): Bind[] {
  const binds: Bind[] = [];
  for (const { node, above, here } of walkGrants(tree, grants)) {
    const addsWrite = above.writers < needed && here.writers >= needed;
    const addsRead = above.readers < needed && here.readers >= needed;
    if (addsWrite || addsRead) binds.push({ path: node.path, write: addsWrite });
  }
  return binds;
}
