import assert from "node:assert/strict";
import fc from "fast-check";
import type { CandidateSet } from "../../src/stemflow/candidates.ts";
import type { Access, Domain } from "../../src/stemflow/domain.ts";
import { isBelow } from "../../src/stemflow/path.ts";
import { Pool } from "../../src/stemflow/pool.ts";
import {
  access,
  allowing,
  allows,
  bindsAllow,
  domains as domainsArbitrary,
  tellingAccesses,
} from "./reference.ts";

const RUNS = { numRuns: 3000 };
const requests = fc.array(access, { maxLength: 12 });

interface Visit {
  readonly before: CandidateSet;
  readonly after: CandidateSet;
  readonly access: Access;
  readonly kind: "unchanged" | "denied" | "transition";
}

/** Sends a jail that starts in all domains through requests. */
function visit(pool: Pool, accesses: readonly Access[]): Visit[] {
  let set = pool.all();
  return accesses.map((access) => {
    const before = set;
    const decision = pool.request(set, access);
    if (decision.kind === "transition") set = decision.next;
    return { before, after: set, access, kind: decision.kind };
  });
}

function membersOf(pool: Pool, set: CandidateSet): Domain[] {
  return Array.from(set, (index) => pool.domains[index]);
}

Deno.test("a decision is what the definitions say, for any pool and requests", () => {
  fc.assert(
    fc.property(domainsArbitrary, requests, (domains, accesses) => {
      const pool = Pool.build(domains);
      for (const { before, after, access, kind } of visit(pool, accesses)) {
        const members = membersOf(pool, before);
        const left = allowing(members, access);
        const expected = left.length === members.length
          ? "unchanged"
          : left.length === 0
          ? "denied"
          : "transition";
        assert.equal(kind, expected);
        assert.deepEqual(
          pool.membersOf(after),
          kind === "transition" ? left : pool.membersOf(before),
        );
      }
    }),
    RUNS,
  );
});

Deno.test("effective access only widens, potential only tightens, candidates only get fewer", () => {
  fc.assert(
    fc.property(domainsArbitrary, requests, (domains, accesses) => {
      const pool = Pool.build(domains);
      const telling = tellingAccesses(domains);
      for (const { before, after } of visit(pool, accesses)) {
        assert.ok(after.isSubsetOf(before));
        assert.ok(after.size > 0);
        const effective = [pool.effective(before), pool.effective(after)];
        const potential = [pool.potential(before), pool.potential(after)];
        for (const one of telling) {
          const [hadIt, hasIt] = effective.map((binds) => bindsAllow(binds, one));
          const [couldHaveIt, canHaveIt] = potential.map((binds) => bindsAllow(binds, one));
          assert.ok(!hadIt || hasIt, "effective access was taken back");
          assert.ok(!canHaveIt || couldHaveIt, "potential access grew");
          assert.ok(!hasIt || canHaveIt, "effective access beyond the potential");
        }
      }
    }),
    { numRuns: 2000 },
  );
});

Deno.test("effective is what all candidates allow, potential what any does", () => {
  fc.assert(
    fc.property(domainsArbitrary, requests, (domains, accesses) => {
      const pool = Pool.build(domains);
      const set = visit(pool, accesses).at(-1)?.after ?? pool.all();
      const members = membersOf(pool, set);
      const [effective, potential] = [pool.effective(set), pool.potential(set)];
      for (const one of tellingAccesses(domains)) {
        assert.equal(bindsAllow(effective, one), members.every((domain) => allows(domain, one)));
        assert.equal(bindsAllow(potential, one), members.some((domain) => allows(domain, one)));
      }
    }),
    RUNS,
  );
});

Deno.test("the binds of effective and potential access are the least, each path once", () => {
  fc.assert(
    fc.property(domainsArbitrary, (domains) => {
      const pool = Pool.build(domains);
      for (const binds of [pool.effective(pool.all()), pool.potential(pool.all())]) {
        binds.forEach((bind, at) => {
          const rest = binds.filter((_, other) => other !== at);
          const action = bind.write ? "write" : "read";
          assert.ok(!bindsAllow(rest, { action, path: bind.path }), `${bind.path} is redundant`);
        });
        const outerLater = binds.some(({ path }, at) =>
          binds.slice(at).some((later) => isBelow(path, later.path))
        );
        assert.ok(!outerLater, "an outer bind comes after an inner one");
      }
    }),
    RUNS,
  );
});

