/**
 * A18, A36, A38, A75: what a jail that may nest namespaces does with mounts of its own. Only what is in the
 * nested namespace is fooled by them. Root's jails cannot nest: the kernel lets only who has
 * CAP_SETFCAP map uid 0 anew (user_namespaces(7)).
 */

import assert from "node:assert/strict";
import { testAsUser, type World } from "../system/harness.ts";
import { assertAllFailed, assertRan, install, profile, withoutPlainProfile } from "./attacker.ts";

const NESTED = "[sandbox]\nnested_namespaces = true";

function prepare(world: World): string {
  install(world);
  withoutPlainProfile(world);
  for (const name of ["a", "b"]) {
    world.directory(`${world.home}/${name}`);
    world.write(`${world.home}/${name}/secret`, `of ${name}\n`);
    profile(world, name, { [world.work]: "write", [`${world.home}/${name}`]: "read" }, NESTED);
  }
  return `${world.base}/attacker/attacker`;
}

/** Runs a script as the nested root, and then another in the jail itself. */
function nest(world: World, nested: string, then: string) {
  const quoted = `'${nested.replaceAll("'", `'\\''`)}'`;
  const script = `unshare --user --map-root-user --mount sh -c ${quoted}; ${then}`;
  return world.run(["run", "--", "/bin/sh", "-c", script], { patience: 60_000 });
}

testAsUser(
  "A36: who mounts over the monitor's socket and the grants fools himself alone",
  async (world) => {
    const attacker = prepare(world);
    const over = ["/dev/stemjail", world.work, "/proc", "/usr/share"];
    const nested = over.map((path) => `mount -t tmpfs none ${path}`).join("; ") +
      `; ls -A ${over.join(" ")} | grep -v : ; echo nested`;
    const then =
      `ls /dev/stemjail; ${attacker} ask ${world.home}/a/secret r; cat ${world.home}/a/secret`;
    const outcome = await nest(world, nested, then);
    assertRan(outcome);
    assert.match(
      outcome.stdout,
      /^\n*nested\n(?:[a-z.]+\n)*socket\n(?:[a-z.]+\n)*0\nof a\n$/,
      outcome.stderr,
    );
  },
);

testAsUser(
  "A75: a nested namespace with the old view gets no more than the jail",
  async (world) => {
    const attacker = prepare(world);
    const { home } = world;
    const nested = `mount -t tmpfs none /mnt 2>/dev/null; ${attacker} ask ${home}/a/secret r; ` +
      `${attacker} ask ${home}/b/secret r; cat ${home}/b/secret 2>/dev/null; echo nested`;
    const then = `${attacker} ask ${home}/b/secret r; cat ${home}/a/secret; ls -d ${home}/b`;
    const outcome = await nest(world, nested, `{ ${then}; } 2>/dev/null; true`);
    assertRan(outcome);
    assert.equal(outcome.stdout, "0\n1\nnested\n1\nof a\n");
  },
);

testAsUser("A38: a namespace full of mounts is its own trouble", async (world) => {
  const attacker = prepare(world);
  const nested = `mount -t tmpfs none ${world.work} && cd ${world.work} && mkdir a && ` +
    `mount --bind a a && for i in $(seq 17); do mount --rbind ${world.work} ${world.work}/a 2>/dev/null || break; ` +
    `done; echo nested`;
  const then = `${attacker} ask ${world.home}/a/secret r; cat ${world.home}/a/secret`;
  const outcome = await nest(world, nested, then);
  assertRan(outcome);
  assert.equal(outcome.stdout, "nested\n0\nof a\n", outcome.stderr);
  assertRan(await world.run(["run", "--", "true"]));
});

testAsUser("A18: a nested root does not decide how the monitor is scheduled", async (world) => {
  const attacker = prepare(world);
  // Of the shell in the namespace the parent is the jail's first process.
  const outcome = await nest(world, `${attacker} reschedule $PPID`, "true");
  assertRan(outcome);
  assertAllFailed(outcome.stdout, 8);
});
