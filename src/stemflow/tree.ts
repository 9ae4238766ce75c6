/**
 * The prefix tree: a node for each component of each granted path, and at each node the domains that
 * grant there. What holds at a node holds below it, so one walk down a path gathers every domain that
 * allows an access, whatever the number of profiles.
 *
 * Nodes are numbered in the order of their paths, outer before inner: the nodes below one are those
 * from its number to its `end`, and "is below" is a comparison of numbers.
 *
 * @module
 */
import { wordsFor } from "./candidates.ts";
import { nameOf } from "./path.ts";
import { PathIndex, type PathIndexImage } from "./path_index.ts";

/** The domains that grant one action at one node: a few indexes, or a bitset where they are many. */
export interface Grant {
  /** The indexes, ascending, as long as they are few. */
  readonly indexes: number[];
  /** The bits, once there are many; the indexes are empty then. */
  words: Int32Array | undefined;
}

/** One component of granted paths. */
export class TreeNode {
  /** Its number in path order. */
  index = 0;
  /** One more than the greatest number below it. */
  end = 0;
  /** Who grants reading here; undefined if none does. */
  readers: Grant | undefined;
  /** Who grants writing here; undefined if none does. */
  writers: Grant | undefined;
  /** The nodes just below, until the tree is numbered. */
  children: Map<string, TreeNode> | undefined;

  /**
   * Makes a node that is not numbered yet.
   *
   * @param path The path that it stands for.
   * @param parent The node just above; undefined for the root.
   */
  constructor(readonly path: string, readonly parent: TreeNode | undefined) {}

  /** The last component of its path; empty for the root. */
  get name(): string {
    return nameOf(this.path);
  }
}

/** A {@linkcode Grant} as plain data, for JSON. */
export interface GrantImage {
  /** The indexes. */
  readonly indexes: readonly number[];
  /** The bits, if there are any. */
  readonly words?: readonly number[];
}

/** A {@linkcode TreeNode} as plain data, for JSON. */
export interface NodeImage {
  /** The path that it stands for. */
  readonly path: string;
  /** The number of the node just above; -1 for the root. */
  readonly parent: number;
  /** One more than the greatest number below it. */
  readonly end: number;
  /** Who grants reading here. */
  readonly readers?: GrantImage;
  /** Who grants writing here. */
  readonly writers?: GrantImage;
}

/** A prefix tree as plain data, for JSON. */
export interface TreeImage {
  /** In the order of their numbers. */
  readonly nodes: readonly NodeImage[];
  /** The index of their paths. */
  readonly index: PathIndexImage;
}

/** The prefix tree of one pool. Built by insert, number, then grant; only looked up after that. */
export class PrefixTree {
  /** The node of `/`, which is there from the first. */
  readonly root: TreeNode = new TreeNode("/", undefined);
  /** All nodes by their number. */
  readonly nodes: TreeNode[] = [];
  #index = PathIndex.build(["/"]);

  /** Makes the tree that an image was taken of. */
  static restore({ nodes, index }: TreeImage): PrefixTree {
    const tree = new PrefixTree();
    for (const [number, { path, parent, end, readers, writers }] of nodes.entries()) {
      const node = number === 0 ? tree.root : new TreeNode(path, tree.nodes[parent]);
      node.index = number;
      node.end = end;
      node.readers = restoreGrant(readers);
      node.writers = restoreGrant(writers);
      tree.nodes.push(node);
    }
    tree.#index = PathIndex.restore(tree.nodes.map(({ path }) => path), index);
    return tree;
  }

  /** What {@linkcode restore} makes an equal tree of. */
  image(): TreeImage {
    const nodes = this.nodes.map(({ path, parent, end, readers, writers }) => ({
      path,
      parent: parent?.index ?? -1,
      end,
      readers: imageOfGrant(readers),
      writers: imageOfGrant(writers),
    }));
    return { nodes, index: this.#index.image() };
  }

  /** Gives the node of a normalised path, made if need be. */
  insert(path: string): TreeNode {
    let node = this.root;
    for (let start = 1; start < path.length;) {
      const end = endOfComponent(path, start);
      node = childOf(node, path, start, end);
      start = end + 1;
    }
    return node;
  }

  /** Numbers all nodes, once the last is inserted. */
  number(): void {
    const visit = (node: TreeNode) => {
      node.index = this.nodes.push(node) - 1;
      for (const child of takeChildren(node)) visit(child);
      node.end = this.nodes.length;
    };
    visit(this.root);
    this.#index = PathIndex.build(this.nodes.map(({ path }) => path));
  }

  /** Notes that a domain grants an action at a node. Domains come in ascending order. */
  grant(node: TreeNode, action: "readers" | "writers", domain: number, capacity: number): void {
    const grant = node[action] ??= { indexes: [], words: undefined };
    if (grant.words !== undefined) addIndexes(grant.words, [domain]);
    else if (grant.indexes.push(domain) > wordsFor(capacity)) {
      // From here on a bitset is the smaller and the faster of the two.
      grant.words = new Int32Array(wordsFor(capacity));
      addIndexes(grant.words, grant.indexes.splice(0));
    }
  }

  /**
   * Adds to a row of bits every domain that allows an action on a path.
   *
   * @param path A normalised path.
   * @param action Whose grants count.
   * @param bits One bit for each domain of the pool.
   */
  gather(path: string, action: "readers" | "writers", bits: Int32Array): void {
    let node: TreeNode | undefined = this.nodes[this.#index.deepest(path)];
    for (; node !== undefined; node = node.parent) addGrant(bits, node[action]);
  }
}

function imageOfGrant(grant: Grant | undefined): GrantImage | undefined {
  if (grant === undefined) return undefined;
  const { indexes, words } = grant;
  return words === undefined ? { indexes } : { indexes, words: Array.from(words) };
}

function restoreGrant(image: GrantImage | undefined): Grant | undefined {
  if (image === undefined) return undefined;
  const { indexes, words } = image;
  return { indexes: [...indexes], words: words && Int32Array.from(words) };
}

function endOfComponent(path: string, start: number): number {
  const slash = path.indexOf("/", start);
  return slash === -1 ? path.length : slash;
}

function childOf(node: TreeNode, path: string, start: number, end: number): TreeNode {
  const name = path.substring(start, end);
  node.children ??= new Map();
  let child = node.children.get(name);
  if (child === undefined) {
    child = new TreeNode(path.slice(0, end), node);
    node.children.set(name, child);
  }
  return child;
}

/** Gives a node's children in path order, and drops the map, which nothing needs any more. */
function takeChildren(node: TreeNode): TreeNode[] {
  const named = [...node.children ?? []];
  node.children = undefined;
  return named.sort(([a], [b]) => a < b ? -1 : 1).map(([, child]) => child);
}

function addGrant(bits: Int32Array, grant: Grant | undefined): void {
  if (grant === undefined) return;
  const { indexes, words } = grant;
  if (words === undefined) return addIndexes(bits, indexes);
  for (let at = 0; at < words.length; at++) bits[at] |= words[at];
}

function addIndexes(bits: Int32Array, indexes: readonly number[]): void {
  for (const index of indexes) bits[index >>> 5] |= 1 << (index & 31);
}
