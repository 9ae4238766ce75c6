/** Programs that know nothing of StemJail, each of which finds what it opens. */

import assert from "node:assert/strict";
import { testAsUser, type World } from "../system/harness.ts";
import { files, places, SAW_ALPHA, START, testJail } from "./fixture.ts";
import { Session } from "./session.ts";

testJail(
  "cat shows a file of a tree that was not there a moment ago",
  async (session, { alpha }) => {
    assert.deepEqual(await session.states(), [START]);
    assert.equal(await session.output(`cat ${alpha}/file`), "of alpha\n");
    assert.deepEqual(await session.states(), [START, SAW_ALPHA]);
  },
);

testJail("ls -R lists a tree, and later none that was given up", async (session, places) => {
  const { alpha, gamma } = places;
  const expected = `${alpha}:\ndeep\nfile\n\n${alpha}/deep:\nfile\n`;
  assert.equal(await session.output(`ls -R ${alpha}`), expected);
  assert.deepEqual(await session.states(), [START, SAW_ALPHA]);
  const { status, stdout, stderr } = await session.run(`ls -R ${gamma}`);
  assert.deepEqual([status, stdout], [2, ""]);
  assert.match(stderr, /No such file or directory/);
  assert.deepEqual(await session.states(), [START, SAW_ALPHA]);
});

testJail("ls of the directory around shows what is granted and asks for nothing", async (
  session,
  { common, alpha },
  world,
) => {
  assert.equal(await session.output(`ls ${world.home}`), "bin\ncommon\n");
  assert.equal(
    await session.output(`find ${world.home} -name file | sort | head -9`),
    [
      `${world.home}/bin/deep/file`,
      `${world.home}/bin/file`,
      `${common}/deep/file`,
      `${common}/file`,
      "",
    ].join("\n"),
  );
  assert.deepEqual(await session.states(), [START]);
  await session.output(`ls ${alpha}`);
  assert.equal(await session.output(`ls ${world.home}`), "alpha\nbin\ncommon\n");
});

testJail("find walks a tree that its argument brings", async (session, { alpha }) => {
  const found = await session.output(`find ${alpha} -type f | sort`);
  assert.equal(found, `${alpha}/deep/file\n${alpha}/file\n`);
  assert.deepEqual(await session.states(), [START, SAW_ALPHA]);
});

testJail("grep -r searches a tree that its argument brings", async (session, { alpha }) => {
  const found = await session.output(`grep -r alpha ${alpha} | sort`);
  assert.equal(found, `${alpha}/deep/file:deep in alpha\n${alpha}/file:of alpha\n`);
});

testJail("cp copies from one tree to another, a transition for each", async (
  session,
  { alpha, beta },
) => {
  await session.output(`cp ${alpha}/file ${beta}/copy`);
  const states = await session.states();
  assert.deepEqual([states[0], states.at(-1)], [START, "Mover"]);
  assert.equal(Deno.readTextFileSync(`${beta}/copy`), "of alpha\n");
});

testJail("cp -a copies whole trees with what they hold", async (session, { alpha, beta }) => {
  await session.output(`cp -a ${alpha} ${beta}/all`);
  assert.equal((await session.states()).at(-1), "Mover");
  assert.equal(Deno.readTextFileSync(`${beta}/all/deep/file`), "deep in alpha\n");
});

testJail("mv renames in a tree that only its writing brings", async (session, { beta }) => {
  await session.output(`mv ${beta}/file ${beta}/deep/moved`);
  assert.deepEqual(await session.states(), [START, "Beta ∩ Mover"]);
  assert.equal(Deno.readTextFileSync(`${beta}/deep/moved`), "of beta\n");
});

/** A profile that can write in two trees, and the two that can write in one of them. */
function twoWritable(world: World): Record<"alpha" | "beta", string> {
  const { alpha, beta } = places(world);
  world.profile("Pair", { [alpha]: "write", [beta]: "write" });
  for (const name of ["Mover", "Reader"]) Deno.removeSync(`${world.profiles}/${name}.toml`);
  return { alpha, beta };
}

testAsUser("mv moves a file from one writable tree into another", async (world) => {
  const { alpha, beta } = twoWritable(world);
  const session = await Session.start(world);
  await session.output(`mv ${alpha}/file ${beta}/moved`);
  assert.equal((await session.states()).at(-1), "Pair");
  await session.end();
  assert.equal(Deno.readTextFileSync(`${beta}/moved`), "of alpha\n");
  assert.throws(() => Deno.statSync(`${alpha}/file`), Deno.errors.NotFound);
});

