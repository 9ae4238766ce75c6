import assert from "node:assert/strict";
import fc from "fast-check";
import type { Access, Bind } from "../../src/stemflow/domain.ts";
import { comparePaths, isAtOrBelow } from "../../src/stemflow/path.ts";
import { type MountStep, planMounts } from "../../src/stemflow/plan.ts";
import { Pool } from "../../src/stemflow/pool.ts";
import { access, bindsAllow, domains as domainsArbitrary, tellingAccesses } from "./reference.ts";

const ro = (path: string): Bind => ({ path, write: false });
const rw = (path: string): Bind => ({ path, write: true });

/**
 * What a jail's mounts show: a look-up goes to the mount that was last made on the way, since each mount
 * covers all that was below its path before.
 */
function shows(mounts: readonly MountStep[], { action, path }: Access): boolean {
  const mount = mounts.findLast((step) => isAtOrBelow(path, step.path));
  return mount !== undefined && (mount.write || action === "read");
}

function assertShows(mounts: readonly MountStep[], binds: readonly Bind[], all: readonly Access[]) {
  for (const one of all) {
    assert.equal(shows(mounts, one), bindsAllow(binds, one), `${one.action} ${one.path}`);
  }
}

/** A walk through requests, with what each transition plans. */
const walk = fc.tuple(domainsArbitrary, fc.array(access, { maxLength: 12 }));

function forEachTransition(
  [domains, accesses]: readonly [Parameters<typeof Pool.build>[0], readonly Access[]],
  check: (made: readonly MountStep[], plan: readonly MountStep[], wanted: readonly Bind[]) => void,
): void {
  const pool = Pool.build(domains);
  let set = pool.all();
  const made: MountStep[] = [];
  let had = pool.effective(set);
  const start = planMounts([], had);
  check(made, start, had);
  made.push(...start);
  for (const access of accesses) {
    const decision = pool.request(set, access);
    if (decision.kind !== "transition") continue;
    set = decision.next;
    const wanted = pool.effective(set);
    const plan = planMounts(had, wanted);
    had = wanted;
    check(made, plan, wanted);
    made.push(...plan);
  }
}

Deno.test("after each plan the mounts show exactly the effective access", () => {
  fc.assert(
    fc.property(walk, (walked) => {
      const telling = tellingAccesses(walked[0]);
      forEachTransition(walked, (made, plan, wanted) => {
        assertShows([...made, ...plan], wanted, telling);
      });
    }),
    { numRuns: 3000 },
  );
});

Deno.test("no step of a plan can be left out", () => {
  fc.assert(
    fc.property(walk, (walked) => {
      const telling = tellingAccesses(walked[0]);
      forEachTransition(walked, (made, plan, wanted) => {
        plan.forEach((step, at) => {
          const without = [...made, ...plan.toSpliced(at, 1)];
          const isWrong = telling.some((one) => shows(without, one) !== bindsAllow(wanted, one));
          assert.ok(isWrong, `the step ${step.path} changes nothing`);
        });
      });
    }),
    { numRuns: 2000 },
  );
});

Deno.test("a plan is in path order and never shows more than the next state has", () => {
  fc.assert(
    fc.property(walk, (walked) => {
      const telling = tellingAccesses(walked[0]);
      forEachTransition(walked, (made, plan, wanted) => {
        assert.deepEqual(plan.toSorted((a, b) => comparePaths(a.path, b.path)), plan);
        for (let done = 0; done <= plan.length; done++) {
          const mounts = [...made, ...plan.slice(0, done)];
          assert.ok(telling.every((one) => !shows(mounts, one) || bindsAllow(wanted, one)));
        }
      });
    }),
    { numRuns: 2000 },
  );
});

Deno.test("a state is mounted outer before inner, a writable tree in a read-only one", () => {
  const binds = [rw("/a/b/c"), ro("/a"), ro("/a/d"), rw("/z/file")];
  const pool = Pool.build([{ name: "A", binds }]);
  assert.deepEqual(planMounts([], pool.effective(pool.all())), [
    ro("/a"),
    rw("/a/b/c"),
    rw("/z/file"),
  ]);
});

Deno.test("a read-only bind in a writable tree has no step", () => {
  const pool = Pool.build([{ name: "A", binds: [rw("/a"), ro("/a/b")] }]);
  assert.deepEqual(planMounts([], pool.effective(pool.all())), [rw("/a")]);
});

Deno.test("what only some candidates may write is mounted read-only until the transition", () => {
  const pool = Pool.build([{ name: "A", binds: [ro("/a")] }, { name: "B", binds: [rw("/a")] }]);
  assert.deepEqual(planMounts([], pool.effective(pool.all())), [ro("/a")]);
  assert.deepEqual(planMounts(pool.effective(pool.all()), pool.effective(pool.setOf(["B"]))), [
    rw("/a"),
  ]);
});

Deno.test("an outer tree that comes later covers the inner one, which is made anew if it differs", () => {
  assert.deepEqual(planMounts([rw("/a/b")], [ro("/a"), rw("/a/b")]), [ro("/a"), rw("/a/b")]);
  assert.deepEqual(planMounts([ro("/a/b")], [ro("/a")]), [ro("/a")]);
  assert.deepEqual(planMounts([rw("/a/b")], [rw("/a")]), [rw("/a")]);
});

Deno.test("what is mounted already is not mounted again", () => {
  const had = [ro("/a"), rw("/a/b"), ro("/c")];
  assert.deepEqual(planMounts(had, had), []);
  assert.deepEqual(planMounts(had, [...had, rw("/d")]), [rw("/d")]);
  assert.deepEqual(planMounts([ro("/a")], [ro("/a"), rw("/a/b")]), [rw("/a/b")]);
  assert.deepEqual(planMounts([ro("/a"), rw("/a/b")], [ro("/a"), rw("/a/b"), rw("/a/c")]), [
    rw("/a/c"),
  ]);
});