Deno.test("two accesses that no single profile allows are never both had after being asked for", () => {
  fc.assert(
    fc.property(domainsArbitrary, requests, (domains, accesses) => {
      const pool = Pool.build(domains);
      const visits = visit(pool, accesses);
      const effective = pool.effective(visits.at(-1)?.after ?? pool.all());
      const had = accesses.filter((one) => bindsAllow(effective, one));
      for (const one of had) {
        for (const other of had) {
          assert.ok(domains.some((domain) => allows(domain, one) && allows(domain, other)));
        }
      }
    }),
    RUNS,
  );
});

Deno.test("the order of requests that can all be granted does not matter", () => {
  const shuffled = fc.tuple(domainsArbitrary, fc.nat(), fc.array(fc.tuple(access, fc.nat())));
  fc.assert(
    fc.property(shuffled, ([domains, choice, keyed]) => {
      const pool = Pool.build(domains);
      // Requests that one domain allows altogether are independent: no order can deny one of them.
      const chosen = pool.domains[choice % pool.domains.length];
      const granted = keyed.filter(([access]) => allows(chosen, access));
      const inOrder = granted.map(([access]) => access);
      const inOther = granted.toSorted((a, b) => a[1] - b[1]).map(([access]) => access);
      const ends = [inOrder, inOther].map((order) =>
        visit(pool, order).at(-1)?.after ?? pool.all()
      );
      assert.ok(ends[0].equals(ends[1]));
      assert.ok(ends[0].equals(pool.allow(inOrder)));
    }),
    RUNS,
  );
});

Deno.test("equal domains are merged, and only equal ones", () => {
  fc.assert(
    fc.property(domainsArbitrary, (domains) => {
      const pool = Pool.build(domains);
      const telling = tellingAccesses(domains);
      const behaviour = (domain: Domain) => telling.map((one) => allows(domain, one)).join();
      const firstWith = new Map<string, string>();
      for (const domain of domains) {
        const key = behaviour(domain);
        if (!firstWith.has(key)) firstWith.set(key, domain.name);
        assert.equal(pool.find(domain.name)?.name, firstWith.get(key));
      }
      assert.equal(pool.domains.length, firstWith.size);
      assert.equal(pool.merged.length, domains.length - firstWith.size);
    }),
    RUNS,
  );
});

Deno.test("a launch by profile starts in exactly the domains that allow all of it", () => {
  fc.assert(
    fc.property(domainsArbitrary, (domains) => {
      const pool = Pool.build(domains);
      const telling = tellingAccesses(domains);
      for (const domain of pool.domains) {
        const all = telling.filter((one) => allows(domain, one));
        const wider = pool.domains.filter((other) => all.every((one) => allows(other, one)));
        const start = pool.startForProfile(domain.name, false);
        assert.deepEqual(pool.membersOf(start), wider.map(({ name }) => name));
      }
    }),
    { numRuns: 2000 },
  );
});

Deno.test("100,000 requests in random order end in a state that allows every one granted", () => {
  const domains = Array.from({ length: 300 }, (_, at) => ({
    name: `p${at}`,
    binds: Array.from({ length: 20 }, (_, bit) => ({
      path: `/d${(at >>> (bit % 9)) & 1}/${bit}`,
      write: bit % 3 === 0,
    })),
  }));
  const pool = Pool.build(domains);
  let seed = 1;
  const random = (below: number) => (seed = Math.imul(seed, 48271) >>> 1) % below;
  let set = pool.all();
  const granted: Access[] = [];
  for (let count = 0; count < 100_000; count++) {
    const action = random(2) === 0 ? "read" : "write";
    const access: Access = { action, path: `/d${random(3)}/${random(22)}/x` };
    const decision = pool.request(set, access);
    if (decision.kind === "transition") set = decision.next;
    if (decision.kind !== "denied") granted.push(access);
  }
  assert.ok(set.size > 0);
  assert.ok(granted.length > 1000);
  const members = membersOf(pool, set);
  assert.ok(granted.every((access) => members.every((domain) => allows(domain, access))));
});
