import assert from "node:assert/strict";
import fc from "fast-check";
import { Readiness } from "../../ffi/epoll.ts";
import { type Connection, Connections } from "../../src/monitor/connections.ts";

const of = (socket: number, pid: number): Connection => ({
  socket,
  pid,
  watched: Readiness.readable,
  replies: null,
  unsent: null,
});

Deno.test("nobody has to make room while there is some", () => {
  const connections = new Connections(2);
  assert.equal(connections.surplus(), null);
  connections.add(of(3, 1));
  assert.equal(connections.surplus(), null);
});

Deno.test("the process with most connections makes room, with the one that was silent longest", () => {
  const connections = new Connections(4);
  const all = [of(3, 1), of(4, 2), of(5, 2), of(6, 2)];
  all.forEach((each) => connections.add(each));
  assert.equal(connections.surplus(), all[1]);
  connections.touch(all[1]);
  assert.equal(connections.surplus(), all[2]);
  connections.delete(all[2]);
  assert.equal(connections.surplus(), null);
});

Deno.test("a process that has one connection keeps it, whatever others do", () => {
  const pids = fc.array(fc.integer({ min: 2, max: 5 }), { minLength: 20, maxLength: 200 });
  fc.assert(fc.property(pids, fc.integer({ min: 6, max: 16 }), (others, maximum) => {
    const connections = new Connections(maximum);
    const modest = of(0, 1);
    connections.add(modest);
    let count = 1;
    others.forEach((pid, index) => {
      const surplus = connections.surplus();
      assert.equal(surplus !== null, count === maximum);
      if (surplus !== null) {
        assert.ok(connections.delete(surplus));
        count--;
      }
      connections.add(of(index + 1, pid));
      count++;
    });
    assert.equal(connections.get(0), modest);
  }));
});

Deno.test("what was forgotten is not known again, and is nobody's", () => {
  const connections = new Connections(1);
  const only = of(7, 9);
  connections.add(only);
  assert.ok(connections.delete(only));
  assert.ok(!connections.delete(only));
  connections.touch(only);
  assert.equal(connections.get(7), undefined);
  assert.equal(connections.surplus(), null);
});
