/** Programs that a preloaded library does not reach, or that give it trouble. */

import assert from "node:assert/strict";
import { testAsUser } from "../system/harness.ts";
import {
  compile,
  places,
  SAW_ALPHA,
  SAW_BETA,
  START,
  testJail,
  testJailWithRoot,
} from "./fixture.ts";
import { Session } from "./session.ts";

const rawOptions = ["-static", "-nostdlib", "-ffreestanding", "-fno-stack-protector", "-no-pie"];

/** It runs, asks for nothing, and sees what others have asked for. */
async function runsUnhooked(session: Session, program: string, path: string): Promise<void> {
  assert.equal(await session.output(`${program} ${path} /etc/passwd`), "closed\nopen\n");
  assert.deepEqual(await session.states(), [START]);
  await session.output(`cat ${path}`);
  assert.equal(await session.output(`${program} ${path}`), "open\n");
}

testJail("a program without a C library, as Go makes them, runs and gets no more", async (
  session,
  { bin, alpha },
) => {
  await runsUnhooked(session, compile(bin, "raw.c", rawOptions), `${alpha}/file`);
});

if (Deno.build.arch === "x86_64") {
  testJail("a 32-bit program runs and gets no more", async (session, { bin, alpha }) => {
    const program = compile(bin, "raw.c", ["-m32", ...rawOptions]);
    await runsUnhooked(session, program, `${alpha}/file`);
  });
}

testJail("a statically linked program runs, and what it starts asks", async (
  session,
  { bin, alpha },
) => {
  compile(bin, "holder.c", ["-static"]);
  assert.equal((await session.run(`${bin}/holder ${alpha} true`)).status, 1);
  assert.deepEqual(await session.states(), [START]);
  await session.output(`${bin}/holder ${bin} 'cat ${alpha}/file'`);
  assert.deepEqual(await session.states(), [START, SAW_ALPHA]);
});

testJailWithRoot(
  "a set-user-ID program stays the user's, and asks as others do",
  async ({ bin }, world) => {
    const copy =
      `cp /usr/bin/id ${bin}/id; cp /usr/bin/cat ${bin}/cat; chown root ${bin}/id ${bin}/cat
      chmod 4755 ${bin}/id ${bin}/cat`;
    assert.equal((await world.shell(copy, { asRoot: true })).status, 0);
  },
  async (session, { bin, alpha }, world) => {
    assert.equal(await session.output(`${bin}/id -u`), `${world.user.uid}\n`);
    assert.equal(await session.output(`${bin}/cat ${alpha}/file`), "of alpha\n");
    assert.deepEqual(await session.states(), [START, SAW_ALPHA]);
    assert.equal((await session.run(`${bin}/cat /etc/shadow`)).status, 1);
  },
);

testAsUser("a library that the user preloads is kept, behind the shim", async (world) => {
  const { bin, alpha } = places(world);
  const library = compile(bin, "preloaded.c", ["-shared", "-fPIC"]);
  const session = await Session.start(world, { options: ["--env", `LD_PRELOAD=${library}`] });
  assert.equal(await session.output(`cat ${alpha}/file`), "preloaded\nof alpha\n");
  assert.deepEqual(await session.states(), [START, SAW_ALPHA]);
  const variable = "env | grep ^LD_PRELOAD=";
  assert.match(
    await session.output(variable),
    new RegExp(`^LD_PRELOAD=/dev/stemjail/stemshim.so:${library}$`, "m"),
  );
  const maps = `grep -c -e /stemshim.so -e ${library} /proc/self/maps > /dev/null && echo both`;
  assert.match(await session.output(maps), /both/);
  await session.end();
});

testJail("a library that a program preloads is passed on, behind the shim", async (
  session,
  { bin, alpha },
) => {
  const library = compile(bin, "preloaded.c", ["-shared", "-fPIC"]);
  const script = `LD_PRELOAD=${library} /bin/sh -c 'cat ${alpha}/file'`;
  assert.equal(await session.output(script), "preloaded\npreloaded\nof alpha\n");
  assert.deepEqual(await session.states(), [START, SAW_ALPHA]);
});

testJail("a cleaned environment does not lose the shim", async (session, { alpha, beta }) => {
  assert.equal(await session.output(`env -i /bin/cat ${alpha}/file`), "of alpha\n");
  assert.deepEqual(await session.states(), [START, SAW_ALPHA]);
  const script = `env -i /bin/sh -c 'unset LD_PRELOAD; exec env -i /bin/cat ${beta}/file'`;
  assert.equal(await session.output(script), "of beta\n");
  assert.equal((await session.states()).at(-1), "Mover");
});

const survive = new URL("../shim/programs/survive.c", import.meta.url).pathname;

const ways = {
  "all-closed": "a program that has closed all its descriptors",
  "fork": "a forked child",
  "vfork": "a vfork child",
  "clone": "a child that shares the memory",
  "signal-stack": "a signal handler on a stack of its own",
  "interrupted": "a program that signals interrupt all along",
  "threads": "threads at once",
  "processes": "processes at once",
};

for (const [way, who] of Object.entries(ways)) {
  testJail(`${who} gets what it asks for`, async (session, { bin, beta }) => {
    const program = compile(bin, survive, ["-pthread"]);
    assert.equal(await session.output(`${program} ${way} ${beta}/file`), "ok\n");
    assert.deepEqual(await session.states(), [START, SAW_BETA]);
  });
}

/** These print `ok` where nothing was asked for, and say so where the file could be opened. */
const filtered = {
  "filter-prctl": "a program that filters its calls by prctl",
  "filter-syscall": "a program that filters its calls by seccomp",
  "filters-unseen": "a program started under filters that its shim did not see made",
};

for (const [way, who] of Object.entries(filtered)) {
  testJail(`${who} is not killed: it asks nothing, and sees what is granted`, async (
    session,
    { bin, alpha },
  ) => {
    const program = compile(bin, survive, ["-pthread"]);
    assert.equal(await session.output(`${program} ${way} ${alpha}/file`), "ok\n");
    assert.deepEqual(await session.states(), [START]);
    await session.output(`cat ${alpha}/file`);
    const { stdout } = await session.run(`${program} ${way} ${alpha}/file`);
    assert.equal(stdout, "the file was asked for\n");
  });
}
