/** Trees that are not any more what they were when the profiles were loaded. */

import assert from "node:assert/strict";
import { testAsUser, type World } from "../system/harness.ts";
import { eventually } from "../system/process.ts";
import { link, type Places, places, SAW_ALPHA, START, testJail } from "./fixture.ts";
import { Session } from "./session.ts";

/** The lines of the portal's log about grants that failed. */
async function refusals(world: World, count: number): Promise<string[]> {
  const lines = () =>
    Deno.readTextFileSync(world.log).split("\n").filter((line) => / grant failed /.test(line));
  await eventually(`${count} lines about failed grants`, () => lines().length >= count);
  return lines();
}

/** A request fails as if there were nothing, and the jail is as it was. */
async function refuse(session: Session, path: string): Promise<void> {
  const [mounts, states] = [session.mounts(), await session.states()];
  const { status, stdout, stderr } = await session.run(`cat ${path}`);
  assert.deepEqual([status, stdout], [1, ""]);
  assert.match(stderr, /No such file or directory/);
  assert.deepEqual(await session.states(), states);
  assert.deepEqual(session.mounts(), mounts);
}

testJail("a tree that vanished is refused, and granted when it is back", async (
  session,
  { alpha },
  world,
) => {
  Deno.renameSync(alpha, `${alpha}-away`);
  await refuse(session, `${alpha}/file`);
  const [line] = await refusals(world, 1);
  assert.ok(line.includes(`path="${alpha}/file"`), line);
  assert.ok(line.includes(`why="${alpha}: it does not exist any more"`), line);
  assert.match(line, / process="cat"/);
  Deno.renameSync(`${alpha}-away`, alpha);
  assert.equal(await session.output(`cat ${alpha}/file`), "of alpha\n");
  assert.deepEqual(await session.states(), [START, SAW_ALPHA]);
});

const becomeLink: Record<string, (places: Places, world: World) => void> = {
  "to a place that is granted": ({ alpha, common }, world) => link(world, common, alpha),
  "to a place that nobody grants": ({ alpha, secret }, world) => link(world, secret, alpha),
  "to a place of another profile": ({ alpha, gamma }, world) => link(world, gamma, alpha),
  "to a place of the system": ({ alpha }, world) => link(world, "/etc", alpha),
  "to where it was moved": ({ alpha }, world) => link(world, `${alpha}-away`, alpha),
};

for (const [where, replace] of Object.entries(becomeLink)) {
  testJail(`a tree that became a symbolic link ${where} is refused with the reason`, async (
    session,
    places,
    world,
  ) => {
    const { alpha } = places;
    Deno.renameSync(alpha, `${alpha}-away`);
    replace(places, world);
    const states = await session.states();
    const { status, stdout } = await session.run(`cat ${alpha}/file`);
    assert.deepEqual([status, stdout], [1, ""]);
    assert.deepEqual(await session.states(), states);
    assert.notEqual((await session.run(`ls ${alpha}`)).status, 0);
    const [line] = await refusals(world, 1);
    assert.ok(line.includes(`path="${alpha}/file"`), line);
    assert.match(line, /symbolic link|now it is a link/);
    Deno.removeSync(alpha);
    Deno.renameSync(`${alpha}-away`, alpha);
    assert.equal(await session.output(`cat ${alpha}/file`), "of alpha\n");
  });
}

testJail("a directory that became a file is refused with the reason", async (
  session,
  { alpha },
  world,
) => {
  Deno.removeSync(alpha, { recursive: true });
  world.write(alpha, "a file\n");
  await refuse(session, alpha);
  const [line] = await refusals(world, 1);
  assert.match(line, /it was a directory when the profile was loaded, now it is a file/);
});

testAsUser("a link in the way of a tree is refused as well", async (world) => {
  const { alpha, common, bin } = places(world);
  world.profile("Inner", { [common]: "read", [bin]: "read", [`${alpha}/deep`]: "write" });
  for (const name of ["Alpha", "Mover", "Reader"]) {
    Deno.removeSync(`${world.profiles}/${name}.toml`);
  }
  const session = await Session.start(world);
  Deno.renameSync(alpha, `${alpha}-away`);
  link(world, `${alpha}-away`, alpha);
  const { status } = await session.run(`cat ${alpha}/deep/file`);
  assert.equal(status, 1);
  assert.equal((await session.states()).length, 1);
  await session.end();
});

testAsUser("a grant of several trees is all or nothing", async (world) => {
  const { alpha, beta, common, bin } = places(world);
  world.profile("Pair", { [common]: "read", [bin]: "read", [alpha]: "read", [beta]: "read" });
  for (const name of ["Alpha", "Beta", "Mover", "Reader"]) {
    Deno.removeSync(`${world.profiles}/${name}.toml`);
  }
  for (const [gone, other] of [[alpha, beta], [beta, alpha]]) {
    const session = await Session.start(world);
    Deno.renameSync(gone, `${gone}-away`);
    await refuse(session, `${gone}/file`);
    await refuse(session, `${other}/file`);
    Deno.renameSync(`${gone}-away`, gone);
    assert.match(await session.output(`cat ${other}/file`), /^of /);
    assert.equal((await session.states()).at(-1), "Pair");
    await session.end();
  }
});

testJail("a refused write leaves the tree readable as it is", async (session, { alpha }, world) => {
  await session.output(`cat ${alpha}/file`);
  Deno.renameSync(alpha, `${alpha}-away`);
  world.directory(`${alpha}-other`);
  link(world, `${alpha}-other`, alpha);
  const states = await session.states();
  assert.notEqual((await session.runUnverified(`echo x > ${alpha}/new`)).status, 0);
  assert.deepEqual(await session.states(), states);
  assert.equal((await session.runUnverified(`cat ${alpha}/file`)).stdout, "of alpha\n");
  assert.deepEqual([...Deno.readDirSync(`${alpha}-other`)], []);
  await refusals(world, 1);
});
