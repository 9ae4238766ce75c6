/** A78: what links of a jail's making, and the answers about them, tell of the host. */

import assert from "node:assert/strict";
import { testAsEveryone, type World } from "../system/harness.ts";
import { assertRan, attack, corpus, install, profile, withoutPlainProfile } from "./attacker.ts";
import { Answer, reading, writing } from "./messages.ts";

/** Jails that may have `work`, and the directory of one client. */
function prepare(world: World): void {
  install(world);
  withoutPlainProfile(world);
  for (const name of ["one", "two", "secret"]) {
    world.directory(`${world.home}/${name}`);
    world.directory(`${world.home}/${name}/there`);
    world.write(`${world.home}/${name}/file`, `of ${name}\n`);
  }
  for (const name of ["one", "two"]) {
    profile(world, name, { [world.work]: "write", [`${world.home}/${name}`]: "read" });
  }
}

testAsEveryone("A78: a link tells nothing of what it leads to outside", async (world) => {
  prepare(world);
  const { home, work } = world;
  // Each once with a name that is there, and once with one that is not.
  const targets = ["@", "@/", "@/.", "@/..", "@/../../work", "../secret/@/../../work/x", "@/../x"]
    .map((text) => text.replace(/^@/, `${home}/secret/@`));
  const pairs = [
    ...targets.map((text) => ["there", "missing"].map((name) => text.replace("@", name))),
    ...targets.map((text) => ["file", "missing"].map((name) => text.replace("@", name))),
    [home, `${home}/missing`],
    [`${"../secret/there/".padEnd(17)}${"../there/".repeat(200)}`, "../secret/missing/../there"],
  ];
  // The jail has these itself: whatever the host has there, the link is all that is asked for.
  const own = [["/tmp", "/tmp/missing"], ["/dev/shm/..", "/dev/missing/.."], ["/tmp/../root"]];
  pairs.push(...own);
  pairs.forEach((pair, at) =>
    pair.forEach((target, side) => Deno.symlinkSync(target, `${work}/${at}-${side}`))
  );
  const requests = pairs.flatMap((pair, at) =>
    pair.flatMap((_, side) => {
      const paths = [`${work}/${at}-${side}`, `${work}/${at}-${side}/x`];
      return paths.flatMap((path) => [reading(path), writing(path)]);
    })
  );
  const file = corpus(world, "messages", requests);
  const answers = [...(await attack(world, ["replay", file])).trimEnd()];
  const told = pairs.map((pair) => `${pair} ${answers.splice(0, 4 * pair.length).join("")}`);
  const expected = pairs.map((pair) => {
    const answer = own.includes(pair) ? Answer.granted : Answer.denied;
    return `${pair} ${answer.repeat(4 * pair.length)}`;
  });
  assert.deepEqual(told, expected);
});

testAsEveryone(
  "A78: what a link tells of one client is not to be had for nothing",
  async (world) => {
    prepare(world);
    const attacker = `${world.base}/attacker/attacker`;
    Deno.symlinkSync(`${world.home}/one`, `${world.home}/two/link`);
    for (const name of ["there", "missing", "link", "file"]) {
      const link = `${world.work}/${name}`;
      Deno.symlinkSync(`${world.home}/two/${name}/../../one`, link);
      const script =
        `${attacker} ask ${link} r; ${attacker} ask ${world.home}/one/file r; hostname`;
      const outcome = await world.inside(script);
      assertRan(outcome);
      const expected = `${Answer.granted}\n${Answer.denied}\ntwo\n`;
      assert.equal(outcome.stdout, expected, `${name}\n${outcome.stderr}`);
    }
  },
);

testAsEveryone(
  "a link to a file that is to be made brings the tree that it leads to",
  async (world) => {
    prepare(world);
    profile(world, "two", { [world.work]: "write", [`${world.home}/two`]: "write" });
    Deno.symlinkSync(`${world.home}/two/new`, `${world.work}/link`);
    const outcome = await world.inside(`echo made > ${world.work}/link; hostname`);
    assertRan(outcome);
    assert.equal(outcome.stdout, "two\n", outcome.stderr);
    assert.equal(Deno.readTextFileSync(`${world.home}/two/new`), "made\n");
  },
);
