/** What can be told from outside about where a jail has been. */

import assert from "node:assert/strict";
import type { Graph } from "../../src/stemflow/graph.ts";
import { SAW_ALPHA, START, testJail, testJailAsEveryone } from "./fixture.ts";

testJailAsEveryone("ps and info tell every transition", async (session, { alpha, beta }, world) => {
  const begun = Date.now();
  await session.output(`cat ${alpha}/file`);
  await session.output(`grep -q alpha ${alpha}/deep/file; touch ${beta}/new`);
  const ended = Date.now();
  const jail = await session.status();
  assert.deepEqual(jail.command, ["/bin/sh"]);
  assert.equal(jail.domain, "Mover");
  assert.deepEqual(jail.candidates, ["Mover"]);
  assert.ok(jail.started <= begun && jail.started > begun - 60_000);
  assert.deepEqual(
    jail.history.map(({ path, action, process, from, to }) => ({
      path,
      action,
      process,
      from,
      to,
    })),
    [
      { path: `${alpha}/file`, action: "read", process: "cat", from: START, to: SAW_ALPHA },
      { path: `${beta}/new`, action: "write", process: "touch", from: SAW_ALPHA, to: "Mover" },
    ],
  );
  let last = begun;
  for (const { time, duration } of jail.history) {
    assert.ok(time >= last && time <= ended, "times are in order");
    assert.ok(Number.isInteger(duration) && duration > 0 && duration < 10_000_000);
    last = time;
  }
  const info = await world.run(["info", "--json"]);
  assert.deepEqual(JSON.parse(info.stdout).jails, [jail]);
});

testJail("ps as a table, info as text and as a graph show the jail where it is now", async (
  session,
  { alpha },
  world,
) => {
  await session.output(`cat ${alpha}/file`);
  const ps = (await world.run(["ps"])).stdout.trimEnd().split("\n");
  assert.equal(ps.length, 2);
  assert.ok(ps[1].includes(SAW_ALPHA), ps[1]);
  assert.ok((await world.run(["info"])).stdout.includes(`jail 1 in ${SAW_ALPHA}: /bin/sh\n`));
  const { domains } = JSON.parse((await world.run(["info", "--json"])).stdout) as Graph;
  const marked = domains.filter(({ jails }) => jails.length > 0);
  assert.deepEqual(marked.map(({ name, jails }) => [name, jails]), [[SAW_ALPHA, ["1"]]]);
});

testJail("the portal's log has a line for each transition", async (session, { alpha }, world) => {
  await session.output(`cat ${alpha}/file`);
  await session.output(`cat ${alpha}/file; echo x >> ${alpha}/file`);
  const lines = Deno.readTextFileSync(world.log).split("\n").filter((line) =>
    line.includes(" transition ")
  );
  assert.equal(lines.length, 2);
  assert.ok(lines[0].includes(`path="${alpha}/file"`));
  for (const part of [`process="cat"`, `action="read"`, `from="${START}"`, `to="${SAW_ALPHA}"`]) {
    assert.ok(lines[0].includes(part), `${part} in ${lines[0]}`);
  }
  assert.match(lines[0], / duration=\d+/);
  assert.ok(lines[1].includes(`action="write"`) && lines[1].includes(`to="Alpha"`));
});

testJail("what changes nothing is not told", async (session, { common, secret }, world) => {
  await session.run(`cat ${common}/file ${secret}/file /nothing`);
  assert.deepEqual((await session.status()).history, []);
  assert.doesNotMatch(Deno.readTextFileSync(world.log), / transition | grant failed /);
});
