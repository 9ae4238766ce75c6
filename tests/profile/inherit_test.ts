import assert from "node:assert/strict";
import { Inheritance } from "../../src/profile/inherit.ts";
import { parseProfile } from "../../src/profile/parse.ts";
import type { ParsedProfile, Profile } from "../../src/profile/profile.ts";

/** Completes every profile of a set, in order. */
function completeAll(...texts: string[]) {
  const parsed = texts.map((text, index): ParsedProfile => {
    const { profile, problems } = parseProfile(text, `${index}.toml`);
    assert.deepEqual(problems, []);
    assert.ok(profile);
    return profile;
  });
  const inheritance = new Inheritance(new Map(parsed.map((profile) => [profile.name, profile])));
  const profiles = parsed.map((profile) => inheritance.complete(profile));
  return { profiles, problems: inheritance.problems.map((problem) => problem.message) };
}

/** Completes the last of a set in which nothing is wrong. */
function complete(...texts: string[]): Profile {
  const { profiles, problems } = completeAll(...texts);
  assert.deepEqual(problems, []);
  const last = profiles.at(-1);
  assert.ok(last);
  return last;
}

const paths = (profile: Profile) => profile.binds.map((bind) => bind.path);

Deno.test("a profile that says nothing has every default", () => {
  const { run, env, net, desktop, limits, sandbox } = complete('name = "a"');
  assert.deepEqual(run, { cmd: [], linger: false, match: undefined });
  assert.deepEqual(env, { pass: [], set: {}, unset: [] });
  assert.deepEqual(net, { mode: "none", loopback: false });
  assert.deepEqual(new Set(Object.values(desktop).map(String)), new Set(["false", ""]));
  assert.deepEqual(limits, {
    memoryMb: undefined,
    required: false,
    processes: 4096,
    openFiles: 16384,
    addressSpaceMb: 0,
    coreMb: 0,
    tmpMb: 0,
  });
  assert.deepEqual(sandbox, { nestedNamespaces: false });
});

Deno.test("grants add up, inherited ones first, through several levels", () => {
  const profile = complete(
    'name = "a"\nfs.bind = [{ path = "/a" }]',
    'name = "b"\nextends = ["a"]\nfs.bind = [{ path = "/b" }]',
    'name = "c"\nextends = ["b"]\nfs.bind = [{ path = "/c" }]',
  );
  assert.deepEqual(paths(profile), ["/a", "/b", "/c"]);
});

Deno.test("a grant that is inherited by two ways is there once", () => {
  const profile = complete(
    'name = "top"\nfs.bind = [{ path = "/t" }]',
    'name = "left"\nextends = ["top"]',
    'name = "right"\nextends = ["top"]\nfs.bind = [{ path = "/r" }]',
    'name = "bottom"\nextends = ["left", "right", "left"]',
  );
  assert.deepEqual(paths(profile), ["/t", "/r"]);
});

Deno.test("a profile may extend one that comes after it", () => {
  const { profiles, problems } = completeAll(
    'name = "b"\nextends = ["a"]',
    'name = "a"\nfs.bind = [{ path = "/a" }]',
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(profiles[0] && paths(profiles[0]), ["/a"]);
});

Deno.test("a profile's own settings count before inherited ones, key by key", () => {
  const profile = complete(
    'name = "a"\nnet = { mode = "nat", loopback = true }\nlimits = { processes = 9, core_mb = 1 }',
    'name = "b"\nextends = ["a"]\nnet.loopback = false\nlimits.processes = 5',
  );
  assert.deepEqual(profile.net, { mode: "nat", loopback: false });
  assert.deepEqual([profile.limits.processes, profile.limits.coreMb], [5, 1]);
});

Deno.test("of several parents the last that says something counts", () => {
  const profile = complete(
    'name = "a"\nnet.mode = "nat"\nsandbox.nested_namespaces = true',
    'name = "b"\nnet.mode = "host"',
    'name = "c"',
    'name = "d"\nextends = ["a", "b", "c"]',
  );
  assert.equal(profile.net.mode, "host");
  assert.equal(profile.sandbox.nestedNamespaces, true);
});

Deno.test("what [run] says is not inherited", () => {
  const profile = complete(
    'name = "a"\nrun = { cmd = ["x"], linger = true, match = [] }',
    'name = "b"\nextends = ["a"]',
  );
  assert.deepEqual(profile.run, { cmd: [], linger: false, match: undefined });
});

Deno.test("the later word about a variable counts", () => {
  const profile = complete(
    'name = "a"\n[env]\npass = ["P", "Q"]\nset = { S = "1", T = "1" }\nunset = ["U", "V", "W"]',
    'name = "b"\nextends = ["a"]\n[env]\npass = ["U", "R"]\nset = { S = "2", V = "2" }\n' +
      'unset = ["T", "Q"]',
  );
  assert.deepEqual(profile.env, {
    pass: ["P", "U", "R"],
    set: { S: "2", V: "2" },
    unset: ["W", "T", "Q"],
  });
});

Deno.test("a variable that is passed on is not the parent's that is set", () => {
  const { env } = complete(
    'name = "a"\n[env]\nset = { X = "1", Y = "2" }\npass = ["Z"]',
    'name = "b"\nextends = ["a"]\n[env]\npass = ["X"]\nset = { Z = "3" }',
  );
  assert.deepEqual(env.set, { Y: "2", Z: "3" });
  assert.deepEqual(env.pass, ["Z", "X"]);
});

Deno.test("an unknown parent is told with the nearest name", () => {
  const { profiles, problems } = completeAll('name = "base"', 'name = "b"\nextends = ["bsae"]');
  assert.deepEqual(problems, [
    '1.toml:2:12: Cannot extend "bsae": there is no such profile; did you mean "base"?',
  ]);
  assert.equal(profiles[1], undefined);
});

Deno.test("a cycle is told once, and all of it", () => {
  const { profiles, problems } = completeAll(
    'name = "outside"\nextends = ["a"]',
    'name = "a"\nextends = ["b"]',
    'name = "b"\nextends = ["c"]',
    'name = "c"\nextends = ["a"]',
  );
  assert.deepEqual(problems, [
    '3.toml:2:12: Cannot extend "a": it extends this profile in turn (a -> b -> c -> a); remove one of these',
  ]);
  assert.deepEqual(profiles, [undefined, undefined, undefined, undefined]);
});

Deno.test("a profile that extends itself is a cycle", () => {
  assert.match(completeAll('name = "a"\nextends = ["a"]').problems[0], /\(a -> a\)/);
});

for (
  const [order, arrange] of Object.entries({
    "first to last": (texts: string[]) => texts,
    "last to first": (texts: string[]) => texts.toReversed(),
  })
) {
  Deno.test(`a chain of ten thousand profiles is a problem and not a crash, ${order}`, () => {
    const texts = Array.from(
      { length: 10_000 },
      (_, index) => `name = "p${index}"\nextends = ["p${index + 1}"]`,
    );
    const { problems } = completeAll(...arrange([...texts, 'name = "p10000"']));
    assert.match(problems[0], /more than 32 levels/);
  });
}

Deno.test("a lattice with a thousand million ways through it is completed", () => {
  const texts = ['name = "l0"', 'name = "r0"\nfs.bind = [{ path = "/x" }]'];
  for (let level = 1; level <= 30; level++) {
    for (const side of ["l", "r"]) {
      texts.push(`name = "${side}${level}"\nextends = ["l${level - 1}", "r${level - 1}"]`);
    }
  }
  assert.deepEqual(paths(complete(...texts)), ["/x"]);
});
