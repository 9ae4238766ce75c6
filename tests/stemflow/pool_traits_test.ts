import assert from "node:assert/strict";
import { Pool } from "../../src/stemflow/pool.ts";

const binds = [{ path: "/usr", write: false }];

Deno.test("profiles with the same paths and other traits are other domains", () => {
  const pool = Pool.build([
    { name: "a", binds, traits: ["x", "y"] },
    { name: "b", binds, traits: ["y", "x"] },
    { name: "c", binds, traits: ["x"] },
    { name: "d", binds },
    { name: "e", binds, traits: [] },
  ]);
  assert.deepEqual(pool.domains.map(({ name }) => name), ["a", "c", "d"]);
  assert.deepEqual(pool.merged, [{ name: "b", into: "a" }, { name: "e", into: "d" }]);
  assert.deepEqual(pool.find("b")?.traits, ["x", "y"]);
});
