import assert from "node:assert/strict";
import { testAsUser, type World } from "../system/harness.ts";

function grant(world: World, path: string, more = ""): void {
  world.profile(
    "plain",
    {},
    `[[fs.bind]]\npath = ${JSON.stringify(path)}\nwrite = true\ncreate = true\n${more}`,
  );
}

function modeOf(path: string): number {
  return Deno.lstatSync(path).mode! & 0o777;
}

testAsUser(
  "a directory to create is made, private, when a jail starts that may need it",
  async (world) => {
    const path = `${world.home}/.program/deep`;
    grant(world, path);
    const checked = await world.run(["profile", "check"]);
    assert.equal(checked.status, 0, checked.stdout);
    assert.deepEqual([...Deno.readDirSync(world.home)].map(({ name }) => name), ["work"]);
    const { status, stderr } = await world.inside("echo x > ~/.program/deep/file", { cwd: "/" });
    assert.equal(status, 0, stderr);
    assert.equal(Deno.readTextFileSync(`${path}/file`), "x\n");
    assert.deepEqual([modeOf(path), modeOf(`${world.home}/.program`)], [0o700, 0o700]);
  },
);

testAsUser("a directory to create that was removed since is made again", async (world) => {
  const path = `${world.home}/again`;
  grant(world, path);
  assert.equal((await world.inside("touch ~/again/a", { cwd: "/" })).status, 0);
  Deno.removeSync(path, { recursive: true });
  assert.equal((await world.inside("touch ~/again/b", { cwd: "/" })).status, 0);
  assert.deepEqual([...Deno.readDirSync(path)].map(({ name }) => name), ["b"]);
});

testAsUser("a missing directory outside of the home is not created, but told of", async (world) => {
  grant(world, `${world.base}/elsewhere`);
  const { status, stdout } = await world.run(["profile", "check"]);
  assert.equal(status, 1);
  assert.match(stdout, /Cannot create .*elsewhere": directories are made below the home only/);
  grant(world, `${world.base}/elsewhere`, "optional = true");
  assert.equal((await world.run(["profile", "check"])).status, 0);
  assert.equal((await world.inside("true", { cwd: "/" })).status, 0);
  assert.throws(() => Deno.lstatSync(`${world.base}/elsewhere`));
});

testAsUser(
  "a link that was put in the way of a directory to create is not followed",
  async (world) => {
    const path = `${world.home}/made/deep`;
    grant(world, path);
    assert.equal((await world.inside("true", { cwd: "/" })).status, 0);
    Deno.removeSync(`${world.home}/made`, { recursive: true });
    Deno.symlinkSync(`${world.base}/state`, `${world.home}/made`);
    const { status, stderr } = await world.inside("true", { cwd: "/" });
    assert.notEqual(status, 0, stderr);
    assert.throws(() => Deno.lstatSync(`${world.base}/state/deep`));
  },
);
