/** A25-A27, A35, A73-A81: what changes while the monitor looks, and two who want what only one can have. */

import assert from "node:assert/strict";
import { testAsEveryone, testAsUser, testWithRoot, type World } from "../system/harness.ts";
import { eventually } from "../system/process.ts";
import {
  assertAllFailed,
  assertRan,
  attack,
  install,
  profile,
  withoutPlainProfile,
} from "./attacker.ts";

const ROUNDS = 3000;

function fill(world: World, directory: string, text: string): void {
  world.directory(directory);
  world.write(`${directory}/secret`, text);
}

/** Starts a script in a jail, which waits for `go` in the directory `work`, and runs `act` meanwhile. */
async function whileWaiting(
  world: World,
  script: string,
  act: () => void | Promise<void>,
): Promise<string> {
  const waiting = `touch up; while [ ! -e go ]; do sleep 0.02; done; ${script}`;
  const jail = world.start([world.executable, "run", "--", "/bin/sh", "-c", waiting]);
  await eventually("the jail runs", () => exists(`${world.work}/up`));
  await act();
  world.write(`${world.work}/go`, "");
  const outcome = await jail.outcome;
  assertRan(outcome);
  return outcome.stdout;
}

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

testAsEveryone(
  "A79: of a transition that cannot be made whole nothing is to be seen",
  async (world) => {
    install(world);
    withoutPlainProfile(world);
    const names = ["a", "b", "c", "d", "e"].map((name) => `${world.home}/${name}`);
    for (const name of names) fill(world, name, "secret\n");
    const all = Object.fromEntries(names.map((name) => [name, "write"] as const));
    profile(world, "five", { [world.work]: "write", ...all });
    profile(world, "none", { [world.work]: "write" });
    const look = `ls -d ${
      names.join(" ")
    } 2>/dev/null | wc -l; wc -l < /proc/self/mountinfo; hostname`;
    const script = `${look}; ${world.base}/attacker/attacker ask ${names[0]}/secret r; ${look}; ` +
      `touch failed; while [ -e go ]; do sleep 0.02; done; ` +
      `${world.base}/attacker/attacker ask ${names[0]}/secret r; cat ${
        names.join("/secret ")
      }/secret`;
    const moved = `${names[3]}.away`;
    const running = whileWaiting(world, script, () => Deno.renameSync(names[3], moved));
    await eventually("the transition fails", () => exists(`${world.work}/failed`));
    Deno.renameSync(moved, names[3]);
    Deno.removeSync(`${world.work}/go`);
    const lines = (await running).trimEnd().split("\n");
    assert.equal(lines[3], "1", "it was granted in part");
    assert.deepEqual(lines.slice(4, 7), lines.slice(0, 3));
    assert.deepEqual(lines.slice(7), ["0", ...names.map(() => "secret")]);
  },
);

testAsEveryone(
  "A73, A74: of two who ask at once for what no profile grants together one gets it",
  async (world) => {
    install(world);
    withoutPlainProfile(world);
    const depth = 6;
    const base = `${world.home}/rounds`;
    world.directory(base);
    for (let round = 0; round < depth; round++) {
      world.directory(`${base}/${round}`);
      for (const side of [0, 1]) {
        world.directory(`${base}/${round}/${side}`);
        world.write(`${base}/${round}/${side}/file`, "x");
      }
    }
    for (let number = 0; number < 1 << depth; number++) {
      const paths = Array.from(
        { length: depth },
        (_, round) => `${base}/${round}/${number >> round & 1}`,
      );
      profile(world, `p${number}`, Object.fromEntries(paths.map((path) => [path, "read"])));
    }
    for (let jail = 0; jail < 12; jail++) {
      assertAllFailed(await attack(world, ["disagree", base, String(depth)], { cwd: "/" }), 2);
    }
  },
);

testAsEveryone(
  "A76: a grant to write replaces one to read, and what was open stays as it was",
  async (world) => {
    install(world);
    withoutPlainProfile(world);
    const data = `${world.home}/data`;
    fill(world, data, "old\n");
    profile(world, "reader", { [world.work]: "write", [data]: "read" });
    profile(world, "writer", { [world.work]: "write", [data]: "write" });
    const script = `exec 5< ${data}/secret; cd ${data}; ` +
      `python3 -S -c "open('${data}/no','w')" 2>/dev/null && echo early; hostname; ` +
      `echo new > ${data}/secret && cat ${data}/secret; echo x >&5 || echo refused; ` +
      `grep -c " ${data} .* ro," /proc/self/mountinfo; hostname`;
    const { stdout } = await world.run(["run", "--", "/bin/dash", "-c", script], {
      env: { LD_PRELOAD: undefined },
    });
    assert.match(stdout, /new\n/);
    assert.match(stdout, /refused\n/);
    assert.match(stdout, /writer\n$/);
  },
);

testAsEveryone("A77: what lies around a grant is not granted with it", async (world) => {
  install(world);
  withoutPlainProfile(world);
  const inner = `${world.home}/a/b/c`;
  fill(world, `${world.home}/a`, "of a\n");
  fill(world, `${world.home}/a/b`, "of b\n");
  fill(world, inner, "of c\n");
  profile(world, "inner", { [world.work]: "write", [inner]: "write" });
  const asks = [
    `${inner}/secret`,
    `${world.home}/a/b/secret`,
    `${world.home}/a/b`,
    world.home,
    "/",
  ];
  const script = asks.map((path) => `${world.base}/attacker/attacker ask ${path} r`).join("; ") +
    `; cat ${world.home}/a/secret ${world.home}/a/b/secret; true`;
  const { stdout } = await world.inside(script);
  assert.equal(stdout, "0\n1\n1\n1\n1\n");
});

testAsEveryone("A80: profiles that change do not change a jail that runs", async (world) => {
  install(world);
  withoutPlainProfile(world);
  fill(world, `${world.home}/a`, "of a\n");
  fill(world, `${world.home}/b`, "of b\n");
  profile(world, "client", { [world.work]: "write", [`${world.home}/a`]: "read" });
  profile(world, "none", { [world.work]: "write" });
  const ask = (name: string) =>
    `${world.base}/attacker/attacker ask ${world.home}/${name}/secret r`;
  const stdout = await whileWaiting(world, `${ask("b")}; ${ask("a")}; ${ask("b")}`, async () => {
    profile(world, "none", { [world.work]: "write", [world.home]: "write" });
    profile(world, "client", { [world.work]: "write", [`${world.home}/b`]: "write" });
    assertRan(await world.run(["info"]));
  });
  assert.equal(stdout, "1\n0\n1\n");
});

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

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
