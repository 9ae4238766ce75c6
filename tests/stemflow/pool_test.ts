import assert from "node:assert/strict";
import { type Bind, type Domain, DomainNameError } from "../../src/stemflow/domain.ts";
import { PathError } from "../../src/stemflow/path.ts";
import { Pool } from "../../src/stemflow/pool.ts";

const ro = (path: string): Bind => ({ path, write: false });
const rw = (path: string): Bind => ({ path, write: true });

/** A pool of domains named A, B, C and so on. */
function poolOf(...lists: readonly (readonly Bind[])[]): Pool {
  return Pool.build(lists.map((binds, at) => ({ name: String.fromCharCode(65 + at), binds })));
}

Deno.test("a read-only tree and a writable one in it intersect in the inner, read-only", () => {
  const pool = poolOf([ro("/foo")], [rw("/foo/bar")]);
  assert.deepEqual(pool.effective(pool.all()), [ro("/foo/bar")]);
  assert.deepEqual(pool.potential(pool.all()), [ro("/foo"), rw("/foo/bar")]);
});

Deno.test("two overlapping domains intersect in the narrower of each pair of grants", () => {
  const pool = poolOf(
    [ro("/home/doc"), rw("/home/x"), ro("/opt"), ro("/usr"), rw("/tmp")],
    [rw("/home/doc/foo"), ro("/home"), ro("/usr"), rw("/tmp")],
  );
  const expected = [ro("/home/doc"), ro("/home/x"), rw("/tmp"), ro("/usr")];
  assert.deepEqual(pool.effective(pool.all()), expected);
});

Deno.test("disjoint domains have no intersection", () => {
  const pool = poolOf([rw("/a")], [rw("/b")]);
  assert.deepEqual(pool.effective(pool.all()), []);
  assert.equal(
    pool.allow([{ action: "read", path: "/a" }, { action: "read", path: "/b" }]).size,
    0,
  );
});

Deno.test("a path is below another by whole components", () => {
  const pool = poolOf([ro("/a/b")]);
  assert.equal(pool.allow([{ action: "read", path: "/a/bb" }]).size, 0);
  assert.equal(pool.allow([{ action: "read", path: "/a/b/b" }]).size, 1);
  assert.equal(pool.allow([{ action: "read", path: "/a" }]).size, 0);
});

Deno.test("an access is allowed by every domain with a grant on the way, together", () => {
  const pool = poolOf([rw("/")], [rw("/a")], [rw("/a/b/c"), rw("/a/d")], [rw("/a/e")]);
  const set = pool.allow([{ action: "write", path: "/a/e/x" }]);
  assert.deepEqual(pool.membersOf(set), ["A", "B", "D"]);
  assert.equal(pool.nameOf(set), "A ∩ B ∩ D");
});

Deno.test("equal domains answer to the first name", () => {
  const pool = Pool.build([
    { name: "first", binds: [ro("/a"), rw("/b")] },
    { name: "other", binds: [ro("/a")] },
    { name: "second", binds: [rw("/b/"), ro("/a/./"), ro("/b/c"), rw("/b/d"), ro("/a")] },
  ]);
  assert.deepEqual(pool.merged, [{ name: "second", into: "first" }]);
  assert.deepEqual(pool.domains.map(({ name }) => name), ["first", "other"]);
  assert.equal(pool.find("second"), pool.find("first"));
  assert.equal(pool.nameOf(pool.startForProfile("second", true)), "first");
  assert.equal(pool.find("third"), undefined);
});

Deno.test("a domain keeps the least binds, a writable one in a read-only one among them", () => {
  const pool = poolOf([rw("/a/b"), ro("/a/b/c"), ro("/a"), ro("/a/d"), rw("/a/b/e"), ro("/a-")]);
  assert.deepEqual(pool.domains[0].binds, [ro("/a"), rw("/a/b"), ro("/a-")]);
});

Deno.test("a read-only bind in a writable one takes nothing away", () => {
  const pool = poolOf([rw("/a"), ro("/a/b")]);
  assert.equal(pool.allow([{ action: "write", path: "/a/b/c" }]).size, 1);
});

const OPENBAR: readonly Domain[] = [
  { name: "OpenBar", binds: [ro("/usr"), ro("/etc"), rw("/home/u/Clients/OpenBar")] },
  { name: "Paranoid", binds: [ro("/usr"), ro("/etc"), rw("/home/u/Clients/Paranoid")] },
];

Deno.test("OpenBar and Paranoid: the first client that is opened hides the other for ever", () => {
  const pool = Pool.build(OPENBAR);
  const start = pool.startForCommand("/usr/bin/sh");
  assert.equal(pool.nameOf(start), "OpenBar ∩ Paranoid");
  assert.deepEqual(pool.effective(start), [ro("/etc"), ro("/usr")]);

  assert.equal(pool.request(start, { action: "read", path: "/etc/passwd" }).kind, "unchanged");
  const decision = pool.request(start, { action: "read", path: "/home/u/Clients/OpenBar/plan" });
  assert.equal(decision.kind, "transition");
  assert.ok(decision.kind === "transition");
  assert.equal(pool.nameOf(decision.next), "OpenBar");
  const shown = [ro("/etc"), rw("/home/u/Clients/OpenBar"), ro("/usr")];
  assert.deepEqual(pool.effective(decision.next), shown);

  const other = pool.request(decision.next, { action: "read", path: "/home/u/Clients/Paranoid" });
  assert.equal(other.kind, "denied");
  const nowhere = pool.request(start, { action: "write", path: "/etc/passwd" });
  assert.equal(nowhere.kind, "denied");
});

