/** A22-A35, A78: what changes while the monitor looks, and names that lead elsewhere by then. */

import assert from "node:assert/strict";
import { exists, testAsEveryone, testAsUser, testWithRoot, type World } from "../system/harness.ts";
import { eventually } from "../system/process.ts";
import { assertRan, install, profile, withoutPlainProfile } from "./attacker.ts";
import { fill, whileWaiting } from "./changing.ts";

const ROUNDS = 3000;

/** Two profiles, one of which wants two grants at once, both in the jail's own home. */
function prepareRollBack(world: World): string {
  install(world);
  withoutPlainProfile(world);
  const clients = `${world.home}/clients`;
  for (const name of ["", "/a", "/b"]) fill(world, `${clients}${name}`, "");
  for (const name of ["/a/x", "/b/y", "/other"]) fill(world, `${clients}${name}`, "secret\n");
  profile(world, "both", {
    [world.work]: "write",
    [`${clients}/a/x`]: "read",
    [`${clients}/b/y`]: "read",
  });
  profile(world, "other", { [world.work]: "write", [`${clients}/other`]: "read" });
  return clients;
}

const MOUNTS = `sed 's/^[0-9]* [0-9]* //' /proc/self/mountinfo | sort`;

testAsEveryone(
  "A25, A79: a failed transition leaves nothing mounted, wherever its names lead",
  async (world) => {
    const clients = prepareRollBack(world);
    const attacker = `${world.base}/attacker/attacker`;
    const script = [
      `mkdir -p ${clients}; ${MOUNTS} > before`,
      `${attacker} roll-back ${ROUNDS} ${clients}/a ${clients}/decoy x ${clients}/b`,
      `${MOUNTS} > after`,
      `${attacker} ask ${clients}/other/secret r; cat ${clients}/other/secret`,
    ].join("\n");
    const outcome = await world.run(["run", "--", "/bin/sh", "-c", script], { patience: 60_000 });
    assertRan(outcome);
    assert.equal(outcome.stdout, "granted 0 seen 0\n0\nsecret\n");
    assert.equal(
      Deno.readTextFileSync(`${world.work}/after`),
      Deno.readTextFileSync(`${world.work}/before`),
    );
  },
);

testAsEveryone(
  "A25, A79: what a transition has shown is paid for, even if it failed",
  async (world) => {
    const clients = prepareRollBack(world);
    const attacker = `${world.base}/attacker/attacker`;
    const script = [
      `mkdir -p ${clients}`,
      `${attacker} roll-back 2 ${clients}/a ${clients}/decoy x ${clients}/b ${clients}/c`,
      `${attacker} ask ${clients}/other/secret r`,
    ].join("\n");
    for (let jail = 0; jail < 12; jail++) {
      const outcome = await world.run(["run", "--", "/bin/sh", "-c", script], { patience: 60_000 });
      assertRan(outcome);
      const [, granted, seen, other] = /^granted (\d+) seen (\d+)\n(\d)\n$/.exec(outcome.stdout)!
        .map(Number);
      assert.equal(seen > 0 && other === 0, false, `both were had: ${outcome.stdout}`);
      assert.equal(granted > 0 && other === 0, false, `both were granted: ${outcome.stdout}`);
      // Whatever moved the jail, the user is told of it.
      if (other === 0) continue;
      const told = `transition jail="${jail + 1}"`;
      await eventually(told, () => Deno.readTextFileSync(world.log).includes(told));
    }
  },
);

