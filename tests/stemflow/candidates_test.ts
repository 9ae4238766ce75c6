import assert from "node:assert/strict";
import fc from "fast-check";
import { CandidateSet } from "../../src/stemflow/candidates.ts";

/** Capacities around the ends of words, with two sets of members each. */
const pair = fc.constantFrom(0, 1, 31, 32, 33, 64, 100).chain((capacity) => {
  const members = capacity === 0
    ? fc.constant<number[]>([])
    : fc.uniqueArray(fc.integer({ min: 0, max: capacity - 1 }));
  return fc.tuple(fc.constant(capacity), members, members);
});

Deno.test("a candidate set agrees with a Set of numbers", () => {
  fc.assert(
    fc.property(pair, ([capacity, left, right]) => {
      const [a, b] = [CandidateSet.of(capacity, left), CandidateSet.of(capacity, right)];
      const [plainA, plainB] = [new Set(left), new Set(right)];
      assert.deepEqual([...a], [...left].sort((x, y) => x - y));
      assert.equal(a.size, plainA.size);
      for (let index = 0; index < capacity; index++) assert.equal(a.has(index), plainA.has(index));
      assert.deepEqual(new Set(a.intersect(b)), plainA.intersection(plainB));
      assert.equal(a.isSubsetOf(b), plainA.isSubsetOf(plainB));
      assert.equal(a.equals(b), plainA.symmetricDifference(plainB).size === 0);
      assert.equal(a.key() === b.key(), a.equals(b));
    }),
    { numRuns: 3000 },
  );
});

Deno.test("the full set has every domain and no more, at the ends of words too", () => {
  for (const capacity of [0, 1, 31, 32, 33, 63, 64, 65]) {
    const full = CandidateSet.full(capacity);
    assert.equal(full.size, capacity);
    assert.deepEqual([...full], Array.from({ length: capacity }, (_, index) => index));
    assert.ok(!full.has(capacity));
    assert.ok(full.equals(CandidateSet.of(capacity, full)));
  }
});

Deno.test("no method changes a candidate set", () => {
  const set = CandidateSet.of(40, [1, 39]);
  set.intersect(CandidateSet.of(40, [1]));
  set.intersectBits([0, 0]);
  set.coverage([-1, -1]);
  assert.deepEqual([...set], [1, 39]);
});

Deno.test("coverage tells none, some and all", () => {
  const set = CandidateSet.of(40, [1, 39]);
  assert.equal(set.coverage([0b101, 0]), "none");
  assert.equal(set.coverage([0b010, 0]), "some");
  assert.equal(set.coverage([0b110, 1 << 7]), "all");
});

Deno.test("a candidate set refuses what is not an index of its pool", () => {
  for (const index of [-1, 40, 1.5, NaN]) {
    assert.throws(() => CandidateSet.of(40, [index]), RangeError);
  }
});

Deno.test("candidate sets of different pools cannot be mixed up unnoticed", () => {
  const [small, large] = [CandidateSet.full(3), CandidateSet.full(4)];
  assert.throws(() => small.intersect(large), /different pools/);
  assert.throws(() => small.isSubsetOf(large), /different pools/);
  assert.throws(() => small.equals(large), /different pools/);
});
