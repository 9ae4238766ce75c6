/** A51, A87: what a jail makes its user read: names and paths of its choice, in a terminal and in a log. */

import assert from "node:assert/strict";
import { exists, testAsUser, type World } from "../system/harness.ts";
import { eventually } from "../system/process.ts";
import { assertRan, install, profile, withoutPlainProfile } from "./attacker.ts";

// deno-lint-ignore no-control-regex -- none of them may be there
const CONTROL = /[\x00-\x09\x0b-\x1f\x7f-\x9f]/;

/** What terminals act on: by ESC, and by one character, in a name that shows that it came. */
const HOSTILE = "odd-\x1b]0;title\x07\r\n\x9b2J\x7f\u0085<&\"'>\\";

function prepare(world: World): string {
  const attacker = install(world);
  withoutPlainProfile(world);
  for (const name of ["one", "two"]) {
    world.directory(`${world.home}/${name}`);
    profile(world, name, { [world.work]: "write", [`${world.home}/${name}`]: "read" });
  }
  return attacker;
}

testAsUser("A51, A87: nothing that a jail says reaches the terminal as it is", async (world) => {
  const attacker = prepare(world);
  const script = `"$0" ask "$1" r; touch asked; until [ -e go ]; do sleep 0.05; done`;
  const path = `${world.home}/one/${HOSTILE}`;
  const line = ["run", "--", "/bin/sh", "-c", script, attacker, path];
  const jail = world.start([world.executable, ...line]);
  await eventually("it has asked", () => exists(`${world.work}/asked`));
  const commands = ["ps", "ps --json", "info", "info --json", "info --dot", "info --svg"];
  for (const command of commands) {
    const outcome = await world.run(command.split(" "));
    assertRan(outcome);
    assert.doesNotMatch(outcome.stdout, CONTROL, command);
    if (command.endsWith("--json")) {
      const { history } = [JSON.parse(outcome.stdout)].flat().flatMap((all) => all.jails ?? all)[0];
      assert.equal(history.at(-1).path, path);
    } else if (!/dot|svg/.test(command)) assert.match(outcome.stdout, /odd-\\x1b/, command);
  }
  world.write(`${world.work}/go`, "");
  assertRan(await jail.outcome);
  assert.doesNotMatch(Deno.readTextFileSync(world.log), CONTROL);
});

testAsUser("A87: a denial takes little of the log, whatever is asked for", async (world) => {
  const attacker = prepare(world);
  const start = `until [ -e go ]; do sleep 0.05; done; "$0" ask "$1" r`;
  const path = `${world.home}/one/${"\x01".repeat(3900 - world.home.length)}`;
  const jail = world.start([
    ...[world.executable, "run", "--", "/bin/sh", "-c", start, attacker, path],
  ]);
  await eventually("it runs", async () => (await world.run(["ps"])).stdout.includes("until"));
  Deno.renameSync(`${world.home}/one`, `${world.home}/away`);
  world.write(`${world.home}/one`, "a file\n");
  world.write(`${world.work}/go`, "");
  const { stdout, stderr } = await jail.outcome;
  assert.equal(stdout, "1\n", stderr);
  const denial = () => / grant failed .*\n/.exec(Deno.readTextFileSync(world.log))?.[0] ?? "";
  await eventually("the denial is told", () => denial() !== "");
  assert.ok(denial().length < 5000, `${denial().length} characters`);
});
