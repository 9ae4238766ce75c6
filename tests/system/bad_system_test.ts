/** Systems that are in no state to run jails: one clear line, nothing left running. */

import assert from "node:assert/strict";
import { testAsUser, testWithRoot, type World } from "./harness.ts";
import { assertNoPortal, assertRefused } from "./refusal.ts";

testAsUser("a socket path that is too long or relative", async (world) => {
  const long = `${world.runtime}/${"x".repeat(108 - world.runtime.length)}`;
  assert.equal(long.length > 107, true);
  await assertNoPortal(world, { env: { STEMJAIL_SOCKET: long } }, "107", "STEMJAIL_SOCKET");
  assertRefused(await world.run(["portal", "--socket", long]), 1, "107", "109");
  const env = { XDG_RUNTIME_DIR: `${world.runtime}/${"x".repeat(100)}` };
  await assertNoPortal(world, { env }, "107", "STEMJAIL_SOCKET");
  await assertNoPortal(
    world,
    { env: { STEMJAIL_SOCKET: "run/socket" } },
    '"run/socket"',
    "absolute",
  );
});

testAsUser("a socket path of exactly 107 bytes", async (world) => {
  const socket = `${world.runtime}/${"x".repeat(106 - world.runtime.length)}`;
  assert.equal(socket.length, 107);
  const { status, stderr } = await world.jail(["true"], { env: { STEMJAIL_SOCKET: socket } });
  assert.deepEqual([status, stderr], [0, ""]);
});

testWithRoot("an XDG_RUNTIME_DIR of somebody else", async (world) => {
  const place = `${world.base}/theirs`;
  Deno.mkdirSync(`${place}/stemjail`, { recursive: true });
  await assertNoPortal(
    world,
    { env: { XDG_RUNTIME_DIR: place } },
    `${place}/stemjail`,
    "XDG_RUNTIME_DIR",
  );
  Deno.removeSync(`${place}/stemjail`);
  await assertNoPortal(world, { env: { XDG_RUNTIME_DIR: place } }, place, "EACCES");
});

testAsUser("a socket directory that others may write to, or that is a link", async (world) => {
  const place = `${world.runtime}/stemjail`;
  world.directory(place);
  Deno.chmodSync(place, 0o777);
  await assertNoPortal(world, {}, place, "only you");
  Deno.removeSync(place);
  world.directory(`${world.runtime}/elsewhere`);
  await Deno.symlink(`${world.runtime}/elsewhere`, place);
  const { status } = await world.jail(["true"]);
  assert.equal(status, 125);
});

testAsUser("something else at the socket's path", async (world) => {
  world.directory(`${world.runtime}/stemjail`);
  world.directory(world.socket);
  await assertNoPortal(world, {}, world.socket);
  Deno.removeSync(world.socket);
  world.write(world.socket, "not a socket");
  const { status, stderr } = await world.jail(["true"]);
  if (status !== 0) assert.match(stderr, /^stemjail: [^\n]+\n$/);
});

testWithRoot("no user namespaces", async (world) => {
  const script = `echo 0 > /proc/sys/user/max_user_namespaces
    exec setpriv --reuid=${world.user.uid} --regid=${world.user.gid} --clear-groups "$@"`;
  const apart = (...args: string[]) =>
    world.start(
      [
        "unshare",
        "--user",
        "--map-users=all",
        "--map-groups=all",
        "sh",
        "-c",
        script,
        "sh",
        ...args,
      ],
      { asRoot: true },
    ).outcome;
  const refused = await apart(world.executable, "run", "--", "true");
  assertRefused(refused, 125, "namespaces", "ENOSPC", "doctor");
  const doctor = await apart(world.executable, "doctor");
  assert.notEqual(doctor.status, 0);
  assert.match(doctor.stdout, /max_user_namespaces/);
});

testWithRoot("a full disk for the state and the log", async (world) => {
  const disk = `${world.base}/disk`;
  await withFullDisk(world, disk, async () => {
    const env = { XDG_STATE_HOME: disk };
    const { status, stdout, stderr } = await world.jail(["echo", "ran"], { env });
    assert.deepEqual([status, stdout, stderr], [0, "ran\n", ""]);
  });
});

testWithRoot("a full disk for the cache", async (world) => {
  const disk = `${world.base}/disk`;
  await withFullDisk(world, disk, async () => {
    const env = { XDG_CACHE_HOME: disk };
    const { status, stdout, stderr } = await world.jail(["echo", "ran"], { env });
    assert.deepEqual([status, stdout, stderr], [0, "ran\n", ""]);
    const left = [...Deno.readDirSync(disk)].map(({ name }) => name).filter((name) =>
      name !== "fill"
    );
    assert.deepEqual(left.filter((name) => name !== "stemjail"), []);
  });
});

testWithRoot("a full disk for the socket", async (world) => {
  const disk = `${world.base}/disk`;
  await withFullDisk(world, disk, async () => {
    await assertNoPortal(world, { env: { XDG_RUNTIME_DIR: disk } }, disk, "ENOSPC");
  });
});

testAsUser("a full disk for the output", async (world) => {
  const { stdout, stderr } = await world.shell("stemjail ps > /dev/full; echo $?");
  assert.equal(stdout, "1\n");
  assert.match(stderr, /^stemjail: Cannot write to standard output: [^\n]+\n$/);
});

testAsUser("a closed standard output, or one that nobody reads", async (world) => {
  const { stdout } = await world.shell(
    `for args in --help --version ps 'profile list' info 'completions bash'; do
       stemjail $args >&-; echo $? >&2; stemjail $args | true; done 2>&1 | sort -u`,
  );
  for (const line of stdout.trim().split("\n")) assert.match(line, /^([01]|stemjail: [^\n]+)$/);
});

testAsUser("a limit of open files that is too low", async (world) => {
  const refused = await world.shell("ulimit -n 12; exec stemjail run -- true");
  assertRefused(refused, 125, "12", "ulimit -n");
});

async function withFullDisk(world: World, disk: string, act: () => Promise<void>): Promise<void> {
  world.directory(disk);
  const mounted = await world.shell(
    `mount -t tmpfs -o size=64k,mode=700,uid=${world.user.uid},gid=${world.user.gid} tmpfs ${disk}
     head -c 1M /dev/zero > ${disk}/fill 2>/dev/null; test -s ${disk}/fill`,
    { asRoot: true },
  );
  assert.equal(mounted.status, 0, mounted.stderr);
  try {
    await act();
  } finally {
    await world.shell(`umount -l ${disk}`, { asRoot: true });
  }
}
