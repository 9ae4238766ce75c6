import assert from "node:assert/strict";
import fc from "fast-check";
import {
  median,
  percentile,
  ratioWithinRounds,
  summarise,
} from "../../scripts/bench/statistics.ts";

const samples = fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1 });

Deno.test("the median is the middle sample, or the mean of the two in the middle", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
});

Deno.test("a percentile is the smallest sample that the share does not exceed", () => {
  const hundreds = Array.from({ length: 300 }, (_, index) => 300 - index);
  assert.equal(percentile(hundreds, 0.99), 297);
  assert.equal(percentile(hundreds, 1), 300);
  assert.equal(percentile([7], 0.01), 7);
});

Deno.test("at least the share of the samples is at most the percentile, and fewer are below it", () => {
  fc.assert(fc.property(samples, fc.double({ min: 0.01, max: 1, noNaN: true }), (all, share) => {
    const found = percentile(all, share);
    assert.ok(all.includes(found));
    assert.ok(all.filter((sample) => sample <= found).length >= share * all.length);
    assert.ok(all.filter((sample) => sample < found).length < share * all.length);
  }));
});

Deno.test("a summary is in order, and changes no sample's place", () => {
  fc.assert(fc.property(samples, (all) => {
    const before = [...all];
    const { minimum, median, maximum, count } = summarise(all);
    assert.ok(minimum <= median && median <= maximum);
    assert.equal(count, all.length);
    assert.deepEqual(all, before);
  }));
});

Deno.test("there is no 99th percentile of fewer than a hundred samples", () => {
  assert.equal(summarise(Array.from({ length: 99 }, (_, at) => at)).p99, null);
  assert.equal(summarise(Array.from({ length: 100 }, (_, at) => at)).p99, 98);
});

Deno.test("without samples there is nothing to say", () => {
  assert.throws(() => median([]), RangeError);
  assert.throws(() => percentile([], 0.5), RangeError);
});

Deno.test("ratios are taken within a round, so that a slow round does not show", () => {
  const native = [10, 100, 10, 1000];
  const jail = native.map((time) => time * 1.5);
  assert.deepEqual(ratioWithinRounds(jail, native), [1.5, 1.5, 1.5]);
});

Deno.test("there are no ratios of different numbers of rounds", () => {
  assert.equal(ratioWithinRounds([1, 2], [1]), null);
});
