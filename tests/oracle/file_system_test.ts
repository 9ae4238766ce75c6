/** A granted tree is as good a file system in a jail as it is outside. */

import assert from "node:assert/strict";
import { testAsEveryone, testAsUser } from "../system/harness.ts";
import type { World } from "../system/world.ts";
import { runOutside } from "./outside.ts";

const POSIX_SOURCE = new URL("posix.py", import.meta.url);

/** Stressors of stress-ng(1) that check what they do. */
const STRESSORS = [
  ...["access", "chdir", "chmod", "dentry", "dir", "dirdeep", "fallocate", "fcntl", "filename"],
  ...["flock", "fstat", "getdent", "link", "lockf", "open", "rename", "seek", "symlink", "unlink"],
  ...["utime", "xattr"],
];

/** Something to ask for is left, so that the shim does all of its work. */
function keepUndecided(world: World): void {
  const granted = `${world.home}/granted-by-the-other`;
  world.directory(granted);
  world.profile("other", { [world.work]: "write", [granted]: "write" });
}

testAsEveryone("What POSIX says of files holds in a jail as outside", async (world) => {
  keepUndecided(world);
  const program = `${world.work}/posix.py`;
  world.write(program, Deno.readTextFileSync(POSIX_SOURCE));
  const [outside, inside] = [`${world.work}/outside`, `${world.work}/inside`];
  world.directory(outside);
  world.directory(inside);
  const line = ["/usr/bin/python3", program];
  const expected = await runOutside(world, line, { cwd: outside });
  assert.equal(expected.status, 0, expected.stderr);
  assert.ok(expected.stdout.split("\n").length > 80, expected.stdout);
  const found = await world.jail(line, { cwd: inside });
  assert.equal(found.stderr, "");
  assert.deepEqual(found.stdout.split("\n"), expected.stdout.split("\n"));
});

testAsUser("stress-ng finds no fault with the files of a jail", async (world) => {
  keepUndecided(world);
  const options = ["--seq", "1", "--timeout", "1", "--verify", "--metrics-brief"];
  const line = ["/usr/bin/stress-ng", "--with", STRESSORS.join(","), ...options];
  const { status, stdout, stderr } = await world.jail(line, { patience: 90_000 });
  const told = stdout + stderr;
  assert.equal(status, 0, told);
  assert.match(told, new RegExp(`passed: ${STRESSORS.length}:`), told);
  assert.match(told, /failed: 0\b/, told);
});
