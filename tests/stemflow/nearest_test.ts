import assert from "node:assert/strict";
import { domainsNearest } from "../../src/stemflow/nearest.ts";
import { Pool } from "../../src/stemflow/pool.ts";

const POOL = Pool.build([
  { name: "OpenBar", binds: [{ path: "/usr", write: false }, { path: "/c/open", write: true }] },
  { name: "Paranoid", binds: [{ path: "/usr", write: false }, { path: "/c/para", write: true }] },
  { name: "Reader", binds: [{ path: "/usr", write: false }, { path: "/c/open", write: false }] },
  { name: "Elsewhere", binds: [{ path: "/srv", write: false }] },
  { name: "Twin", binds: [{ path: "/srv/", write: false }] },
]);

Deno.test("the nearest domains are those with the most leading components in common", () => {
  assert.deepEqual(domainsNearest(POOL, "/c/open2/x", 5), ["OpenBar", "Paranoid", "Reader"]);
  assert.deepEqual(domainsNearest(POOL, "/c/open/x", 2), ["OpenBar", "Reader"]);
  assert.deepEqual(domainsNearest(POOL, "/nowhere", 5), []);
});
