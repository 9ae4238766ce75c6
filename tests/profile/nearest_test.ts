import assert from "node:assert/strict";
import fc from "fast-check";
import { editDistance, nearestNames } from "../../src/profile/nearest.ts";

/** The definition, without bound or cleverness. */
function plainDistance(a: string[], b: string[]): number {
  const table = Array.from(
    { length: a.length + 1 },
    (_, i) => Array.from({ length: b.length + 1 }, (_, j) => (i === 0 ? j : j === 0 ? i : 0)),
  );
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const choices = [
        table[i - 1][j] + 1,
        table[i][j - 1] + 1,
        table[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1),
      ];
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        choices.push(table[i - 2][j - 2] + 1);
      }
      table[i][j] = Math.min(...choices);
    }
  }
  return table[a.length][b.length];
}

Deno.test("the edit distance counts insertions, deletions, replacements and swaps", () => {
  const distance = (a: string, b: string) => editDistance([...a], [...b], 9);
  assert.equal(distance("optional", "optional"), 0);
  assert.equal(distance("optinal", "optional"), 1);
  assert.equal(distance("wirte", "write"), 1);
  assert.equal(distance("path", "bath"), 1);
  assert.equal(distance("", "abc"), 3);
});

Deno.test("the bounded edit distance agrees with the definition", () => {
  const word = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 9 });
  fc.assert(
    fc.property(word, word, fc.nat(9), (a, b, bound) => {
      const exact = plainDistance(a, b);
      assert.equal(editDistance(a, b, bound), exact > bound ? bound + 1 : exact);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("the nearest name comes first and far ones do not come", () => {
  const names = ["firefox", "OpenBar", "Paranoid", "OpenCar2"];
  assert.deepEqual(nearestNames("opnbar", names), ["OpenBar"]);
  assert.deepEqual(nearestNames("OpenCar", names), ["OpenBar", "OpenCar2"]);
  assert.deepEqual(nearestNames("fire", names), ["firefox"]);
  assert.deepEqual(nearestNames("zzzzzz", names), []);
});

Deno.test("no more names come than are wanted", () => {
  const names = Array.from({ length: 100 }, (_, index) => `client${index}`);
  assert.equal(nearestNames("client", names, 3).length, 3);
});
