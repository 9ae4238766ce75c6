/** Patterns in a profile's paths: what exists when it is loaded, and nothing more. */

import assert from "node:assert/strict";
import { testAsEveryone, testAsUser, type World } from "./harness.ts";
import { assertRefused } from "./refusal.ts";

function plant(world: World, ...paths: string[]): void {
  for (const path of paths) {
    world.directory(`${world.home}/${path}`);
    world.write(`${world.home}/${path}/file`, `${path}\n`);
  }
}

function grant(world: World, more: string): void {
  world.profile("plain", {}, `[[fs.bind]]\n${more}\n`);
}

testAsEveryone("a pattern grants what it matches when the profile is loaded", async (world) => {
  plant(world, "site-b", "site-a", ".site", "other");
  grant(world, 'path = "~/*site*"\nwrite = true');
  const checked = await world.run(["profile", "check"]);
  assert.equal(checked.status, 0, checked.stdout);
  const [line] = checked.stdout.split("\n");
  const paths = ["site-a", "site-b"].map((name) => `"${world.home}/${name}"`).join(", ");
  const place = `${world.profiles}/plain.toml:`;
  assert.ok(line.startsWith(place) && line.endsWith(`*site*" matches 2 paths: ${paths}`), line);

  const list = "cd ~ && cat */file; ls -A | grep site; echo x > site-a/new";
  const { status, stdout, stderr } = await world.inside(list, { cwd: "/" });
  assert.deepEqual([status, stdout, stderr], [0, "site-a\nsite-b\nsite-a\nsite-b\n", ""]);
  assert.equal(Deno.readTextFileSync(`${world.home}/site-a/new`), "x\n");

  plant(world, "site-c");
  const later = await world.inside("cat ~/site-c/file", { cwd: "/" });
  assert.match(later.stderr, /site-c\/file: No such file or directory/);
});

testAsUser("a pattern is looked at again when the profiles are loaded again", async (world) => {
  plant(world, "site-a");
  grant(world, 'path = "~/site*"');
  assert.equal((await world.inside("cat ~/site-a/file", { cwd: "/" })).stdout, "site-a\n");
  plant(world, "site-b");
  grant(world, 'path = "~/site*"\n# changed');
  assert.equal((await world.inside("cat ~/site-b/file", { cwd: "/" })).stdout, "site-b\n");
});

testAsUser(
  "a pattern without a match, or with too many, is refused where it is written",
  async (world) => {
    grant(world, 'path = "~/site*"');
    const place = /plain\.toml:\d+:8: /;
    assertRefused(await world.jail(["true"]), 125, place, "nothing matches it", "optional = true");
    plant(world, "many");
    for (let at = 0; at < 257; at++) world.write(`${world.home}/many/${at}`, "");
    grant(world, 'path = "~/many/*"');
    assertRefused(await world.jail(["true"]), 125, place, "more than 256 paths");
    grant(world, 'path = "~/site*"\noptional = true');
    assert.equal((await world.jail(["true"], { cwd: "/" })).status, 0);
  },
);

testAsUser("with literal = true a star is part of a name", async (world) => {
  plant(world, "a*b", "aXb");
  grant(world, 'path = "~/a*b"\nliteral = true');
  const { stdout } = await world.inside("cat ~/a*/file", { cwd: "/" });
  assert.equal(stdout, "a*b\n");
});
