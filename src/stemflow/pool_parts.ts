/**
 * The making of a pool: profiles in, domains that differ and the tree of their grants out.
 *
 * @module
 */
import { minimalGrants, READ, WRITE } from "./coverage.ts";
import { type Bind, type Domain, DomainNameError, type MergedName } from "./domain.ts";
import { normalisePath } from "./path.ts";
import { PrefixTree, type TreeImage, type TreeNode } from "./tree.ts";

/** A pool's parts, which belong together by the domains' indexes. */
export interface PoolParts {
  /** The final domains. */
  readonly domains: Domain[];
  /** The profiles that grant the same as an earlier one. */
  readonly merged: MergedName[];
  /** The paths, with who grants them. */
  readonly tree: PrefixTree;
  /** The minimal grants of each domain. */
  readonly grants: Int32Array[];
  /** The index of each name's domain, merged names included. */
  readonly indexes: Map<string, number>;
}

/**
 * Builds a pool's parts from profiles.
 *
 * @param profiles The profiles in their order; paths need not be normalised.
 * @throws {PathError} If a bind's path cannot be used.
 * @throws {DomainNameError} If two profiles have one name.
 */
export function buildParts(profiles: readonly Domain[]): PoolParts {
  const tree = new PrefixTree();
  const nodesOf = profiles.map(({ binds }) => binds.map((bind) => insertBind(tree, bind)));
  tree.number();
  const parts: PoolParts = { domains: [], merged: [], tree, grants: [], indexes: new Map() };
  const firstWith = new Map<string, number>();
  profiles.forEach(({ name, binds, traits = [] }, at) => {
    if (parts.indexes.has(name)) {
      throw new DomainNameError(name, `Cannot use the name ${JSON.stringify(name)} twice`);
    }
    const grants = minimalGrants(tree, encodeGrants(nodesOf[at], binds));
    const key = [grants.join(), ...traits.toSorted()].join("\0");
    const index = firstWith.get(key) ?? parts.domains.length;
    parts.indexes.set(name, index);
    if (index < parts.domains.length) {
      parts.merged.push({ name, into: parts.domains[index].name });
      return;
    }
    firstWith.set(key, index);
    parts.grants.push(grants);
    parts.domains.push({
      name,
      binds: bindsOf(tree, grants),
      ...(traits.length === 0 ? {} : { traits }),
    });
  });
  grantInTree(parts);
  return parts;
}

/** A pool as plain data, for JSON: without the names that were merged into others. */
export interface PoolImage {
  /** The domains, by their index. */
  readonly domains: readonly {
    readonly name: string;
    readonly traits: readonly string[];
    /** The minimal grants. */
    readonly grants: readonly number[];
  }[];
  /** The paths, with who grants them. */
  readonly tree: TreeImage;
}

/** Gives the image of a pool, of its parts. */
export function imageOfParts(
  domains: readonly Domain[],
  grants: readonly Int32Array[],
  tree: PrefixTree,
): PoolImage {
  return {
    domains: domains.map(({ name, traits = [] }, index) => ({
      name,
      traits,
      grants: Array.from(grants[index]),
    })),
    tree: tree.image(),
  };
}

/** Makes the parts that an image was taken of. Little is done that is not asked for. */
export function restoreParts(image: PoolImage): PoolParts {
  const tree = PrefixTree.restore(image.tree);
  const grants = image.domains.map((domain) => Int32Array.from(domain.grants));
  return {
    domains: image.domains.map(({ name, traits }, index) => ({
      name,
      traits,
      get binds() {
        return bindsOf(tree, grants[index]);
      },
    })),
    merged: [],
    tree,
    grants,
    indexes: new Map(image.domains.map(({ name }, index) => [name, index])),
  };
}

function insertBind(tree: PrefixTree, bind: Bind): TreeNode {
  return tree.insert(normalisePath(bind.path));
}

function encodeGrants(nodes: readonly TreeNode[], binds: readonly Bind[]): Int32Array {
  return Int32Array.from(
    nodes,
    (node, at) => node.index << 2 | READ | (binds[at].write ? WRITE : 0),
  );
}

function bindsOf(tree: PrefixTree, grants: Int32Array): Bind[] {
  return Array.from(grants, (grant) => ({
    path: tree.nodes[grant >>> 2].path,
    write: (grant & WRITE) !== 0,
  }));
}

function grantInTree({ domains, tree, grants }: PoolParts): void {
  for (let domain = 0; domain < domains.length; domain++) {
    for (const grant of grants[domain]) {
      const node = tree.nodes[grant >>> 2];
      if (grant & READ) tree.grant(node, "readers", domain, domains.length);
      if (grant & WRITE) tree.grant(node, "writers", domain, domains.length);
    }
  }
}
