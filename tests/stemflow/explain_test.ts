import assert from "node:assert/strict";
import fc from "fast-check";
import { domainsNearest, explain, explanationLines } from "../../src/stemflow/explain.ts";
import { Pool } from "../../src/stemflow/pool.ts";
import { access, allows, domains as domainsArbitrary } from "./reference.ts";

const POOL = Pool.build([
  { name: "OpenBar", binds: [{ path: "/usr", write: false }, { path: "/c/open", write: true }] },
  { name: "Paranoid", binds: [{ path: "/usr", write: false }, { path: "/c/para", write: true }] },
  { name: "Reader", binds: [{ path: "/usr", write: false }, { path: "/c/open", write: false }] },
  { name: "Elsewhere", binds: [{ path: "/srv", write: false }] },
  { name: "Twin", binds: [{ path: "/srv/", write: false }] },
]);

const START = POOL.startForCommand("/usr/bin/sh");
const OPENED = { action: "read", path: "/c/open/plan" } as const;
const AFTER = POOL.allow([{ action: "read", path: "/usr" }, OPENED]);
const HISTORY = { start: START, transitions: [{ at: "12:00", access: OPENED, to: AFTER }] };

Deno.test("an explanation tells of each profile what it would take, and since when it is lost", () => {
  const access = { action: "write", path: "/c/open/./plan" } as const;
  const { verdict, profiles, access: normalised } = explain(POOL, AFTER, access, HISTORY);
  assert.equal(verdict, "possible");
  assert.deepEqual(normalised, { action: "write", path: "/c/open/plan" });
  const needed = { path: "/c/open/plan", write: true };
  assert.deepEqual(profiles, [
    {
      name: "OpenBar",
      mergedInto: undefined,
      candidate: true,
      lost: undefined,
      allows: true,
      grantedBy: { path: "/c/open", write: true },
      needed: undefined,
      readOnlyBind: undefined,
    },
    {
      name: "Paranoid",
      mergedInto: undefined,
      candidate: false,
      lost: { since: "transition", index: 0, at: "12:00", access: OPENED },
      allows: false,
      grantedBy: undefined,
      needed,
      readOnlyBind: undefined,
    },
    {
      name: "Reader",
      mergedInto: undefined,
      candidate: true,
      lost: undefined,
      allows: false,
      grantedBy: undefined,
      needed,
      readOnlyBind: { path: "/c/open", write: false },
    },
    ...["Elsewhere", "Twin"].map((name) => ({
      name,
      mergedInto: name === "Twin" ? "Elsewhere" : undefined,
      candidate: false,
      lost: { since: "start" as const },
      allows: false,
      grantedBy: undefined,
      needed,
      readOnlyBind: undefined,
    })),
  ]);
});

Deno.test("the words of an explanation are a line for each profile", () => {
  const lines = explanationLines(
    explain(POOL, AFTER, { action: "write", path: "/c/open/plan" }, HISTORY),
  );
  assert.deepEqual(lines, [
    'writing "/c/open/plan" is possible',
    '"OpenBar": a candidate, allows it by "/c/open" (writable)',
    '"Paranoid": not a candidate since reading "/c/open/plan" (12:00), would need "/c/open/plan" (writable)',
    '"Reader": a candidate, would need write = true for "/c/open"',
    '"Elsewhere": not a candidate since the launch, would need "/c/open/plan" (writable)',
    '"Twin": the same as "Elsewhere", not a candidate since the launch, would need "/c/open/plan" (writable)',
  ]);
});

Deno.test("a line of an explanation stays one line, whatever the path holds", () => {
  const pool = Pool.build([{ name: 'a\n"b', binds: [] }]);
  const lines = explanationLines(explain(pool, pool.all(), { action: "read", path: "/x\ny" }));
  assert.deepEqual(lines, [
    'reading "/x\\ny" is impossible',
    '"a\\n\\"b": a candidate, would need "/x\\ny" (read-only)',
  ]);
});

Deno.test("without a history a lost profile is not dated", () => {
  const { profiles } = explain(POOL, AFTER, OPENED);
  assert.deepEqual(profiles.map(({ lost }) => lost), Array(5).fill(undefined));
});

Deno.test("an explanation's verdict is the engine's, and the needed bind would do", () => {
  fc.assert(
    fc.property(
      domainsArbitrary,
      fc.array(access, { maxLength: 4 }),
      access,
      (domains, past, one) => {
        const pool = Pool.build(domains);
        let set = pool.all();
        for (const access of past) {
          const decision = pool.request(set, access);
          if (decision.kind === "transition") set = decision.next;
        }
        const { verdict, profiles } = explain(pool, set, one);
        const kinds = { granted: "unchanged", possible: "transition", impossible: "denied" };
        assert.equal(pool.request(set, one).kind, kinds[verdict]);
        assert.equal(profiles.length, domains.length);
        for (const { name, allows: says, needed, grantedBy } of profiles) {
          const domain = domains.find((domain) => domain.name === name)!;
          assert.equal(says, allows(domain, one));
          const only = grantedBy ?? needed!;
          assert.ok(allows({ name, binds: [only] }, one));
        }
      },
    ),
    { numRuns: 2000 },
  );
});

Deno.test("the nearest domains are those with the most leading components in common", () => {
  assert.deepEqual(domainsNearest(POOL, "/c/open2/x", 5), ["OpenBar", "Paranoid", "Reader"]);
  assert.deepEqual(domainsNearest(POOL, "/c/open/x", 2), ["OpenBar", "Reader"]);
  assert.deepEqual(domainsNearest(POOL, "/nowhere", 5), []);
});
