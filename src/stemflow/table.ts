/**
 * The policy table: for every path and action, whether a jail has the access (granted), could get it
 * (ask) or never will (impossible), as bytes that a C reader (shim/table.c) walks in shared memory.
 *
 * THE LAYOUT, here and nowhere else. All numbers are 32-bit, unsigned, in the machine's byte order and
 * aligned; offsets count from the table's start, so a table can lie anywhere.
 *
 * ```
 * table    0 size in bytes     4 flags (1: nothing is left to ask)      8 number of nodes, N
 *         12 slot mask, M     16 most slots to look at in a search     20 zero, to 32
 *         32 the nodes, N times 16 bytes; the first is the root
 *          + the slots, M + 1 numbers: a node's index, or 0 for a free slot
 *          + the names' bytes
 * node     0 index of the node above     4 hash     8 offset of its name among the names
 *         12 length of its name in bits 0-15, state of reading in 16-17, of writing in 18-19,
 *            bit 24 set if there are nodes below
 * mapping  0 magic     4 version     8 size of a half, H     12 generation     16 zero, to 64
 *         64 the half of the even generations, H bytes; then that of the odd ones
 * ```
 *
 * A state is 0 impossible, 1 ask, 2 granted, and holds at the node's path and below it as far as no node
 * below says otherwise. The hash is FNV-1a over the path so far, `/a/b` for the node b below a. A search
 * begins at slot (hash & M) and goes on slot by slot, around the end, to a free one.
 *
 * THE RULE OF REPLACEMENT. The table of generation G lies in the half G & 1. A new one is written into the
 * other half, and then published by storing G + 1. A reader loads the generation, walks that half, and
 * loads it again: if it is the same, no writer had begun to overwrite the half, and the answer stands;
 * otherwise the reader starts over. Since candidate sets only shrink, granted and impossible are for ever.
 *
 * @module
 */
import type { CandidateSet } from "./candidates.ts";
import { encodePath } from "./path.ts";
import type { Pool } from "./pool.ts";
import type { TreeNode } from "./tree.ts";

const HEADER_BYTES = 32;
const NODE_BYTES = 16;
const SLOT_BYTES = 4;
const HASH_BASIS = 0x811c9dc5;
const HASH_PRIME = 0x01000193;
const SLASH = 0x2f;
const FLAG_FINAL = 1;
const HAS_CHILDREN = 1 << 24;

/** What a table says of an access. */
const enum State {
  impossible = 0,
  ask = 1,
  granted = 2,
}

interface TableNode {
  readonly parent: number;
  readonly hash: number;
  readonly name: Uint8Array;
  read: State;
  write: State;
  hasChildren: boolean;
}

/**
 * Gives the table of a state.
 *
 * @param pool The pool of the jail.
 * @param set The state's candidate set.
 */
export function serialiseTable(pool: Pool, set: CandidateSet): Uint8Array<ArrayBuffer> {
  const nodes = collectNodes(pool, set);
  const names = nodes.reduce((sum, { name }) => sum + name.length, 0);
  const bytes = new Uint8Array(tableBytes(nodes.length, names));
  const words = new Uint32Array(bytes.buffer, 0, bytes.length >>> 2);
  const slotCount = slotsFor(nodes.length);
  const slotStart = (HEADER_BYTES + NODE_BYTES * nodes.length) >>> 2;
  const slots = words.subarray(slotStart, slotStart + slotCount);
  words.set([bytes.length, isFinal(nodes) ? FLAG_FINAL : 0, nodes.length, slotCount - 1]);
  words[4] = fillSlots(slots, nodes);
  writeNodes(bytes, words, nodes, (slotStart + slotCount) << 2);
  return bytes;
}

/**
 * How many bytes the table of a state or of any later one takes at most. A later table can be the larger,
 * as a path that one candidate grants hides what others grant below it; but it never has a node that
 * is not on the way to some candidate's grant.
 *
 * @param pool The pool of the jail.
 * @param set The first state's candidate set.
 */
