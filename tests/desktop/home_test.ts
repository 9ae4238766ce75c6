import assert from "node:assert/strict";
import { testAsEveryone, testAsUser } from "../system/harness.ts";

testAsEveryone(
  "a home that nothing grants is empty, writable, and gone with the jail",
  async (world) => {
    world.profile("plain", {});
    world.write(`${world.home}/.secret`, "outside");
    const script = "cd && ls -A && echo inside > .file && cat .file && stat -c %a .";
    const { stdout, stderr } = await world.inside(script, { cwd: "/" });
    assert.equal(stdout, "inside\n700\n", stderr);
    assert.equal((await world.inside("ls -A ~", { cwd: "/" })).stdout, "");
    assert.deepEqual([...Deno.readDirSync(world.home)].map(({ name }) => name).sort(), [
      ".secret",
      "work",
    ]);
  },
);

testAsUser("what is granted of the home appears in the jail's own", async (world) => {
  const read = `${world.home}/read`;
  world.directory(read);
  world.write(`${read}/file`, "granted\n");
  world.profile("plain", { [read]: "read", [world.work]: "write" });
  const script = `cat ~/read/file; echo x > ~/read/new || echo refused
    echo kept > ~/work/new; mkdir -p ~/.cache/program && echo x > ~/.cache/program/file; ls -A ~`;
  const { stdout, stderr } = await world.inside(script);
  assert.equal(stdout, "granted\nrefused\n.cache\nread\nwork\n", stderr);
  assert.equal(Deno.readTextFileSync(`${world.work}/new`), "kept\n");
  assert.deepEqual([...Deno.readDirSync(world.home)].map(({ name }) => name).sort(), [
    "read",
    "work",
  ]);
});

testAsUser("a whole home that is granted is the host's", async (world) => {
  world.profile("plain", { [world.home]: "write" });
  const { stdout, stderr } = await world.inside("cd; ls; echo x > there");
  assert.equal(stdout, "work\n", stderr);
  assert.equal(Deno.readTextFileSync(`${world.home}/there`), "x\n");
});

testAsUser("a part of the home appears by a transition among a jail's own files", async (world) => {
  const [left, right] = ["left", "right"].map((name) => `${world.home}/.config/${name}`);
  world.directory(`${world.home}/.config`);
  for (const path of [left, right]) world.directory(path);
  world.write(`${left}/file`, "left\n");
  Deno.removeSync(`${world.profiles}/plain.toml`);
  world.profile("left", { [left]: "write" });
  world.profile("right", { [right]: "write" });
  const script = `mkdir -p ~/.config/own; echo own > ~/.config/own/file
    cat ~/.config/left/file ~/.config/own/file; ls ~/.config`;
  const { stdout, stderr } = await world.inside(script, { cwd: "/" });
  assert.equal(stdout, "left\nown\nleft\nown\n", stderr);
});

testAsUser(
  "a fifo that a program puts where a grant will appear does not stop its jail",
  async (world) => {
    const [left, right] = ["left", "right"].map((name) => `${world.home}/${name}`);
    world.write(left, "left\n");
    world.write(right, "right\n");
    Deno.removeSync(`${world.profiles}/plain.toml`);
    world.profile("left", { [left]: "read" });
    world.profile("right", { [right]: "read" });
    const script = `mkfifo ~/left; timeout 5 cat ~/left; cat ~/right 2>/dev/null; echo alive`;
    const { stdout } = await world.inside(script, { cwd: "/" });
    assert.match(stdout, /alive\n$/);
  },
);

testAsUser(
  "a home that a link leads to is reached by the link, and so is what is granted there",
  async (world) => {
    const link = `${world.base}/linked`;
    Deno.symlinkSync("home", link);
    world.profile("plain", { [world.work]: "write" });
    const script =
      `echo own > ~/file; cat ~/file; echo x > ~/work/new; readlink ${link}; ls ${world.home}`;
    const { stdout, stderr } = await world.inside(script, { env: { HOME: link }, cwd: "/" });
    assert.equal(stdout, "own\nhome\nfile\nwork\n", stderr);
    assert.equal(Deno.readTextFileSync(`${world.work}/new`), "x\n");
  },
);

testAsUser(
  "a home in /tmp is a directory of the jail's own /tmp, and one nowhere is none",
  async (world) => {
    const inTemporary = await world.inside("echo x > ~/f; cat /tmp/a/b/f", {
      env: { HOME: "/tmp/a/b" },
      cwd: "/",
    });
    assert.equal(inTemporary.stdout, "x\n", inTemporary.stderr);
    world.profile("plain", { [world.base]: "read" });
    for (
      const HOME of [
        `${world.base}/none`,
        `${world.work}/none`,
        "/",
        "/proc/self",
        "relative",
        "/dev/x",
      ]
    ) {
      const { status, stderr } = await world.inside("true", { env: { HOME }, cwd: "/" });
      assert.equal(status, 0, stderr);
    }
  },
);
