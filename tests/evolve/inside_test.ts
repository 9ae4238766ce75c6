/** `stemjail` inside a jail: asking by hand. */

import assert from "node:assert/strict";
import { exists, testAsUser, type World } from "../system/harness.ts";
import { eventually } from "../system/process.ts";
import { type Places, places, SAW_ALPHA, START, testJail } from "./fixture.ts";
import { type Result, Session } from "./session.ts";

const granted: Result = { status: 0, stdout: "granted\n", stderr: "" };
const denied: Result = { status: 1, stdout: "denied\n", stderr: "" };

testJail("shim --access asks, and its exit status answers", async (session, places) => {
  const { common, alpha, gamma, secret } = places;
  assert.deepEqual(await session.run(`stemjail shim --access ${common}/file`), granted);
  assert.deepEqual(await session.run(`stemjail shim --access ${secret}/file`), denied);
  assert.deepEqual(await session.run(`stemjail shim --access ${common}/file --write`), denied);
  assert.deepEqual(await session.states(), [START]);
  assert.deepEqual(await session.run(`stemjail shim --access ${alpha}/file`), granted);
  assert.deepEqual(await session.states(), [START, SAW_ALPHA]);
  assert.deepEqual(await session.run(`stemjail shim --access ${alpha} -w`), granted);
  assert.deepEqual(await session.states(), [START, SAW_ALPHA, "Alpha"]);
  assert.deepEqual(await session.run(`stemjail shim --access ${gamma}`), denied);
  const { history } = await session.status();
  assert.deepEqual(history.map(({ action, process }) => [action, process]), [
    ["read", "stemjail"],
    ["write", "stemjail"],
  ]);
});

testJail("shim --access takes relative paths and any order of options", async (
  session,
  { common },
) => {
  assert.deepEqual(
    await session.run(`cd ${common}; stemjail shim --access ../alpha/file`),
    granted,
  );
  assert.deepEqual(await session.run("stemjail shim -w --access ../alpha/./file"), granted);
  assert.equal((await session.states()).at(-1), "Alpha");
});

testJail("the jail's own places and the root are nothing to ask for", async (session) => {
  for (const path of ["/", "/proc", "/tmp/x", "/dev/null"]) {
    assert.equal((await session.run(`stemjail shim --access ${path}`)).status, 1, path);
  }
  assert.deepEqual(await session.states(), [START]);
});

testJail("lists and mounts are refused where the portal is confined", async (
  session,
  { alpha },
  world,
) => {
  const { home } = world;
  for (
    const command of [
      `shim --list ${home}`,
      `mount -p -s ${home} -d /tmp`,
      `mount -s ${alpha} -d /tmp -w`,
    ]
  ) {
    const { status, stdout, stderr } = await session.run(`stemjail ${command}`);
    assert.deepEqual([status, stdout], [1, ""], command);
    assert.match(stderr, /^stemjail: (shim|mount): refused: .*confined.*--unconfined\n$/);
  }
  assert.deepEqual(await session.states(), [START]);
});

testJail("a wrong command line is told from a denial", async (session) => {
  const lines = [
    "shim",
    "shim --access",
    "shim --access /a --list /b",
    "mount -s /a",
    "run -- sh",
    "",
  ];
  for (const line of lines) {
    const { status, stdout, stderr } = await session.run(`stemjail ${line}`);
    assert.deepEqual([status, stdout], [2, ""], line);
    assert.match(stderr, /^stemjail: .+\n$/, line);
  }
  assert.equal((await session.run("stemjail --help")).status, 0);
  assert.equal((await session.run("stemjail mount --help")).status, 0);
});

function testUnconfined(
  name: string,
  body: (session: Session, places: Places, world: World) => Promise<void>,
): void {
  testAsUser(`unconfined: ${name}`, async (world) => {
    const made = places(world);
    const portal = world.start([world.executable, "portal", "--unconfined"]);
    await eventually("the portal is ready", () => exists(world.socket));
    const session = await Session.start(world);
    await body(session, made, world);
    await session.end();
    portal.kill("SIGTERM");
    assert.equal((await portal.outcome).status, 0);
  });
}