testAsEveryone(
  "A22, A23: a link where a grant is to appear leads nowhere, and makes nothing on the host",
  async (world) => {
    install(world);
    withoutPlainProfile(world);
    const clients = `${world.home}/clients`;
    fill(world, clients, "");
    fill(world, `${clients}/a`, "of a\n");
    profile(world, "client", { [world.work]: "write", [`${clients}/a`]: "read" });
    profile(world, "none", { [world.work]: "write" });
    for (const target of ["/etc", world.work, `${world.work}/new`, "/proc/self/cwd", "/dev/shm"]) {
      const script = `mkdir -p ${clients}; ln -s ${target} ${clients}/a; ` +
        `${world.base}/attacker/attacker ask ${clients}/a/secret r; ls -A ${target} | head -n 3; ` +
        `rm ${clients}/a; ${world.base}/attacker/attacker ask ${clients}/a/secret r; cat ${clients}/a/secret`;
      const { stdout } = await world.run(["run", "--", "/bin/sh", "-c", script]);
      const lines = stdout.trimEnd().split("\n");
      assert.deepEqual([lines[0], ...lines.slice(-2)], ["1", "0", "of a"], target);
      assert.equal(stdout.match(/of a/g)?.length, 1);
    }
    assert.equal(exists(`${world.work}/new`), false);
  },
);

testAsEveryone(
  "A26: a tree that a jail moves about under a profile's path never shows anything else",
  async (world) => {
    install(world);
    withoutPlainProfile(world);
    fill(world, `${world.home}/private`, "the secret\n");
    fill(world, `${world.work}/sub`, "of sub\n");
    Deno.symlinkSync(`${world.home}/private`, `${world.work}/link`);
    profile(world, "mover", { [world.work]: "write" });
    profile(world, "victim", { [`${world.work}/sub`]: "write" });
    assertRan(await world.run(["info"]));
    const mover = world.start([
      ...[world.executable, "run", "-p", "mover", "--", `${world.base}/attacker/attacker`],
      ...["swap", "4000", `${world.work}/sub`, `${world.work}/link`],
    ]);
    const seen: string[] = [];
    for (let round = 0; round < 25; round++) {
      const { stdout, stderr, status } = await world.run(
        ["run", "-p", "victim", "--exact", "--", "cat", `${world.work}/sub/secret`],
        { cwd: "/" },
      );
      seen.push(stdout);
      assert.ok(status === 0 || stderr !== "", "a launch failed without a word");
    }
    await mover.outcome;
    assert.deepEqual(seen.filter((text) => text !== "" && text !== "of sub\n"), []);
  },
);

testAsEveryone(
  "A26: a link that a jail plants is not what a profile means when it is loaded again",
  async (world) => {
    install(world);
    withoutPlainProfile(world);
    fill(world, `${world.home}/private`, "the secret\n");
    fill(world, `${world.work}/sub`, "of sub\n");
    profile(world, "mover", { [world.work]: "write" });
    profile(world, "victim", { [`${world.work}/sub`]: "write" });
    const planted = `mv ${world.work}/sub ${world.work}/away; ` +
      `ln -s ${world.home}/private ${world.work}/sub`;
    assertRan(await world.run(["run", "-p", "mover", "--", "/bin/sh", "-c", planted]));
    // Any change of any profile makes the portal look anew.
    profile(world, "unrelated", { [`${world.home}`]: "read" });
    const { stdout } = await world.run(
      ["run", "-p", "victim", "--exact", "--", "cat", `${world.home}/private/secret`],
      { cwd: "/" },
    );
    assert.equal(stdout, "");
  },
);

testAsEveryone(
  "A27, A81: a profile's path that became something else is not granted",
  async (world) => {
    install(world);
    withoutPlainProfile(world);
    const a = `${world.home}/a`;
    fill(world, a, "of a\n");
    fill(world, `${world.home}/private`, "the secret\n");
    profile(world, "client", { [world.work]: "write", [a]: "read" });
    profile(world, "none", { [world.work]: "write" });
    const changes: Record<string, string> = {
      "a link to the root": `ln -s / ${a}`,
      "a link to a directory": `ln -s ${world.home}/private ${a}`,
      "a dangling link": `ln -s ${world.home}/nothing ${a}`,
      "a link to itself": `ln -s a ${a}`,
      "a file": `echo x > ${a}`,
      "a fifo": `mkfifo ${a}`,
      "a socket": `python3 -c "import socket; socket.socket(socket.AF_UNIX).bind('${a}')"`,
      "nothing": "true",
    };
    for (const [name, change] of Object.entries(changes)) {
      const script = `${world.base}/attacker/attacker ask ${a}/secret r; ` +
        `${world.base}/attacker/attacker ask ${a} r; ls ${a}; cat ${a}/secret; hostname`;
      const stdout = await whileWaiting(world, `{ ${script}; } 2>/dev/null`, async () => {
        assertRan(await world.shell(`mv ${a} ${a}.away; ${change}`));
      });
      assert.equal(stdout, "1\n1\nclient-none\n", name);
      assertRan(
        await world.shell(`rm -rf ${a}; mv ${a}.away ${a}; rm ${world.work}/up ${world.work}/go`),
      );
    }
  },
);