testAsUser("rename and link across trees say so, and keep both files", async (world) => {
  const { alpha, beta } = twoWritable(world);
  const session = await Session.start(world);
  const python = (call: string) =>
    `python3 -c '
import os, errno
try: ${call}
except OSError as error: print(errno.errorcode[error.errno])'`;
  for (const call of ["rename", "link"]) {
    const across = `os.${call}("${alpha}/file", "${beta}/other")`;
    assert.equal(await session.output(python(across)), "EXDEV\n", call);
    assert.equal((await session.states()).at(-1), "Pair");
  }
  const inside = `os.link("${alpha}/file", "${alpha}/deep/hard")`;
  assert.equal(await session.output(python(inside)), "");
  await session.end();
  assert.equal(Deno.statSync(`${alpha}/file`).nlink, 2);
});

testJail("vim edits a file in place", async (session, { alpha }) => {
  await session.run(`vim -u NONE -es -c '%s/of/edited in/' -c wq ${alpha}/file`);
  assert.equal((await session.states()).at(-1), "Alpha");
  assert.equal(Deno.readTextFileSync(`${alpha}/file`), "edited in alpha\n");
  assert.deepEqual([...Deno.readDirSync(alpha)].map(({ name }) => name).sort(), ["deep", "file"]);
});

testJail("git clones a granted repository and shows its log", async (session, { alpha }, world) => {
  const git = "git -c user.name=tester -c user.email=tester@localhost";
  const made = await world.shell(
    `git init -q repository && cd repository && git add -A && echo text > file && git add file &&
     ${git} commit -q -m 'The first commit'`,
    { cwd: alpha },
  );
  assert.equal(made.status, 0, made.stderr);
  const log = await session.output(`git -C ${alpha}/repository log --format=%s`);
  assert.equal(log, "The first commit\n");
  assert.equal((await session.states())[1], SAW_ALPHA);
  await session.output(`git clone -q ${alpha}/repository /tmp/clone`);
  assert.equal(await session.output("cat /tmp/clone/file"), "text\n");
});

testJail("git clone is the first to touch the repository", async (session, { beta }, world) => {
  await world.shell("git init -q --bare repository", { cwd: beta });
  const { status, stderr } = await session.run(`git clone ${beta}/repository /tmp/clone`);
  assert.equal(status, 0, stderr);
  assert.equal((await session.states())[0], START);
  assert.match((await session.states()).at(-1)!, /^Beta/);
});

testJail("python3 imports from a granted tree", async (session, { alpha }, world) => {
  files(world, `${alpha}/library`, {
    "package/__init__.py": "from . import part\n",
    "package/part.py": 'text = "imported"\n',
  });
  const script =
    `PYTHONPATH=${alpha}/library python3 -B -c 'import package; print(package.part.text)'`;
  assert.equal(await session.output(script), "imported\n");
  assert.deepEqual(await session.states(), [START, SAW_ALPHA]);
});

testJail("python3 that keeps its byte code moves on to the profile that lets it", async (
  session,
  { alpha },
  world,
) => {
  files(world, `${alpha}/library`, { "module.py": 'text = "imported"\n' });
  const script = `PYTHONPATH=${alpha}/library python3 -c 'import module; print(module.text)'`;
  assert.equal(await session.output(script), "imported\n");
  assert.equal((await session.states()).at(-1), "Alpha");
  assert.equal([...Deno.readDirSync(`${alpha}/library/__pycache__`)].length, 1);
});

const MAKEFILE = `program: main.o part.o
\t$(CC) -o $@ $^
%.o: $(SOURCES)/%.c $(SOURCES)/part.h
\t$(CC) -I $(SOURCES) -c -o $@ $<
`;

testJail("make builds a project whose sources appear on first use", async (
  session,
  { alpha, beta },
  world,
) => {
  files(world, `${alpha}/sources`, {
    "main.c": '#include "part.h"\nint main(void) { return part() - 42; }\n',
    "part.c": '#include "part.h"\nint part(void) { return 42; }\n',
    "part.h": "int part(void);\n",
  });
  files(world, `${beta}/build`, { Makefile: MAKEFILE });
  const { status, stderr } = await session.run(
    `make -s -j 4 -C ${beta}/build SOURCES=${alpha}/sources && ${beta}/build/program`,
  );
  assert.deepEqual([status, stderr], [0, ""]);
  assert.equal((await session.states()).at(-1), "Mover");
});

