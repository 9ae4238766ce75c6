/** All the ways in which a path can lead to a tree that is not there yet. */

import assert from "node:assert/strict";
import { testAsUser } from "../system/harness.ts";
import { files, link, places, SAW_ALPHA, SAW_BETA, START, testJail } from "./fixture.ts";
import { Session } from "./session.ts";

testJail("relative paths lead from the working directory", async (session, { alpha }, world) => {
  assert.equal(await session.output(`cd ${world.home} && cat alpha/file`), "of alpha\n");
  assert.deepEqual(await session.states(), [START, SAW_ALPHA]);
  assert.equal(await session.output("cat ./alpha//deep/.././file"), "of alpha\n");
  assert.equal(
    await session.output("cd alpha/deep && cat file && cat ../file"),
    [
      "deep in alpha\n",
      "of alpha\n",
    ].join(""),
  );
  assert.equal(await session.output("pwd -P"), `${alpha}/deep\n`);
});

testJail("entering a directory brings its tree", async (session, { beta }) => {
  assert.equal(
    await session.output(`cd ${beta}/deep && pwd -P && cat file`),
    [
      `${beta}/deep\n`,
      "deep in beta\n",
    ].join(""),
  );
  assert.deepEqual(await session.states(), [START, SAW_BETA]);
});

testJail(".. leads from one tree into another", async (session, { common, beta }) => {
  assert.equal(await session.output(`cd ${common}/deep && cat ../../beta/file`), "of beta\n");
  assert.equal(await session.output(`cat ${common}/../beta/deep/../file`), "of beta\n");
  assert.deepEqual(await session.states(), [START, SAW_BETA]);
  assert.notEqual((await session.run(`cat ${beta}/../gamma/file`)).status, 0);
});

testJail(".. after a link starts where the link leads, as the kernel has it", async (
  session,
  { common, alpha },
  world,
) => {
  link(world, "../alpha/deep", `${common}/to-deep`);
  assert.equal(await session.output(`cat ${common}/to-deep/../file`), "of alpha\n");
  assert.deepEqual(await session.states(), [START, SAW_ALPHA]);
  assert.equal(
    await session.output(`cd -P ${common}/to-deep && cat ../file && pwd -P`),
    [
      "of alpha\n",
      `${alpha}/deep\n`,
    ].join(""),
  );
});

testJail("a link in a granted tree to a reachable file brings that file's tree", async (
  session,
  { common, alpha },
  world,
) => {
  link(world, `${alpha}/file`, `${common}/absolute`);
  link(world, "../alpha/file", `${common}/relative`);
  assert.equal(await session.output(`cat ${common}/absolute`), "of alpha\n");
  assert.deepEqual(await session.states(), [START, SAW_ALPHA]);
  assert.equal(await session.output(`cat ${common}/relative`), "of alpha\n");
});

testJail("a chain of links is followed to its end", async (session, { common }, world) => {
  link(world, "two", `${common}/one`);
  link(world, "deep/three", `${common}/two`);
  link(world, "../../beta", `${common}/deep/three`);
  assert.equal(await session.output(`cat ${common}/one/deep/file`), "deep in beta\n");
  assert.deepEqual(await session.states(), [START, SAW_BETA]);
});

testJail("a link to a place that nobody grants leads nowhere", async (
  session,
  { common, secret },
  world,
) => {
  link(world, `${secret}/file`, `${common}/to-secret`);
  link(world, secret, `${common}/to-tree`);
  link(world, "/root", `${common}/to-root`);
  link(world, "/proc/1/root/etc/shadow", `${common}/to-magic`);
  for (const path of ["to-secret", "to-tree/file", "to-root/.profile"]) {
    const { status, stderr } = await session.run(`cat ${common}/${path}`);
    assert.deepEqual([status, /No such file or directory/.test(stderr)], [1, true], path);
  }
  assert.notEqual((await session.run(`cat ${common}/to-magic`)).status, 0);
  assert.deepEqual(await session.states(), [START]);
});