export function tableCapacity(pool: Pool, set: CandidateSet): number {
  const seen = new Set<TreeNode>();
  let names = 0;
  for (const { node } of pool.grantSteps(set)) {
    for (let at: TreeNode | undefined = node; at !== undefined && !seen.has(at); at = at.parent) {
      seen.add(at);
      names += encodePath(at.name).length;
    }
  }
  return tableBytes(Math.max(seen.size, 1), names);
}

/** The table's nodes: where a state changes, and what lies on the way there; outer before inner. */
function collectNodes(pool: Pool, set: CandidateSet): TableNode[] {
  const name = new Uint8Array(0);
  const root = { parent: 0, hash: HASH_BASIS, name, read: 0, write: 0, hasChildren: false };
  const nodes: TableNode[] = [root];
  const indexes = new Map<TreeNode | undefined, number>();
  const indexOf = (node: TreeNode): number => {
    if (node.parent === undefined) return 0;
    return indexes.get(node) ?? append(node, indexOf(node.parent));
  };
  const append = (node: TreeNode, parent: number): number => {
    const name = encodePath(node.name);
    const above = nodes[parent];
    above.hasChildren = true;
    nodes.push({ ...above, parent, hash: hashBelow(above.hash, name), name, hasChildren: false });
    indexes.set(node, nodes.length - 1);
    return nodes.length - 1;
  };
  for (const { node, above, here } of pool.grantSteps(set)) {
    const read = stateOf(here.readers, set.size);
    const write = stateOf(here.writers, set.size);
    const isNews = read !== stateOf(above.readers, set.size) ||
      write !== stateOf(above.writers, set.size);
    if (isNews) Object.assign(nodes[indexOf(node)], { read, write });
  }
  return nodes;
}

function stateOf(allowing: number, all: number): State {
  if (allowing === 0) return State.impossible;
  return allowing === all ? State.granted : State.ask;
}

function hashBelow(above: number, name: Uint8Array): number {
  let hash = Math.imul(above ^ SLASH, HASH_PRIME);
  for (const byte of name) hash = Math.imul(hash ^ byte, HASH_PRIME);
  return hash >>> 0;
}

function isFinal(nodes: readonly TableNode[]): boolean {
  return nodes.every(({ read, write }) => read !== State.ask && write !== State.ask);
}

/** At most half of the slots are in use, which keeps searches to a few slots. */
function slotsFor(nodes: number): number {
  return 2 ** Math.ceil(Math.log2(2 * nodes));
}

function tableBytes(nodes: number, names: number): number {
  return HEADER_BYTES + NODE_BYTES * nodes + SLOT_BYTES * slotsFor(nodes) + names;
}

/** Puts all nodes but the root into the slots; returns the most slots that a search looks at. */
function fillSlots(slots: Uint32Array, nodes: readonly TableNode[]): number {
  const mask = slots.length - 1;
  let longest = 0;
  for (let index = 1; index < nodes.length; index++) {
    let probes = 1;
    let slot = nodes[index].hash & mask;
    for (; slots[slot] !== 0; slot = (slot + 1) & mask) probes++;
    slots[slot] = index;
    longest = Math.max(longest, probes);
  }
  // One more, for the free slot at which a search in vain ends.
  return longest + 1;
}

function writeNodes(
  bytes: Uint8Array,
  words: Uint32Array,
  nodes: readonly TableNode[],
  nameStart: number,
): void {
  let nameOffset = 0;
  nodes.forEach(({ parent, hash, name, read, write, hasChildren }, index) => {
    const packed = name.length | read << 16 | write << 18 | (hasChildren ? HAS_CHILDREN : 0);
    words.set([parent, hash, nameOffset, packed], (HEADER_BYTES + NODE_BYTES * index) >>> 2);
    bytes.set(name, nameStart + nameOffset);
    nameOffset += name.length;
  });
}
