import assert from "node:assert/strict";
import fc from "fast-check";
import type { CandidateSet } from "../../src/stemflow/candidates.ts";
import { type Access, accessesOf, type Bind } from "../../src/stemflow/domain.ts";
import { buildGraph, launchStarts } from "../../src/stemflow/graph.ts";
import { Pool } from "../../src/stemflow/pool.ts";
import { access, domains as domainsArbitrary } from "./reference.ts";

const ro = (path: string): Bind => ({ path, write: false });
const rw = (path: string): Bind => ({ path, write: true });

const CLIENTS = Pool.build([
  { name: "OpenBar", binds: [ro("/usr"), rw("/c/open")] },
  { name: "Paranoid", binds: [ro("/usr"), rw("/c/para")] },
]);

Deno.test("the graph of two clients has both, their intersection, and the ways between", () => {
  const graph = buildGraph(CLIENTS, { jails: [{ id: "7", set: CLIENTS.setOf(["Paranoid"]) }] });
  const rest = { start: true, jails: [] };
  assert.deepEqual(graph, {
    domains: [
      { id: "d0", kind: "final", name: "OpenBar", members: ["OpenBar"], ...rest },
      { id: "d1", kind: "final", name: "Paranoid", members: ["Paranoid"], ...rest, jails: ["7"] },
      {
        id: "i0",
        kind: "intersection",
        name: "OpenBar ∩ Paranoid",
        members: ["OpenBar", "Paranoid"],
        ...rest,
      },
    ],
    accesses: [
      { id: "a0", path: "/c/open" },
      { id: "a1", path: "/c/para" },
      { id: "a2", path: "/usr" },
    ],
    grants: [
      { from: "d0", to: "a0", action: "write" },
      { from: "d0", to: "a2", action: "read" },
      { from: "d1", to: "a1", action: "write" },
      { from: "d1", to: "a2", action: "read" },
      { from: "i0", to: "a2", action: "read" },
    ],
    transitions: [
      {
        from: "i0",
        to: "d0",
        accesses: [{ action: "read", path: "/c/open" }, { action: "write", path: "/c/open" }],
      },
      {
        from: "i0",
        to: "d1",
        accesses: [{ action: "read", path: "/c/para" }, { action: "write", path: "/c/para" }],
      },
    ],
    cut: null,
  });
});

Deno.test("a whole graph has every state that a start and requests can lead to, and no other", () => {
  const walk = fc.tuple(domainsArbitrary, fc.array(access, { maxLength: 8 }), fc.nat());
  fc.assert(
    fc.property(walk, ([domains, accesses, choice]) => {
      const pool = Pool.build(domains);
      const starts = [...launchStarts(pool)];
      const graph = buildGraph(pool, { maximumIntersections: 300 });
      assert.equal(graph.cut, null);
      const names = new Set(graph.domains.map(({ name }) => name));
      assert.equal(names.size, graph.domains.length);
      let set = starts[choice % starts.length];
      for (const access of accesses) {
        assert.ok(names.has(pool.nameOf(set)));
        const decision = pool.request(set, access);
        if (decision.kind === "transition") set = decision.next;
      }
      assert.ok(names.has(pool.nameOf(set)));
      for (const { members, start } of graph.domains) {
        const set = pool.setOf(members);
        assert.equal(start, starts.some((other) => other.equals(set)));
      }
    }),
    { numRuns: 2000 },
  );
});

Deno.test("the transitions of a whole graph are those that the engine decides", () => {
  fc.assert(
    fc.property(domainsArbitrary, (domains) => {
      const pool = Pool.build(domains);
      const graph = buildGraph(pool, { maximumIntersections: 300 });
      const states = new Map(graph.domains.map(({ id, members }) => [id, pool.setOf(members)]));
      const edge = (from: CandidateSet, to: CandidateSet) => `${from.key()} -> ${to.key()}`;
      const drawn = new Set<string>();
      for (const { from, to, accesses } of graph.transitions) {
        drawn.add(edge(states.get(from)!, states.get(to)!));
        for (const access of accesses) {
          const decision = pool.request(states.get(from)!, access);
          assert.ok(decision.kind === "transition" && decision.next.equals(states.get(to)!));
        }
      }
      // Who allows an access changes at binds alone.
      const telling = pool.domains.flatMap(({ binds }) => binds.flatMap(accessesOf));
      const decided = new Set<string>();
      for (const set of states.values()) {
        for (const access of telling) {
          const decision = pool.request(set, access);
          if (decision.kind === "transition") decided.add(edge(set, decision.next));
        }
      }
      assert.deepEqual(drawn, decided);
    }),
    { numRuns: 2000 },
  );
});

/** A pool whose lattice is exponential: domain i grants every path but the one of its own number. */
function exponentialPool(count: number): Pool {
  const numbers = Array.from({ length: count }, (_, at) => at);
  return Pool.build(numbers.map((own) => ({
    name: `all but ${own}`,
    binds: [ro("/usr"), ...numbers.filter((at) => at !== own).map((at) => ro(`/p/${at}`))],
  })));
}

Deno.test("an exponential lattice is cut at the bound, and the graph says where", () => {
  const pool = exponentialPool(30);
  const graph = buildGraph(pool, { maximumIntersections: 50, starts: [pool.all()] });
  const intersections = graph.domains.filter(({ kind }) => kind === "intersection");
  assert.equal(intersections.length, 50);
  assert.equal(graph.cut?.maximum, 50);
  assert.equal(graph.cut?.omittedStarts, 0);
  const incomplete = graph.cut?.incomplete ?? [];
  assert.ok(incomplete.length > 0);
  const ids = new Set(graph.domains.map(({ id }) => id));
  assert.ok(incomplete.every((id) => ids.has(id)));
  // What was followed first is whole: from the start, each path leads to all domains but one.
  const start = intersections.find(({ members }) => members.length === 30)!;
  assert.ok(!incomplete.includes(start.id));
  assert.equal(graph.transitions.filter(({ from }) => from === start.id).length, 30);
});

Deno.test("start sets beyond the bound are counted, and a running jail is shown beyond it", () => {
  const pool = exponentialPool(12);
  const paths = Array.from(
    { length: 12 },
    (_, at): Access => ({ action: "read", path: `/p/${at}` }),
  );
  const starts = paths.map((access) => pool.allow([access]));
  const jail = { id: "9", set: pool.allow(paths.slice(0, 4)) };
  const graph = buildGraph(pool, { maximumIntersections: 5, starts, jails: [jail] });
  assert.equal(graph.cut?.omittedStarts, 5);
  assert.equal(graph.domains.filter(({ start }) => start).length, 4);
  const marked = graph.domains.filter(({ jails }) => jails.length > 0);
  assert.deepEqual(marked.map(({ name, jails }) => [name, jails]), [[pool.nameOf(jail.set), [
    "9",
  ]]]);
});

Deno.test("the graph of no profiles is empty, and that of thousands ends", () => {
  const empty = buildGraph(Pool.build([]));
  assert.deepEqual(empty, { domains: [], accesses: [], grants: [], transitions: [], cut: null });
  const domains = Array.from({ length: 3000 }, (_, at) => ({
    name: `p${at}`,
    binds: [ro("/usr"), ro(`/shared/${at % 1000}`), rw(`/own/${at}`)],
  }));
  const graph = buildGraph(Pool.build(domains));
  assert.equal(graph.domains.length, 3200);
  assert.equal(graph.cut?.maximum, 200);
});