Deno.test("a transition can be one that only adds writing", () => {
  const pool = poolOf([ro("/a"), ro("/u")], [rw("/a"), ro("/u")]);
  const decision = pool.request(pool.all(), { action: "write", path: "/a/b" });
  assert.ok(decision.kind === "transition");
  assert.deepEqual(pool.effective(pool.all()), [ro("/a"), ro("/u")]);
  assert.deepEqual(pool.effective(decision.next), [rw("/a"), ro("/u")]);
});

Deno.test("a launch by profile starts in all that allow what the profile allows", () => {
  const pool = poolOf([ro("/a")], [ro("/a"), ro("/b")], [rw("/a")], [ro("/b")]);
  assert.deepEqual(pool.membersOf(pool.startForProfile("A", false)), ["A", "B", "C"]);
  assert.deepEqual(pool.membersOf(pool.startForProfile("C", false)), ["C"]);
  assert.deepEqual(pool.membersOf(pool.startForProfile("A", true)), ["A"]);
});

Deno.test("a launch by command can ask for several accesses", () => {
  const pool = poolOf([ro("/bin")], [ro("/bin"), ro("/usr")], [ro("/usr")]);
  const start = pool.startForCommand([
    { action: "read", path: "/bin" },
    { action: "read", path: "/usr/bin/sh" },
  ]);
  assert.deepEqual(pool.membersOf(start), ["B"]);
  assert.equal(pool.startForCommand("/srv/tool").size, 0);
});

Deno.test("a pool built from a JSON copy of another's candidates decides alike", () => {
  const pool = Pool.build(OPENBAR);
  const copy = Pool.build(JSON.parse(JSON.stringify(pool.domains)));
  assert.deepEqual(copy.domains, pool.domains);
  assert.deepEqual(copy.effective(copy.all()), pool.effective(pool.all()));
});

Deno.test("a pool of no profiles has an empty set and denies everything", () => {
  const pool = Pool.build([]);
  assert.equal(pool.all().size, 0);
  assert.equal(pool.startForCommand("/bin/sh").size, 0);
  assert.deepEqual(pool.effective(pool.all()), []);
  assert.deepEqual(pool.potential(pool.all()), []);
  for (const action of ["read", "write"] as const) {
    assert.equal(pool.request(pool.all(), { action, path: "/a" }).kind, "denied");
  }
  const one = poolOf([ro("/a")]);
  assert.equal(one.request(one.setOf([]), { action: "read", path: "/a" }).kind, "denied");
});

Deno.test("a domain of no accesses allows nothing, and empties what it intersects with", () => {
  const pool = poolOf([], [ro("/a")]);
  assert.deepEqual(pool.effective(pool.all()), []);
  assert.deepEqual(pool.membersOf(pool.startForProfile("A", false)), ["A", "B"]);
  const decision = pool.request(pool.all(), { action: "read", path: "/a" });
  assert.ok(decision.kind === "transition");
  assert.deepEqual(pool.membersOf(decision.next), ["B"]);
});

Deno.test("the root is a path like others: only a bind of it grants it", () => {
  const pool = poolOf([ro("/a")], [ro("/")]);
  const decision = pool.request(pool.all(), { action: "read", path: "/" });
  assert.ok(decision.kind === "transition");
  assert.deepEqual(pool.membersOf(decision.next), ["B"]);
  assert.deepEqual(pool.effective(decision.next), [ro("/")]);
  assert.equal(pool.request(pool.all(), { action: "write", path: "/" }).kind, "denied");
});

Deno.test("a request's path is normalised before the decision, not after", () => {
  const pool = poolOf([ro("/usr")], [ro("/usr"), ro("/etc")]);
  const decision = pool.request(pool.all(), { action: "read", path: "/usr/lib/x/../../../etc//" });
  assert.equal(decision.kind, "transition");
  const outside = { action: "read", path: "/usr/../srv" } as const;
  assert.equal(pool.request(pool.all(), outside).kind, "denied");
});

Deno.test("a path of 4,096 bytes is refused in a request and in a profile", () => {
  const pool = poolOf([ro("/")]);
  const path = `/${"a".repeat(4095)}`;
  assert.throws(() => pool.request(pool.all(), { action: "read", path }), PathError);
  assert.throws(() => poolOf([ro(path)]), PathError);
  assert.throws(() => poolOf([ro("relative")]), PathError);
});

Deno.test("the deepest path that there can be is granted and found", () => {
  const path = "/a".repeat(2047);
  const pool = poolOf([ro(path)], [ro("/")]);
  assert.deepEqual(pool.effective(pool.all()), [ro(path)]);
  assert.equal(pool.allow([{ action: "read", path }]).size, 2);
});

Deno.test("two profiles of one name, or the name of none, are errors that name it", () => {
  const twice = { name: "same", binds: [] };
  assert.throws(
    () => Pool.build([twice, twice]),
    (error) =>
      error instanceof DomainNameError && error.domain === "same" &&
      /"same" twice/.test(error.message),
  );
  assert.throws(() => Pool.build([]).startForProfile("none", false), /Cannot find .* "none"/);
});

Deno.test("more domains grant at a node than a bitset has words, and each is told apart", () => {
  const domains = Array.from({ length: 200 }, (_, at) => ({
    name: `p${at}`,
    binds: at % 3 === 0 ? [ro("/shared"), rw(`/own/${at}`)] : [rw(`/own/${at}`)],
  }));
  const pool = Pool.build(domains);
  const expected = domains.filter((_, at) => at % 3 === 0).map(({ name }) => name);
  const sharing = pool.allow([{ action: "read", path: "/shared/x" }]);
  assert.deepEqual(pool.membersOf(sharing), expected);
  assert.deepEqual(pool.membersOf(pool.allow([{ action: "write", path: "/own/199" }])), ["p199"]);
});
