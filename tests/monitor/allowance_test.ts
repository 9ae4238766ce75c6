import assert from "node:assert/strict";
import { Allowance } from "../../src/monitor/allowance.ts";

Deno.test("something may be done so often in a time, and again in the next", () => {
  let now = 0;
  const allowance = new Allowance(3, 1000, () => now);
  const taken = () => Array.from({ length: 5 }, () => allowance.take()).filter(Boolean).length;
  assert.equal(taken(), 3);
  now = 999;
  assert.equal(taken(), 0);
  now = 1000;
  assert.equal(taken(), 3);
  now = 5500;
  assert.equal(taken(), 3);
  now = 6400;
  assert.equal(taken(), 0);
});
