/** File systems that are mounted inside granted trees, before and after a jail starts. */

import assert from "node:assert/strict";
import type { World } from "../system/harness.ts";
import { type Places, SAW_ALPHA, testJailWithRoot } from "./fixture.ts";

async function asRoot(world: World, script: string): Promise<void> {
  const { status, stderr } = await world.shell(`set -e; ${script}`, { asRoot: true });
  assert.deepEqual([status, stderr], [0, ""], script);
}

/** Adds mounts to alpha, and takes them off after the test, whatever came of it. */
function testWithMounts(
  name: string,
  script: (places: Places) => string,
  body: Parameters<typeof testJailWithRoot>[2],
): void {
  let unmount = () => Promise.resolve();
  testJailWithRoot(name, async (places, world) => {
    const { alpha } = places;
    // A place of its own, for the propagation of what is mounted later.
    await asRoot(world, `mount --bind ${alpha} ${alpha}; mount --make-shared ${alpha}`);
    unmount = () => asRoot(world, `while umount -R -l ${alpha} 2> /dev/null; do :; done`);
    try {
      await asRoot(world, script(places));
    } catch (error) {
      await unmount();
      throw error;
    }
  }, async (session, places, world) => {
    try {
      await body(session, places, world);
    } finally {
      await unmount();
    }
  });
}

const disk = (path: string, options = "mode=1777") =>
  `mkdir -p ${path}; mount -t tmpfs -o ${options} disk ${path}; echo on it > ${path}/file`;

testWithMounts(
  "a mount in a granted tree comes along, read-only as the grant is",
  ({ alpha }) => `${disk(`${alpha}/disk`)}; ${disk(`${alpha}/disk/inner`)}`,
  async (session, { alpha }) => {
    assert.equal(
      await session.output(`cat ${alpha}/disk/file ${alpha}/disk/inner/file`),
      [
        "on it\n",
        "on it\n",
      ].join(""),
    );
    assert.equal((await session.states()).at(-1), SAW_ALPHA);
    const inside = session.mounts().filter(({ point }) => point.startsWith(alpha));
    assert.deepEqual(
      inside.map(({ point, options }) => [point, options.has("ro")]),
      [[alpha, true], [`${alpha}/disk`, true], [`${alpha}/disk/inner`, true]],
    );
  },
);

testWithMounts(
  "it becomes writable with the grant, but for one that is read-only outside",
  ({ alpha }) =>
    `${disk(`${alpha}/disk`)}; ${disk(`${alpha}/fixed`)}; mount -o remount,bind,ro ${alpha}/fixed`,
  async (session, { alpha }) => {
    await session.output(`cat ${alpha}/disk/file`);
    await session.output(`echo more > ${alpha}/disk/new`);
    assert.equal((await session.states()).at(-1), "Alpha");
    assert.match(
      (await session.run(`echo x > ${alpha}/fixed/new`)).stderr,
      /Read-only file system/,
    );
    assert.equal(Deno.readTextFileSync(`${alpha}/disk/new`), "more\n");
  },
);

testWithMounts(
  "noexec of a mount outside stays, and neither set-user-ID nor devices come along",
  ({ alpha }) =>
    `${disk(`${alpha}/disk`, "mode=1777,noexec")}; cp /usr/bin/true ${alpha}/disk/true
     ${disk(`${alpha}/devices`)}; mknod -m 666 ${alpha}/devices/null c 1 3`,
  async (session, { alpha }) => {
    assert.match((await session.run(`${alpha}/disk/true`)).stderr, /Permission denied/);
    assert.match((await session.run(`cat ${alpha}/devices/null`)).stderr, /Permission denied/);
  },
);

testWithMounts(
  "a file that is mounted over another one is what the jail sees",
  ({ alpha, common }) => `mount --bind ${common}/file ${alpha}/file`,
  async (session, { alpha }) => {
    assert.equal(await session.output(`cat ${alpha}/file`), "of common\n");
  },
);

testWithMounts(
  "of file systems that are mounted in one place the jail sees the one on top",
  ({ alpha }) => disk(alpha),
  async (session, { alpha }) => {
    assert.equal(await session.output(`cat ${alpha}/file; ls ${alpha}`), "on it\nfile\n");
    await session.output(`echo new > ${alpha}/new`);
    assert.equal(Deno.readTextFileSync(`${alpha}/new`), "new\n");
  },
);

testWithMounts(
  "what is mounted after the grant stays invisible",
  () => ":",
  async (session, { alpha }, world) => {
    await session.output(`cat ${alpha}/file`);
    session.holdHost();
    await asRoot(world, disk(`${alpha}/deep`));
    assert.equal(Deno.readTextFileSync(`${alpha}/deep/file`), "on it\n");
    assert.equal(await session.output(`cat ${alpha}/deep/file`), "deep in alpha\n");
    assert.equal(await session.output(`cd ${alpha}/deep && cat file`), "deep in alpha\n");
  },
);

testWithMounts(
  "what is mounted after the start and before the grant is granted with the tree",
  () => ":",
  async (session, { alpha }, world) => {
    await asRoot(world, disk(`${alpha}/deep`));
    assert.equal(await session.output(`cat ${alpha}/deep/file`), "on it\n");
    assert.match(
      (await session.run(`echo x > ${alpha}/file; echo x > ${alpha}/deep/new`)).stderr,
      /^$/,
    );
    assert.equal((await session.states()).at(-1), "Alpha");
  },
);

testWithMounts(
  "what is unmounted outside stays for the jail that has it",
  ({ alpha }) => disk(`${alpha}/disk`),
  async (session, { alpha }, world) => {
    assert.equal(await session.output(`cat ${alpha}/disk/file`), "on it\n");
    session.holdHost();
    await asRoot(world, `umount -l ${alpha}/disk`);
    assert.equal(await session.output(`cat ${alpha}/disk/file`), "on it\n");
  },
);
