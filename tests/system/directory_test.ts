/** The directory that a command starts in is what it accesses first. */

import assert from "node:assert/strict";
import { testAsEveryone, testAsUser, type World } from "./harness.ts";

/** Two clients' directories, each granted by a profile of its own, and a profile of both. */
function makeClients(world: World): { left: string; right: string } {
  const [left, right] = ["left", "right"].map((name) => `${world.home}/${name}`);
  for (const path of [left, right]) world.directory(path);
  world.write(`${left}/file`, "left\n");
  world.profile("left", { [left]: "write" });
  world.profile("right", { [right]: "write" });
  world.profile("both", { [left]: "write", [right]: "write" });
  return { left, right };
}

testAsEveryone("a command starts in the profiles that grant where its client is", async (world) => {
  const { left } = makeClients(world);
  const { stdout, stderr } = await world.inside("hostname; pwd; cat file", { cwd: left });
  assert.deepEqual([stdout, stderr], [`both-left\n${left}\nleft\n`, ""]);
});

testAsUser("--cwd moves the start to the profiles that grant the directory", async (world) => {
  const { left, right } = makeClients(world);
  const start = async (...options: string[]) =>
    await world.run(["run", ...options, "--", "sh", "-c", "hostname; pwd"], { cwd: world.home });
  assert.equal((await start("-C", right)).stdout, `both-right\n${right}\n`);
  assert.equal((await start("-p", "left", "-C", right)).stdout, `both\n${right}\n`);
  const { status, stderr } = await start("--exact", "-p", "left", "-C", right);
  assert.deepEqual([status, stderr.includes(`Cannot start in ${JSON.stringify(right)}`)], [
    125,
    true,
  ]);
  await Deno.symlink(left, `${world.home}/link`);
  assert.equal((await start("-C", `${world.home}/link`)).status, 125, "no profile grants the link");
});

testAsUser("where the client is does not count against a profile that was named", async (world) => {
  const { right } = makeClients(world);
  const line = ["run", "-p", "left", "--", "sh", "-c", "hostname; pwd"];
  const { stdout } = await world.run(line, { cwd: right });
  assert.equal(stdout, "both-left\n/\n");
});

testAsUser("a directory that every candidate's jail has is no access", async (world) => {
  const { left } = makeClients(world);
  world.profile("all", { [world.home]: "write" });
  for (const cwd of [world.home, "/usr/bin", "/tmp", "/"]) {
    const { stdout } = await world.inside("hostname; pwd", { cwd });
    assert.equal(stdout, `all-both-left-plain-right\n${cwd}\n`);
  }
  const { stdout } = await world.run(["run", "-p", "left", "-C", `${left}/..`, "hostname"]);
  assert.equal(stdout, "all-both-left\n");
});

testAsUser("a directory that no candidate grants leaves all of them", async (world) => {
  const { left } = makeClients(world);
  const { stdout } = await world.inside("hostname; pwd", { cwd: world.profiles });
  assert.equal(stdout, "both-left-plain-right\n/\n");
  world.directory(`${left}/gone`);
  const script = `cd ${left}/gone; rmdir ../gone; exec stemjail run -- sh -c 'hostname; pwd'`;
  assert.equal((await world.shell(script)).stdout, "both-left-plain-right\n/\n");
});

testAsUser("settings are those of the profiles that are left", async (world) => {
  const { left } = makeClients(world);
  world.profile("left", { [left]: "write" }, `[env]\nset = { CLIENT = "left" }`);
  Deno.removeSync(`${world.profiles}/both.toml`);
  const { stdout } = await world.inside("echo $CLIENT", { cwd: left });
  assert.equal(stdout, "left\n");
});
