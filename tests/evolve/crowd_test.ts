/** Many that ask at once, and two that want different things. */

import assert from "node:assert/strict";
import { testAsUser, type World } from "../system/harness.ts";
import { Expectation, hostMounts } from "./expectation.ts";
import { compile, files, SAW_ALPHA, START, testJail } from "./fixture.ts";
import { parseMounts } from "./mounts.ts";

testJail(
  "64 threads that ask for one file make one transition",
  async (session, { bin, alpha }) => {
    compile(bin, "crowd.c", ["-pthread"]);
    assert.equal(await session.output(`${bin}/crowd threads 64 ${alpha}/file`), "64\n");
    assert.deepEqual(await session.states(), [START, SAW_ALPHA]);
  },
);

testJail("32 processes that ask for one file make one transition", async (
  session,
  { bin, alpha },
) => {
  compile(bin, "crowd.c", ["-pthread"]);
  assert.equal(await session.output(`${bin}/crowd processes 32 ${alpha}/file`), "32\n");
  assert.deepEqual(await session.states(), [START, SAW_ALPHA]);
});

for (const [kind, count] of [["threads", 64], ["processes", 32]] as const) {
  testJail(`${count} ${kind} that ask for different files of a tree all get theirs`, async (
    session,
    { bin, alpha },
    world,
  ) => {
    const each = Array.from({ length: count }, (_, index) => [`many/${index}`, ""]);
    files(world, alpha, Object.fromEntries(each));
    compile(bin, "crowd.c", ["-pthread"]);
    assert.equal(
      await session.output(`${bin}/crowd ${kind} ${count} ${alpha}/many/%d`),
      `${count}\n`,
    );
    assert.deepEqual(await session.states(), [START, SAW_ALPHA]);
  });
}

testJail("32 programs at once, each for itself", async (session, { alpha }) => {
  const script = `for each in $(seq 32); do cat ${alpha}/file & done; wait`;
  assert.equal(await session.output(script), "of alpha\n".repeat(32));
  assert.deepEqual(await session.states(), [START, SAW_ALPHA]);
});

/** So many pairs of trees that exclude each other; a profile for each way to choose. */
const PAIRS = 8;
const JAILS = 125;

/** Profiles called after their choices, such as LRRLRLLL. */
function makeChoices(world: World, base: string): void {
  Deno.removeSync(`${world.profiles}/plain.toml`);
  for (let pair = 0; pair < PAIRS; pair++) {
    for (const side of ["L", "R"]) files(world, base, { [`${pair}/${side}/file`]: `${side}\n` });
  }
  for (let index = 0; index < 1 << PAIRS; index++) {
    const choices = Array.from({ length: PAIRS }, (_, pair) => index >> pair & 1 ? "R" : "L");
    const trees = choices.map((side, pair) => [`${base}/${pair}/${side}`, "read"] as const);
    world.profile(choices.join(""), Object.fromEntries([...trees, [`${world.home}/bin`, "read"]]));
  }
}

testAsUser("of two that race for incompatible trees exactly one wins, in 1,000 rounds", async (
  world,
) => {
  files(world, `${world.home}/bin`, {});
  const race = compile(`${world.home}/bin`, "race.c");
  const base = `${world.home}/pairs`;
  makeChoices(world, base);
  const expectation = new Expectation(world, false);
  const host = hostMounts();
  const winners = new Set<string>();
  for (let jail = 0; jail < JAILS; jail++) {
    const script = `${race} ${base} ${PAIRS}; cat /proc/self/mountinfo`;
    const { status, stdout, stderr } = await world.inside(script);
    assert.deepEqual([status, stderr], [0, ""]);
    const [winner, ...table] = stdout.trimEnd().split("\n");
    assert.match(winner, /^[LR]{8}$/);
    assert.deepEqual(expectation.differences(winner, parseMounts(table.join("\n")), host), []);
    winners.add(winner);
  }
  assert.ok(winners.size > 1, `Always the same one wins: ${[...winners]}`);
});
