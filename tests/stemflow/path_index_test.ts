import assert from "node:assert/strict";
import fc from "fast-check";
import { isAtOrBelow } from "../../src/stemflow/path.ts";
import { PathIndex } from "../../src/stemflow/path_index.ts";
import { path as pathArbitrary } from "./reference.ts";

/** An index of the paths and all above them, and the paths in the order of their numbers. */
function indexOf(paths: readonly string[]): { index: PathIndex; numbered: string[] } {
  const closed = new Set(["/"]);
  for (const path of paths) {
    for (let end = path.indexOf("/", 1); end !== -1; end = path.indexOf("/", end + 1)) {
      closed.add(path.slice(0, end));
    }
    closed.add(path);
  }
  const numbered = [...closed];
  return { index: PathIndex.build(numbered), numbered };
}

function deepestByComparison(numbered: readonly string[], path: string): string {
  const above = numbered.filter((one) => isAtOrBelow(path, one));
  return above.reduce((deepest, one) => one.length > deepest.length ? one : deepest);
}

Deno.test("the index finds the deepest path on the way, for any paths", () => {
  const paths = fc.array(pathArbitrary, { maxLength: 12 });
  fc.assert(
    fc.property(paths, fc.array(pathArbitrary), (paths, wanted) => {
      const { index, numbered } = indexOf(paths);
      for (const path of [...wanted, ...paths]) {
        assert.equal(numbered[index.deepest(path)], deepestByComparison(numbered, path));
      }
    }),
    { numRuns: 3000 },
  );
});

/** Finds two names of one length whose paths have the hash of the index, FNV-1a of 32 bits, in common. */
function collidingPaths(): [string, string] {
  const byHash = new Map<number, string>();
  for (let count = 1_000_000;; count++) {
    const path = `/${count}`;
    let hash = 0x811c9dc5 | 0;
    for (const character of path) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
    const other = byHash.get(hash);
    if (other !== undefined) return [other, path];
    byHash.set(hash, path);
  }
}

Deno.test("paths of one hash and one length are told apart", () => {
  const [one, other] = collidingPaths();
  assert.equal(one.length, other.length);
  const deepest = (paths: readonly string[], path: string) => {
    const { index, numbered } = indexOf(paths);
    return numbered[index.deepest(path)];
  };
  assert.equal(deepest([one], other), "/");
  assert.equal(deepest([one], `${other}/below`), "/");
  assert.equal(deepest([one, other], one), one);
  assert.equal(deepest([one, other], other), other);
  assert.equal(deepest([other, one], `${one}/below`), one);
  assert.equal(deepest([`${one}/x`], `${other}/x`), "/");
});
