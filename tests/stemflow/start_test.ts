import assert from "node:assert/strict";
import fc from "fast-check";
import { Pool } from "../../src/stemflow/pool.ts";
import { imageOfStart } from "../../src/stemflow/start.ts";
import { serialiseTable, tableCapacity } from "../../src/stemflow/table.ts";
import { access, domains as domainsArbitrary } from "./reference.ts";

const walk = fc.tuple(domainsArbitrary, fc.array(access, { maxLength: 12 }));

/** As the image comes to another process. */
function copyOf(pool: Pool): Pool {
  return Pool.restore(JSON.parse(JSON.stringify(pool.image())));
}

function manyDomains(count: number) {
  return Array.from({ length: count }, (_, at) => ({
    name: `client-${at}`,
    binds: [{ path: "/usr", write: false }, { path: `/home/u/client-${at}`, write: true }],
  }));
}

Deno.test("a pool that is restored from its image decides and shows what the first one does", () => {
  fc.assert(
    fc.property(walk, ([domains, accesses]) => {
      const pool = Pool.build(domains);
      const copy = copyOf(pool);
      let set = pool.all();
      for (const access of accesses) {
        const decision = pool.request(set, access);
        assert.equal(copy.request(set, access).kind, decision.kind);
        if (decision.kind !== "transition") continue;
        set = decision.next;
        assert.deepEqual(copy.effective(set), pool.effective(set));
        assert.deepEqual(copy.potential(set), pool.potential(set));
        assert.deepEqual(serialiseTable(copy, set), serialiseTable(pool, set));
        assert.equal(copy.nameOf(set), pool.nameOf(set));
      }
      assert.deepEqual(copy.domains.map(({ binds }) => binds), pool.domains.map((d) => d.binds));
      assert.equal(JSON.stringify(copy.image()), JSON.stringify(pool.image()));
    }),
    { numRuns: 2000 },
  );
});

Deno.test("a grant of very many domains is restored too", () => {
  const pool = Pool.build(manyDomains(200));
  const copy = copyOf(pool);
  for (const path of ["/usr/bin/env", "/home/u/client-77/plan", "/home/u", "/absent"]) {
    const access = { action: "read", path } as const;
    assert.deepEqual(copy.allow([access]).key(), pool.allow([access]).key(), path);
  }
});

Deno.test("a start has the table and the binds of the state in which all are candidates", () => {
  fc.assert(
    fc.property(domainsArbitrary, (domains) => {
      const pool = Pool.build(domains);
      const start = imageOfStart(pool);
      assert.deepEqual(start.binds, pool.effective(pool.all()));
      assert.deepEqual(Uint8Array.fromBase64(start.table), serialiseTable(pool, pool.all()));
      assert.equal(start.tableCapacity, tableCapacity(pool, pool.all()));
    }),
    { numRuns: 500 },
  );
});

Deno.test("whatever state follows, each of its binds is at one of the places, with no more rights", () => {
  fc.assert(
    fc.property(walk, ([domains, accesses]) => {
      const pool = Pool.build(domains);
      let set = pool.all();
      const places = new Map(pool.places(set).map(({ path, write }) => [path, write]));
      for (const access of accesses) {
        const decision = pool.request(set, access);
        if (decision.kind === "transition") set = decision.next;
        for (const { path, write } of pool.effective(set)) {
          assert.ok(places.has(path), path);
          assert.ok(!write || places.get(path), `${path} is written to`);
        }
      }
    }),
    { numRuns: 2000 },
  );
});