testJail("a link into the jail's own places needs but itself", async (
  session,
  { alpha },
  world,
) => {
  link(world, "/proc/self/mounts", `${alpha}/mtab`);
  link(world, "/tmp/made", `${alpha}/to-tmp`);
  link(world, "/dev/null", `${alpha}/to-null`);
  const own = await session.output("cat /proc/self/mounts | wc -l");
  assert.ok(Number(await session.output(`cat ${alpha}/mtab | wc -l`)) > Number(own));
  assert.deepEqual(await session.states(), [START, SAW_ALPHA]);
  assert.match(await session.output(`cat ${alpha}/mtab`), / \/proc proc /);
  assert.equal(await session.output(`echo text > ${alpha}/to-tmp; cat /tmp/made`), "text\n");
  assert.equal(await session.output(`cat ${alpha}/to-null`), "");
  assert.deepEqual(await session.states(), [START, SAW_ALPHA]);
});

testJail("a link through the host's /tmp shows nothing of it", async (
  session,
  { common, alpha },
  world,
) => {
  const stranger = Deno.makeTempDirSync({ dir: "/tmp" });
  link(world, `${alpha}/file`, `${stranger}/to-alpha`);
  link(world, `${stranger}/to-alpha`, `${common}/through-tmp`);
  assert.notEqual((await session.run(`cat ${common}/through-tmp`)).status, 0);
  assert.deepEqual(await session.states(), [START], "the host's link was not followed");
  Deno.removeSync(stranger, { recursive: true });
});

testJail("a link to a place that was given up leads nowhere", async (
  session,
  { common, alpha, gamma },
  world,
) => {
  link(world, `${gamma}/file`, `${common}/to-gamma`);
  await session.output(`cat ${alpha}/file`);
  const { status, stderr } = await session.run(`cat ${common}/to-gamma`);
  assert.deepEqual([status, /No such file or directory/.test(stderr)], [1, true]);
  assert.deepEqual(await session.states(), [START, SAW_ALPHA]);
});

testJail("a link in a tree that comes with the request is followed as well", async (
  session,
  { alpha, beta },
  world,
) => {
  link(world, beta, `${alpha}/to-beta`);
  assert.equal(await session.output(`cat ${alpha}/to-beta/deep/file`), "deep in beta\n");
  assert.equal((await session.states()).at(-1), "Mover");
});

testJail("looking at a link itself asks for nothing that it leads to", async (
  session,
  { common, alpha },
  world,
) => {
  link(world, alpha, `${common}/to-alpha`);
  assert.equal(await session.output(`readlink ${common}/to-alpha`), `${alpha}\n`);
  assert.equal(await session.output(`stat -c %F ${common}/to-alpha`), "symbolic link\n");
  assert.equal(await session.output(`find ${common} -type l`), `${common}/to-alpha\n`);
  assert.deepEqual(await session.states(), [START]);
});

testJail("loops and dangling links fail as they do outside", async (
  session,
  { common },
  world,
) => {
  link(world, "loop", `${common}/loop`);
  link(world, "nothing", `${common}/dangling`);
  assert.match((await session.run(`cat ${common}/loop`)).stderr, /Too many levels/);
  assert.match((await session.run(`cat ${common}/dangling`)).stderr, /No such file/);
  assert.deepEqual(await session.states(), [START]);
});

testJail("a missing file of a reachable tree is missing, in that tree's profile", async (
  session,
  { beta },
) => {
  const { status, stderr } = await session.run(`cat ${beta}/nothing`);
  assert.deepEqual([status, /No such file or directory/.test(stderr)], [1, true]);
  assert.deepEqual(await session.states(), [START, SAW_BETA]);
});

testJail("a path of which no profile grants a part changes nothing", async (
  session,
  { secret },
  world,
) => {
  const paths = [secret, `${secret}/file`, "/root", "/nothing", `${world.home}/alphabet`, "/var"];
  for (const path of paths) {
    const { status, stderr } = await session.run(`cat ${path}`);
    assert.deepEqual([status, /No such file or directory/.test(stderr)], [1, true], path);
  }
  assert.deepEqual(await session.states(), [START]);
});

