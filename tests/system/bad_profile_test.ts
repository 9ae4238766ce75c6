/** Profiles that are wrong: file, line and column, what and what would do. */

import assert from "node:assert/strict";
import { testAsUser } from "./harness.ts";
import { assertNoPortal, assertRefused } from "./refusal.ts";

const brokenProfiles: Record<string, { text: string; at: RegExp; words: (string | RegExp)[] }> = {
  "a syntax error": {
    text: 'name = "broken"\n[[fs.bind]\npath = "/usr"\n',
    at: /broken\.toml:2:\d+: /,
    words: [],
  },
  "an unknown key": {
    text: 'name = "broken"\n\n[[fs.bind]]\npath = "/usr"\nwritable = true\n',
    at: /broken\.toml:5:1: /,
    words: ["writable", "write"],
  },
  "no name": {
    text: '[[fs.bind]]\npath = "/usr"\n',
    at: /broken\.toml:\d+:\d+: /,
    words: ["name"],
  },
  "a duplicate name": {
    text: 'name = "plain"\n\n[[fs.bind]]\npath = "/usr"\n',
    at: /(broken|plain)\.toml:1:\d+: /,
    words: ['"plain"', "broken.toml", "plain.toml"],
  },
  "a relative path": {
    text: 'name = "broken"\n[[fs.bind]]\npath = "usr/bin"\n',
    at: /broken\.toml:3:\d+: /,
    words: ['"usr/bin"', "absolute"],
  },
  "a missing path": {
    text: 'name = "broken"\n[[fs.bind]]\npath = "/no/such/path"\n',
    at: /broken\.toml:3:\d+: /,
    words: ['"/no/such/path"', "optional = true"],
  },
  "/proc": {
    text: 'name = "broken"\n[[fs.bind]]\npath = "/proc"\n',
    at: /broken\.toml:3:\d+: /,
    words: ['"/proc"'],
  },
  "a path in /dev": {
    text: 'name = "broken"\n[[fs.bind]]\npath = "/dev/null"\n',
    at: /broken\.toml:3:\d+: /,
    words: ['"/dev/null"'],
  },
  "/tmp, by a detour": {
    text: 'name = "broken"\n[[fs.bind]]\npath = "/usr/../tmp"\n',
    at: /broken\.toml:3:\d+: /,
    words: ["/tmp"],
  },
  "a value of another type": {
    text: 'name = "broken"\n[[fs.bind]]\npath = "/usr"\nwrite = "yes"\n',
    at: /broken\.toml:4:\d+: /,
    words: ["write"],
  },
};

for (const [what, { text, at, words }] of Object.entries(brokenProfiles)) {
  testAsUser(`a profile with ${what}`, async (world) => {
    world.write(`${world.profiles}/broken.toml`, text);
    await assertNoPortal(world, {}, at, ...words);
    assertRefused(await world.run(["portal"]), 1, at, ...words);
    const check = await world.run(["profile", "check"]);
    assert.equal(check.status, 1);
    assert.match(check.stdout, at);
  });
}

testAsUser("a profile that is not UTF-8, a fifo, or unreadable", async (world) => {
  const path = `${world.profiles}/broken.toml`;
  await Deno.writeFile(path, Uint8Array.from([0xff, 0xfe, 0x00]));
  await assertNoPortal(world, {}, "broken.toml");
  Deno.removeSync(path);
  await world.shell(`mkfifo ${path}`);
  await assertNoPortal(world, {}, "broken.toml");
  Deno.removeSync(path);
  if (world.user.uid === 0) return;
  world.write(path, "");
  Deno.chmodSync(path, 0);
  await assertNoPortal(world, {}, "broken.toml", "EACCES");
});

testAsUser("a profile directory that is missing, unreadable, a file, or empty", async (world) => {
  const place = `${world.base}/place`;
  const env = { STEMJAIL_PROFILES: place };
  await assertNoPortal(world, { env }, place, "ENOENT");
  world.directory(place);
  await assertNoPortal(world, { env }, place);
  if (world.user.uid !== 0) {
    Deno.chmodSync(place, 0);
    await assertNoPortal(world, { env }, place, "EACCES");
  }
  Deno.removeSync(place);
  world.write(place, "");
  await assertNoPortal(world, { env }, place, "ENOTDIR");
  assertRefused(await world.run(["portal", "--profiles", "/no/such/place"]), 1, "/no/such/place");
});

testAsUser("an optional path that is closed to the user is left out", async (world) => {
  const closed = `${world.home}/closed`;
  world.directory(closed);
  world.profile(
    "plain",
    { [world.work]: "write" },
    `[[fs.bind]]\npath = "${closed}/in/it"\noptional = true`,
  );
  Deno.chmodSync(closed, 0);
  assert.equal((await world.jail(["echo", "ran"])).stdout, "ran\n");
  Deno.chmodSync(closed, 0o700);
  world.directory(`${closed}/in`);
  world.directory(`${closed}/in/it`);
  assert.equal((await world.jail(["ls", `${closed}/in`])).stdout, "it\n");
});

testAsUser("a NUL in an argument cannot be, one in a profile is refused", async (world) => {
  world.write(`${world.profiles}/broken.toml`, 'name = "broken"\n[run]\ncmd = ["a\\u0000b"]\n');
  await assertNoPortal(world, {}, "broken.toml:3", "NUL");
});

testAsUser("a profile of the home where HOME is not known grants nothing of it", async (world) => {
  const env = { HOME: undefined };
  world.profile("plain", {}, '[[fs.bind]]\npath = "~"\nwrite = true\n');
  const place = /plain\.toml:\d+:8: /;
  await assertNoPortal(world, { env }, place, "the home directory is not known; set HOME");
  world.profile("plain", {}, '[[fs.bind]]\npath = "~"\nwrite = true\noptional = true\n');
  const { stdout } = await world.run(["profile", "show", "plain"], { env });
  assert.match(stdout, /^1 optional path left out\n *~$/m);
  assert.doesNotMatch(stdout, /directory {2}\/$/m);
});