testUnconfined("shim --list shows a directory of the host", async (session, _places, world) => {
  const { status, stdout, stderr } = await session.run(`stemjail shim --list ${world.home}`);
  assert.deepEqual([status, stderr], [0, ""]);
  const names = ["alpha", "beta", "bin", "common", "gamma", "secret", "work"];
  assert.deepEqual(stdout.trim().split("\n").sort(), names);
  assert.deepEqual(await session.run(`stemjail shim --list ${world.home}/nothing`), denied);
  assert.deepEqual(await session.run(`stemjail shim --list ${world.home}/alpha/file`), denied);
  assert.deepEqual(await session.states(), [START]);
});

testUnconfined("an empty directory has an empty list", async (session, _places, world) => {
  const { status, stdout } = await session.run(`stemjail shim --list ${world.work}`);
  assert.deepEqual([status, stdout], [0, ""]);
});

testUnconfined("a list is whole, however long it is and however late it is read", async (
  session,
  _places,
  world,
) => {
  const names = Array.from({ length: 3000 }, (_, index) => `${index}-`.padEnd(100, "n"));
  for (const name of names) world.write(`${world.work}/${name}`, "");
  for (const reader of ["cat", "(sleep 1; cat)"]) {
    const list = await session.run(`stemjail shim --list ${world.work} | ${reader}`);
    assert.deepEqual([list.status, list.stderr], [0, ""]);
    assert.deepEqual(list.stdout.trim().split("\n").sort(), names.sort());
  }
});

testUnconfined("mount brings a directory of the host, read-only unless said", async (
  session,
  { secret },
) => {
  const mount = (line: string) => session.runUnverified(`stemjail mount ${line}`);
  await session.output("mkdir /tmp/read /tmp/write");
  assert.deepEqual(await mount(`-p -s ${secret} -d /tmp/read`), granted);
  assert.equal((await session.runUnverified("cat /tmp/read/file")).stdout, "of secret\n");
  assert.match(
    (await session.runUnverified("touch /tmp/read/new")).stderr,
    /Read-only file system/,
  );
  const line = `--parent --source ${secret} --destination /tmp/write --write`;
  assert.deepEqual(await mount(line), granted);
  assert.equal((await session.runUnverified("echo text > /tmp/write/new")).status, 0);
  assert.equal(Deno.readTextFileSync(`${secret}/new`), "text\n");
  assert.deepEqual(await session.states(), [START]);
});

testUnconfined("mount shows a directory of the jail at another place", async (
  session,
  { common, alpha },
) => {
  const mount = (line: string) => session.runUnverified(`stemjail mount ${line}`);
  await session.output("mkdir /tmp/common /tmp/alpha /tmp/write");
  assert.deepEqual(await mount(`-s ${common} -d /tmp/common`), granted);
  assert.equal(
    (await session.runUnverified("cat /tmp/common/deep/file")).stdout,
    "deep in common\n",
  );
  assert.deepEqual(await mount(`-s ${alpha} -d /tmp/alpha`), denied);
  assert.deepEqual(await mount(`-s ${common} -d /tmp/write -w`), granted);
  assert.match(
    (await session.runUnverified("touch /tmp/write/new")).stderr,
    /Read-only file system|Permission denied/,
  );
});

testUnconfined("mount makes the place that it mounts on, also in the jail's own /tmp", async (
  session,
  { secret },
  world,
) => {
  for (const place of ["/mnt/new", `${world.home}/new`, `${secret}`, "/tmp/new", "/tmp/file"]) {
    const source = place.endsWith("/file") ? `${secret}/file` : secret;
    const mount = `stemjail mount -p -s ${source} -d ${place}`;
    assert.deepEqual(await session.runUnverified(mount), granted, place);
    const file = source === secret ? `${place}/file` : place;
    assert.equal((await session.runUnverified(`cat ${file}`)).stdout, "of secret\n", place);
  }
});

testUnconfined("what cannot be mounted is denied, and changes nothing", async (
  session,
  { common },
  world,
) => {
  for (const line of [`-p -s ${world.home}/nothing -d /tmp/x`, `-s ${common}/nothing -d /tmp/x`]) {
    assert.deepEqual(await session.run(`stemjail mount ${line}`), denied, line);
  }
  assert.equal((await session.run("ls /tmp")).stdout, "");
});