testJail("directory descriptors lead on, also of directories that only lead to grants", async (
  session,
  _places,
  world,
) => {
  const script = `python3 -c '
import os
home = os.open("${world.home}", os.O_DIRECTORY)
print(os.read(os.open("alpha/file", os.O_RDONLY, dir_fd=home), 99).decode(), end="")
alpha = os.open("alpha", os.O_DIRECTORY, dir_fd=home)
print(os.read(os.open("deep/file", os.O_RDONLY, dir_fd=alpha), 99).decode(), end="")
print(sorted(os.listdir(alpha)))'`;
  assert.equal(await session.output(script), "of alpha\ndeep in alpha\n['deep', 'file']\n");
  assert.deepEqual(await session.states(), [START, SAW_ALPHA]);
});

testJail(
  "links of /proc to what a process has open lead on",
  async (session, { common, alpha }) => {
    const cwd = await session.output(`cd ${common}; cat /proc/self/cwd/../alpha/file`);
    assert.equal(cwd, "of alpha\n");
    assert.equal(await session.output(`exec 7< ${alpha}; cat /proc/self/fd/7/file`), "of alpha\n");
    assert.equal(await session.output(`cat /proc/self/root${alpha}/file`), "of alpha\n");
  },
);

testAsUser("names with white space, backslashes and letters beyond ASCII", async (world) => {
  places(world);
  const odd = `${world.home}/a  b\\c\u00e4\u{1f600} '$x`;
  files(world, odd, { "fi\nle": "odd\n" });
  world.profile("Odd", { [odd]: "read" });
  const session = await Session.start(world);
  const quoted = `'${odd.replaceAll("'", `'\\''`)}`;
  assert.equal(await session.output(`cat ${quoted}/fi\nle'`), "odd\n");
  assert.equal((await session.states()).at(-1), "Odd");
  await session.end();
});

testAsUser("a name that is not valid UTF-8, in a granted tree", async (world) => {
  const { alpha } = places(world);
  await world.shell(String.raw`printf 'raw\n' > "$(printf 'n\377me')"`, { cwd: alpha });
  const session = await Session.start(world);
  const script = String.raw`cat ${alpha}/"$(printf 'n\377me')"`;
  assert.equal(await session.output(script), "raw\n");
  assert.deepEqual(await session.states(), [START, SAW_ALPHA]);
  await session.end();
});

testAsUser("a profile's own link appears as a link, with what it leads to", async (world) => {
  const { alpha } = places(world);
  link(world, alpha, `${world.home}/shortcut`);
  world.profile("Linked", { [`${world.home}/shortcut`]: "read" });
  const session = await Session.start(world);
  assert.equal(await session.output(`cat ${world.home}/shortcut/file`), "of alpha\n");
  assert.equal((await session.states()).at(-1), "Linked");
  assert.equal(await session.output(`readlink ${world.home}/shortcut`), `${alpha}\n`);
  await session.end();
});

testAsUser("a single file can be a grant, next to others that are not", async (world) => {
  const { secret } = places(world);
  world.profile("File", { [`${secret}/file`]: "write" });
  const session = await Session.start(world);
  assert.equal(await session.output(`cat ${secret}/file; ls ${secret}`), "of secret\nfile\n");
  await session.output(`echo changed > ${secret}/file`);
  assert.equal((await session.states()).at(-1), "File");
  await session.end();
  assert.equal(Deno.readTextFileSync(`${secret}/file`), "changed\n");
});

testAsUser(
  "a profile of the whole root is what is left when only it allows a path",
  async (world) => {
    const { alpha, beta, gamma } = places(world);
    world.profile("All", { "/": "read" });
    const session = await Session.start(world);
    await session.output(`cat ${alpha}/file`);
    assert.equal(await session.output(`cat ${gamma}/file ${beta}/file`), "of gamma\nof beta\n");
    assert.equal((await session.states()).at(-1), "All");
    await session.end();
  },
);
