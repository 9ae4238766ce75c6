/** The example that explains what this is for, with the profiles that come along. */

import assert from "node:assert/strict";
import { testAsEveryone, testAsUser, type World } from "../system/harness.ts";
import { files } from "./fixture.ts";
import { Session } from "./session.ts";

function makeClients(world: World): Record<"OpenBar" | "Paranoid" | "Company", string> {
  const clients = `${world.home}/Clients`;
  world.directory(clients);
  const [OpenBar, Paranoid, Company] = ["OpenBar", "Paranoid", "Company"].map((name) => {
    files(world, `${clients}/${name}`, { plan: `the plan of ${name}\n` });
    return `${clients}/${name}`;
  });
  return { OpenBar, Paranoid, Company };
}

/** Adds a profile of the user's own to those that come along. */
function addProfile(world: World, text: string): void {
  files(world, `${world.base}/config`, { "stemjail/profiles/own.toml": text });
}

testAsEveryone(
  "the first client's file decides, and the others are gone for good",
  async (world) => {
    const { OpenBar, Paranoid, Company } = makeClients(world);
    const session = await Session.start(world, { shipped: true });
    const [first] = await session.states();
    for (const name of ["OpenBar", "Paranoid", "Company"]) assert.match(first, new RegExp(name));
    assert.equal(await session.output(`cat ${OpenBar}/plan`), "the plan of OpenBar\n");
    assert.deepEqual(await session.states(), [first, "OpenBar"]);
    for (const other of [Paranoid, Company]) {
      const { status, stderr } = await session.run(`cat ${other}/plan`);
      assert.deepEqual([status, /No such file or directory/.test(stderr)], [1, true]);
      assert.notEqual((await session.run(`ls ${other}`)).status, 0);
      assert.notEqual((await session.run(`echo leak > ${other}/plan`)).status, 0);
    }
    await session.output(`echo more > ${OpenBar}/plan; echo new > ${OpenBar}/new`);
    assert.equal(await session.output(`ls ${OpenBar}/..`), "OpenBar\n");
    assert.deepEqual(await session.states(), [first, "OpenBar"]);
    await session.end();
    assert.equal(Deno.readTextFileSync(`${OpenBar}/plan`), "more\n");
    assert.equal(Deno.readTextFileSync(`${OpenBar}/new`), "new\n");
    for (const name of ["Paranoid", "Company"] as const) {
      const text = Deno.readTextFileSync(`${world.home}/Clients/${name}/plan`);
      assert.equal(text, `the plan of ${name}\n`);
    }
  },
);

testAsUser("a profile of two clients is reached by the second one's file", async (world) => {
  const { OpenBar, Paranoid, Company } = makeClients(world);
  addProfile(world, 'name = "Partners"\nextends = ["OpenBar", "Company"]\n[run]\nmatch = ["sh"]\n');
  const session = await Session.start(world, { shipped: true });
  const [first] = await session.states();
  assert.equal(await session.output(`cat ${OpenBar}/plan`), "the plan of OpenBar\n");
  assert.equal(await session.output(`cat ${Company}/plan`), "the plan of Company\n");
  assert.deepEqual((await session.states()).slice(1).map(sorted), [
    ["OpenBar", "Partners"],
    ["Partners"],
  ]);
  assert.match(first, /Partners/);
  assert.equal((await session.run(`cat ${Paranoid}/plan`)).status, 1);
  await session.end();
});

testAsUser("two jails of one portal go their own ways", async (world) => {
  const { OpenBar, Paranoid } = makeClients(world);
  const one = await Session.start(world, { shipped: true });
  const other = await Session.start(world, { shipped: true });
  assert.equal(await one.output(`cat ${OpenBar}/plan`), "the plan of OpenBar\n");
  assert.equal(await other.output(`cat ${Paranoid}/plan`), "the plan of Paranoid\n");
  assert.equal((await one.run(`cat ${Paranoid}/plan`)).status, 1);
  assert.equal((await other.run(`cat ${OpenBar}/plan`)).status, 1);
  assert.deepEqual([(await one.status()).domain, (await other.status()).domain], [
    "OpenBar",
    "Paranoid",
  ]);
  await one.end();
  await other.end();
});

testAsUser("a jail that starts in one profile alone has nothing to ask for", async (world) => {
  const { OpenBar, Paranoid } = makeClients(world);
  const session = await Session.start(world, {
    shipped: true,
    options: ["--profile", "OpenBar", "--exact"],
  });
  assert.deepEqual(await session.states(), ["OpenBar"]);
  assert.equal(await session.output(`cat ${OpenBar}/plan`), "the plan of OpenBar\n");
  assert.equal((await session.run(`cat ${Paranoid}/plan`)).status, 1);
  assert.deepEqual((await session.status()).history, []);
  await session.end();
});

function sorted(state: string): string[] {
  return state.split(" ∩ ").sort();
}
