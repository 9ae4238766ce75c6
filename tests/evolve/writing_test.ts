/** From reading to writing, and what becomes of what a program already holds. */

import assert from "node:assert/strict";
import { testAsUser } from "../system/harness.ts";
import { compile, files, places, SAW_ALPHA, START, testJail } from "./fixture.ts";
import { Session } from "./session.ts";

testJail("a new file in a tree that one profile can write makes it writable", async (
  session,
  { alpha },
  world,
) => {
  await session.output(`cat ${alpha}/file`);
  assert.equal(
    session.expectation.effective(SAW_ALPHA).find(({ path }) => path === alpha)?.write,
    false,
  );
  await session.output(`echo text > ${alpha}/new`);
  assert.deepEqual(await session.states(), [START, SAW_ALPHA, "Alpha"]);
  assert.equal(Deno.readTextFileSync(`${alpha}/new`), "text\n");
  assert.equal(Deno.statSync(`${alpha}/new`).uid, world.user.uid);
});

testJail("making a file is the first that is heard of a tree", async (session, { alpha }) => {
  await session.output(`touch ${alpha}/new`);
  assert.deepEqual(await session.states(), [START, "Alpha"]);
  assert.equal(Deno.statSync(`${alpha}/new`).size, 0);
});

testJail("directories, links and fifos are made as well", async (session, { beta }) => {
  await session.output(`mkdir -p ${beta}/a/b; ln -s file ${beta}/link; mkfifo ${beta}/fifo`);
  assert.deepEqual(await session.states(), [START, "Beta ∩ Mover"]);
  assert.equal(Deno.readLinkSync(`${beta}/link`), "file");
  assert.equal(Deno.statSync(`${beta}/a/b`).isDirectory, true);
  assert.equal(Deno.statSync(`${beta}/fifo`).isFifo, true);
  await session.output(
    `rmdir ${beta}/a/b ${beta}/a; rm ${beta}/link ${beta}/fifo; rm -r ${beta}/deep`,
  );
  assert.deepEqual([...Deno.readDirSync(beta)].map(({ name }) => name), ["file"]);
});

testJail("modes and times change, and files shrink, where writing is granted", async (
  session,
  { alpha },
) => {
  await session.output(`chmod 600 ${alpha}/file`);
  assert.equal((await session.states()).at(-1), "Alpha");
  await session.output(`touch -d @7 ${alpha}/file; truncate -s 2 ${alpha}/file`);
  assert.equal(Deno.readTextFileSync(`${alpha}/file`), "of");
});

testJail(
  "what no candidate can write any more stays read-only",
  async (session, { alpha, beta }) => {
    await session.output(`cat ${alpha}/file ${beta}/file`);
    const states = [START, SAW_ALPHA, "Mover"];
    for (const attempt of ["echo x >", "touch", "rm", "chmod 777", "mkdir", "mv -f -t /tmp"]) {
      const { status, stderr } = await session.run(`${attempt} ${alpha}/file`);
      assert.notEqual(status, 0, attempt);
      assert.match(stderr, /Read-only file system|exists|No such file/, attempt);
    }
    assert.deepEqual(await session.states(), states);
    assert.equal(Deno.readTextFileSync(`${alpha}/file`), "of alpha\n");
  },
);

testJail("asking whether a file can be written makes it so", async (session, { alpha }) => {
  assert.equal(
    (await session.run(`python3 -c '
import os, sys
sys.exit(not os.access("${alpha}/file", os.W_OK))'`)).status,
    0,
  );
  assert.deepEqual(await session.states(), [START, "Alpha"]);
});

testJail("what a program holds from before stays as it was, the path becomes writable", async (
  session,
  { bin, alpha },
) => {
  compile(bin, "holder.c", ["-static"]);
  await session.output(`cat ${alpha}/file`);
  const held = await session.output(`${bin}/holder ${alpha} 'echo text > ${alpha}/made'`);
  assert.deepEqual(await session.states(), [START, SAW_ALPHA, "Alpha"]);
  assert.deepEqual(held.trim().split("\n"), [
    "reopen to write: EROFS",
    "read: ok",
    "write: EBADF",
    "change mode: EROFS",
    "by descriptor: ok",
    "by descriptor to write: EROFS",
    "by descriptor to create: EROFS",
    "by working directory: ok",
    "by working directory to write: EROFS",
    "by path to write: ok",
  ]);
  assert.equal(Deno.readTextFileSync(`${alpha}/made`), "text\n");
});

testJail("a shell that works in a tree from before can write there", async (session, { alpha }) => {
  await session.output(`cd ${alpha}/deep && cat file`);
  assert.deepEqual(await session.states(), [START, SAW_ALPHA]);
  await session.output("echo more >> file; echo new > new; mkdir under; cat ../file > copy");
  assert.deepEqual(await session.states(), [START, SAW_ALPHA, "Alpha"]);
  assert.equal(await session.output("pwd -P; ls"), `${alpha}/deep\ncopy\nfile\nnew\nunder\n`);
  assert.equal(Deno.readTextFileSync(`${alpha}/deep/file`), "deep in alpha\nmore\n");
});

testAsUser(
  "descriptors and directories in a narrower mount go on working under a wider one",
  async (world) => {
    const { alpha, common, bin } = places(world);
    files(world, `${alpha}/writable`, { file: "narrow\n" });
    for (const name of ["Alpha", "Gamma"]) {
      world.profile(name, {
        [common]: "read",
        [bin]: "read",
        [`${alpha}/writable`]: "write",
        ...name === "Alpha" ? { [alpha]: "read" } : {},
      });
    }
    for (const name of ["Beta", "Mover", "Reader"]) {
      Deno.removeSync(
        `${world.profiles}/${name}.toml`,
      );
    }
    const session = await Session.start(world);
    await session.output(`cd ${alpha}/writable; exec 7> opened; exec 8< file; echo one >&7`);
    assert.deepEqual(await session.states(), ["Alpha ∩ Gamma"]);
    assert.equal(await session.output(`cat ${alpha}/file`), "of alpha\n");
    assert.deepEqual(await session.states(), ["Alpha ∩ Gamma", "Alpha"]);
    assert.equal(
      await session.output("echo two >&7; cat <&8; ls; pwd -P"),
      [
        "narrow\n",
        "file\nopened\n",
        `${alpha}/writable\n`,
      ].join(""),
    );
    await session.output("echo three > third; rm opened");
    assert.equal(await session.output("cat ../file ../deep/file"), "of alpha\ndeep in alpha\n");
    const { status, stderr } = await session.run("echo x > ../file");
    assert.deepEqual([status === 0, /Read-only/.test(stderr)], [false, true]);
    await session.end();
    assert.equal(Deno.readTextFileSync(`${alpha}/writable/third`), "three\n");
  },
);