testAsEveryone("A35: a directory that is moved out of a grant leads nowhere", async (world) => {
  install(world);
  withoutPlainProfile(world);
  fill(world, `${world.home}/private`, "the secret\n");
  world.directory(`${world.work}/deep`);
  profile(world, "plain", { [world.work]: "write" });
  const script =
    `cd ${world.work}/deep; touch ../ready; while [ ! -e moved ]; do sleep 0.02; done; ` +
    `for up in .. ../.. ../../.. ../../../..; do ls $up 2>/dev/null; cat $up/private/secret 2>/dev/null; done; ` +
    `cat ../secret 2>/dev/null; echo end`;
  const jail = world.start([world.executable, "run", "-p", "plain", "--", "/bin/sh", "-c", script]);
  await eventually("the jail is in place", () => exists(`${world.work}/ready`));
  Deno.renameSync(`${world.work}/deep`, `${world.home}/private/deep`);
  world.write(`${world.home}/private/deep/moved`, "");
  const { stdout } = await jail.outcome;
  assert.doesNotMatch(stdout, /the secret/);
  assert.match(stdout, /end\n$/);
});

testWithRoot(
  "A30: what the host mounts below a grant later does not appear in it",
  async (world) => {
    install(world);
    withoutPlainProfile(world);
    const sub = `${world.home}/data/sub`;
    fill(world, `${world.home}/data`, "of data\n");
    fill(world, sub, "of sub\n");
    profile(world, "reader", { [world.work]: "write", [`${world.home}/data`]: "read" });
    const mount = (...args: string[]) => new Deno.Command("mount", { args }).outputSync().success;
    try {
      const stdout = await whileWaiting(
        world,
        `cat ${sub}/secret; echo x > ${sub}/new; true`,
        () => {
          assert.ok(mount("-t", "tmpfs", "-o", "mode=1777,size=1m", "tmpfs", sub));
        },
      );
      assert.equal(stdout, "of sub\n");
      assert.deepEqual([...Deno.readDirSync(sub)], []);
    } finally {
      new Deno.Command("umount", { args: ["-l", sub] }).outputSync();
    }
  },
);

testAsUser(
  "A78: a path that is judged as one place and becomes another is not granted as that one",
  async (world) => {
    install(world);
    withoutPlainProfile(world);
    fill(world, `${world.home}/private`, "the secret\n");
    fill(world, `${world.home}/a`, "of a\n");
    profile(world, "client", { [world.work]: "write", [`${world.home}/a`]: "read" });
    profile(world, "none", { [world.work]: "write" });
    const attacker = `${world.base}/attacker/attacker`;
    const script = `ln -s ${world.home}/private one; ln -s ${world.home}/a two; ` +
      `${attacker} swap 2500 one two & ` +
      `for i in $(seq 400); do ${attacker} ask ${world.work}/one/secret r; done | sort -u; ` +
      `wait; cat ${world.home}/private/secret; hostname`;
    const { stdout } = await world.run(["run", "--", "/bin/sh", "-c", script], {
      patience: 60_000,
    });
    assert.doesNotMatch(stdout, /the secret/);
    assert.match(stdout, /client\n$/);
  },
);