testJail("make builds where its sources are", async (session, { alpha }, world) => {
  files(world, `${alpha}/project`, {
    "Makefile": "program: main.c\n\tcc -o $@ $<\n",
    "main.c": "int main(void) { return 0; }\n",
  });
  await session.output(`make -s -C ${alpha}/project && ${alpha}/project/program`);
  assert.equal((await session.states()).at(-1), "Alpha");
});

testJail("tar packs one tree into another", async (session, { alpha, beta }) => {
  await session.output(`tar -C ${alpha} -cf ${beta}/archive.tar .`);
  assert.equal((await session.states()).at(-1), "Mover");
  await session.output(`tar -C ${beta}/deep -xf ${beta}/archive.tar`);
  assert.equal(Deno.readTextFileSync(`${beta}/deep/deep/file`), "deep in alpha\n");
});

testJail("two tars at the ends of a pipe bring a tree each", async (session, { alpha, beta }) => {
  await session.output(`tar -C ${alpha} -cf - . | tar -C ${beta} -xf -`);
  assert.equal((await session.states()).at(-1), "Mover");
  assert.equal(Deno.readTextFileSync(`${beta}/file`), "of alpha\n");
});

const INSERT = "create table facts (fact text); insert into facts values ('true');";

testJail("sqlite3 writes a database that one profile can write", async (session, { alpha }) => {
  await session.output(`sqlite3 ${alpha}/facts.db "${INSERT}"`);
  assert.equal((await session.states()).at(-1), "Alpha");
  assert.equal(
    await session.output(`sqlite3 ${alpha}/facts.db 'select fact from facts'`),
    "true\n",
  );
});

testJail("sqlite3 reads a database that it cannot write any more", async (
  session,
  { alpha, beta },
  world,
) => {
  await world.shell(`sqlite3 ${alpha}/facts.db "${INSERT}"`);
  await session.output(`cat ${alpha}/file ${beta}/file`);
  assert.equal((await session.states()).at(-1), "Mover");
  assert.equal(
    await session.output(`sqlite3 ${alpha}/facts.db 'select fact from facts'`),
    "true\n",
  );
  const { status, stderr } = await session.run(
    `sqlite3 ${alpha}/facts.db "insert into facts values ('false')"`,
  );
  assert.notEqual(status, 0);
  assert.match(stderr, /readonly/);
});

testJail("a program by absolute path, which only some profiles have, is started", async (
  session,
  { alpha },
) => {
  Deno.copyFileSync("/usr/bin/echo", `${alpha}/tool`);
  Deno.chmodSync(`${alpha}/tool`, 0o755);
  assert.equal(await session.output(`${alpha}/tool started`), "started\n");
  assert.deepEqual(await session.states(), [START, SAW_ALPHA]);
});

testJail("a script brings the tree of its interpreter", async (session, { alpha, beta }, world) => {
  Deno.copyFileSync("/usr/bin/cat", `${beta}/interpreter`);
  world.write(`${alpha}/script`, `#!${beta}/interpreter\nits text\n`);
  for (const path of [`${beta}/interpreter`, `${alpha}/script`]) Deno.chmodSync(path, 0o755);
  const text = await session.output(`${alpha}/script`);
  assert.equal(text, `#!${beta}/interpreter\nits text\n`);
  assert.equal((await session.states()).at(-1), "Mover");
});

testJail("a program is found by PATH in a tree that is not there yet", async (
  session,
  { alpha },
) => {
  Deno.copyFileSync("/usr/bin/echo", `${alpha}/tool-of-alpha`);
  Deno.chmodSync(`${alpha}/tool-of-alpha`, 0o755);
  const script = `PATH=$PATH:${alpha}; tool-of-alpha started`;
  assert.equal(await session.output(script), "started\n");
  assert.equal((await session.states()).at(-1), SAW_ALPHA);
});

testAsUser("a command that one profile alone has starts in it", async (world) => {
  const { alpha, gamma } = places(world);
  Deno.copyFileSync("/usr/bin/dash", `${gamma}/shell`);
  Deno.chmodSync(`${gamma}/shell`, 0o755);
  const session = await Session.start(world, { shell: `${gamma}/shell` });
  assert.deepEqual(await session.states(), ["Gamma"]);
  assert.notEqual((await session.run(`cat ${alpha}/file`)).status, 0);
  await session.end();
});
