import assert from "node:assert/strict";
import { placeOfMissing } from "../../src/profile/create.ts";
import { loadProfiles } from "../../src/profile/load.ts";
import { HostResolver } from "../../src/profile/resolve.ts";
import { fakeHost } from "./fake_host.ts";

const host = {
  "/home/u/there/f": "",
  "/home/u/file": "",
  "/home/u/out": { link: "/srv" },
  "/home/u/in": { link: "there" },
  "/home/u/dangling": { link: "nowhere" },
  "/srv/f": "",
};

function place(path: string) {
  return placeOfMissing(path, "/home/u", new HostResolver(fakeHost(host)));
}

function refusal(path: string): string {
  const result = place(path);
  return "refusal" in result ? result.refusal.remedy.split(";")[0] : `no refusal: ${result.path}`;
}

Deno.test("a missing directory's place is below the nearest directory that exists", () => {
  assert.deepEqual(place("/home/u/a/b"), { links: [], path: "/home/u/a/b", kind: "directory" });
  const through = place("/home/u/in/new");
  assert.ok("path" in through);
  assert.equal(through.path, "/home/u/there/new");
  assert.deepEqual(through.links.map(({ path }) => path), ["/home/u/in"]);
});

Deno.test("nothing is created outside of the home, in a file, or where a link leads nowhere", () => {
  const below = "directories are made below the home only";
  assert.equal(refusal("/srv/new"), below);
  assert.equal(refusal("/home/other/new"), below);
  assert.equal(refusal("/home/u/out/new"), below);
  assert.equal(refusal("/home/u/file/new"), '"/home/u/file" is no directory');
  assert.equal(refusal("/home/u/dangling"), '"/home/u/dangling" leads nowhere');
  assert.equal(refusal("/home/u/dangling/new"), '"/home/u/dangling" leads nowhere');
});

function load(bind: string) {
  return loadProfiles({
    directories: ["/p"],
    environment: () => undefined,
    home: "/home/u",
    files: fakeHost({ ...host, "/p/a.toml": `name = "a"\nfs.bind = [${bind}]` }),
  });
}

Deno.test("a bind that creates is a grant of the directory to come, or of the one that is there", () => {
  for (const path of ["new", "there"]) {
    const { profiles, problems } = load(`{ path = "~/${path}", write = true, create = true }`);
    assert.deepEqual(problems, []);
    assert.deepEqual(profiles[0].binds, [
      { path: `/home/u/${path}`, write: true, kind: "directory", create: true },
    ]);
  }
});

Deno.test("a bind that cannot create is a problem, and left out where it is optional", () => {
  const bind = (more: string) => `{ path = "/srv/new", create = true${more} }`;
  assert.match(load(bind("")).problems[0].message, /Cannot create "\/srv\/new": directories are/);
  const { profiles, problems } = load(bind(", optional = true"));
  assert.deepEqual(problems, []);
  assert.deepEqual(profiles[0].skipped, ["/srv/new"]);
});

Deno.test("a directory that is granted twice is created if one of the grants says so", () => {
  const both = [
    '{ path = "~/new", create = true }',
    '{ path = "~/new", create = true, write = true }',
  ];
  for (const binds of [both, both.toReversed()]) {
    const [{ binds: granted }] = load(binds.join(", ")).profiles;
    assert.deepEqual(granted, [
      { path: "/home/u/new", write: true, kind: "directory", create: true },
    ]);
  }
});
