/** A47-A61: what a hostile process says to its monitor, message by message. */

import assert from "node:assert/strict";
import { exists, testAsEveryone, testAsUser, type World } from "../system/harness.ts";
import { eventually } from "../system/process.ts";
import {
  assertAllFailed,
  attack,
  corpus,
  install,
  profile,
  runningJails,
  withoutPlainProfile,
} from "./attacker.ts";
import { Answer, message, reading, writing } from "./messages.ts";

/** Sends messages from inside a jail of the profile "asker", and returns an answer for each. */
async function answers(world: World, messages: readonly Uint8Array[]): Promise<string[]> {
  const file = corpus(world, "messages", messages);
  return [...(await attack(world, ["replay", file], { profile: "asker" })).trimEnd()];
}

/** A jail that may have `work`, and, if it asks before the other, one of two clients. */
function prepare(world: World): void {
  install(world);
  withoutPlainProfile(world);
  for (const name of ["one", "two"]) world.directory(`${world.home}/${name}`);
  world.write(`${world.home}/one/file`, "of one\n");
  profile(world, "asker", { [world.work]: "write" });
  profile(world, "asker-one", { [world.work]: "write", [`${world.home}/one`]: "read" });
}

testAsEveryone(
  "A57, A61b: frames that are none are answered as such, and the monitor goes on",
  async (world) => {
    prepare(world);
    const good = reading(world.work);
    const nested = new TextEncoder().encode("[".repeat(8000));
    const frames: [name: string, frame: Uint8Array][] = [
      ["nothing", new Uint8Array(0)],
      ["one byte", new Uint8Array([0x53])],
      ["a header cut short", good.slice(0, 7)],
      ["a header without a body", message(1, 0, "")],
      ["a length above the body's", message(1, 0, "/a", 3)],
      ["a length below the body's", message(1, 0, "/abc", 2)],
      ["the greatest length", message(1, 0, "/a", 0xffff)],
      ["a zero length with a body", message(1, 0, "/a", 0)],
      ["another magic", new Uint8Array([1, ...good.slice(1)])],
      ["the magic turned round", new Uint8Array([0x31, 0x4a, 0x54, 0x53, ...good.slice(4)])],
      ["kind 0", message(0, 0, "/a")],
      ["kind 4", message(4, 0, "/a")],
      ["kind 255", message(255, 0, "/a")],
      ["two frames in one message", new Uint8Array([...good, ...good])],
      ["a frame and a byte more", new Uint8Array([...good, 0])],
      ["a body of 8192 bytes", message(1, 0, `/${"a".repeat(8191)}`)],
      ["a body of 65535 bytes", message(1, 0, `/${"a".repeat(65534)}`)],
      ["a body of 100000 bytes", message(1, 0, `/${"a".repeat(99999)}`)],
      ["random bytes", crypto.getRandomValues(new Uint8Array(300))],
      ["a mount without a NUL", message(3, 0, "/a/b")],
      ["a mount with two NULs", message(3, 0, "/a\0/b\0/c")],
      ["a mount with an empty source", message(3, 0, "\0/b")],
      ["a mount to nowhere", message(3, 0, "/a\0")],
      ["a client's verb", new TextEncoder().encode('{"type":"run","command":["/bin/sh"]}')],
      ["a client's frame", new TextEncoder().encode('\x10\0\0\0{"type":"stop"}')],
      ["a monitor's order", message(1, 0, '{"type":"launch","domains":[]}')],
      ["deep nesting", nested],
      ["a prototype's name", message(1, 0, "__proto__")],
    ];
    const all = await answers(world, frames.flatMap(([, frame]) => [frame, good]));
    frames.forEach(([name], index) => {
      const answer = all[2 * index];
      const refused: string[] = [Answer.malformed, Answer.closed];
      assert.ok(refused.includes(answer), `${name}: ${answer}`);
      assert.equal(all[2 * index + 1], Answer.granted, `after ${name}`);
    });
  },
);

testAsEveryone("A47, A48: a path is judged in its one spelling", async (world) => {
  prepare(world);
  const { work, home } = world;
  const cases: [path: string, answer: string][] = [
    [work, Answer.granted],
    [`${work}/`, Answer.granted],
    [`/${work}`, Answer.granted],
    [`${work}/./.`, Answer.granted],
    [`${work}/x/..`, Answer.granted],
    [`${work}//a//b/`, Answer.granted],
    [`/../../..${work}`, Answer.granted],
    [`${work}/..`, Answer.denied],
    [`${work}/../secret`, Answer.denied],
    [`${work}/x/../../secret`, Answer.denied],
    [`${work}/../../../../../../../etc/../root`, Answer.denied],
    [`${work}x`, Answer.denied],
    [home, Answer.denied],
    ["/", Answer.denied],
    ["//", Answer.denied],
    ["/.", Answer.denied],
    ["/..", Answer.denied],
    ["", Answer.closed],
    [".", Answer.malformed],
    ["~", Answer.malformed],
    ["$HOME", Answer.malformed],
    ["work", Answer.malformed],
    [`./${work}`, Answer.malformed],
    [` ${work}`, Answer.malformed],
  ];
  const all = await answers(world, cases.flatMap(([path]) => [reading(path), writing(path)]));
  const expected = cases.flatMap(([path, answer]) =>
    path === "" ? [Answer.malformed, Answer.malformed] : [answer, answer]
  );
  assert.deepEqual(
    all.map((answer, index) => `${cases[index >> 1][0]} ${answer}`),
    expected.map((answer, index) => `${cases[index >> 1][0]} ${answer}`),
  );
});

testAsEveryone(
  "A37, A49: the jail's own trees are never the host's, even where all is granted",
  async (world) => {
    install(world);
    withoutPlainProfile(world);
    profile(world, "asker", { [world.work]: "write" });
    world.profile("everything", { "/": "write" });
    const own = [
      ...["/proc", "/proc/1", "/proc/1/root", "/proc/1/root/etc", "/proc/self/root/etc/passwd"],
      ...["/proc/1/cwd", "/proc/sys/kernel", "/dev", "/dev/shm", "/dev/pts", "/dev/stemjail"],
      ...["/dev/stemjail/socket", "/tmp", "/tmp/x", "/tmp/monitor.sock", "/x/../proc/1/root"],
      ...["/usr/../dev/mem", "//proc//1//root/"],
    ];
    const file = corpus(world, "messages", own.flatMap((path) => [reading(path), writing(path)]));
    const program = `${world.base}/attacker/attacker`;
    for (const name of ["asker", "everything"]) {
      const { stdout, stderr } = await world.run([
        "run",
        "-p",
        name,
        "--",
        program,
        "replay",
        file,
      ]);
      assert.deepEqual(
        [...stdout.trimEnd()].map((answer, at) => `${own[at >> 1]} ${answer}`),
        own.flatMap((path) => [`${path} ${Answer.denied}`, `${path} ${Answer.denied}`]),
        stderr,
      );
    }
  },
);

testAsEveryone(
  "A37, A49: a link of the jail's making leads to none of them either",
  async (world) => {
    prepare(world);
    const targets = {
      root: "/",
      proc: "/proc/1/root",
      self: "/proc/self/cwd",
      dev: "/dev",
      up: "..",
    };
    for (const [name, target] of Object.entries(targets)) {
      Deno.symlinkSync(target, `${world.work}/${name}`);
    }
    const names = Object.keys(targets);
    const paths = names.flatMap((name) => [`${world.work}/${name}`, `${world.work}/${name}/x/y`]);
    const file = corpus(world, "messages", paths.flatMap((path) => [reading(path), writing(path)]));
    const attacker = `${world.base}/attacker/attacker`;
    const script = `cat /proc/self/mountinfo > before; ${attacker} replay ${file}; ` +
      `cat /proc/self/mountinfo > after; ls /; hostname; cat root/etc/stemjail-nothing proc/environ dev/mem`;
    const outcome = await world.run(["run", "-p", "asker", "--", "/bin/sh", "-c", script]);
    const [all, ...rest] = outcome.stdout.trimEnd().split("\n");
    assert.equal(all.length, 2 * paths.length, outcome.stderr);
    // A link into a tree of the jail's own is all that is asked for; below it nothing is looked for.
    names.forEach((name, at) => {
      assert.equal(all[4 * at], name === "up" ? Answer.denied : Answer.granted, name);
    });
    assert.equal(
      Deno.readTextFileSync(`${world.work}/after`),
      Deno.readTextFileSync(`${world.work}/before`),
    );
    assert.deepEqual(rest.filter((line) => /^asker/.test(line)), ["asker-one-asker"]);
  },
);

testAsEveryone("A51-A54: bytes are bytes, in requests, mounts and the log", async (world) => {
  prepare(world);
  const strange = [
    "a\nb",
    "a\tb",
    "a b",
    "a\\040b",
    'a"b',
    "\u001b]0;x\u0007",
    "é",
    "e\u0301",
    "／",
  ];
  for (const name of strange) {
    world.directory(`${world.home}/${name}`);
    world.write(`${world.home}/${name}/file`, name);
  }
  profile(
    world,
    "asker-strange",
    Object.fromEntries([
      [world.work, "write"],
      ...strange.filter((name) => name !== "e\u0301").map((
        name,
      ) => [`${world.home}/${name}`, "read"]),
    ]),
  );
  const bytes = new Uint8Array([...new TextEncoder().encode(`${world.home}/`), 0xff, 0xfe]);
  const messages = [
    ...strange.map((name) => reading(`${world.home}/${name}/file`)),
    reading(bytes),
    reading(`${world.work}\0/../secret`),
    reading(`${world.work}/x\0`),
    reading(`${world.home}/a\nb\n2026-01-01T00:00:00.000Z info forged line`),
  ];
  const all = await answers(world, messages);
  assert.deepEqual(all, [
    ...strange.map((name) => name === "e\u0301" ? Answer.denied : Answer.granted),
    Answer.denied,
    Answer.malformed,
    Answer.malformed,
    Answer.denied,
  ]);
  const log = Deno.readTextFileSync(world.log);
  for (const line of log.trimEnd().split("\n")) assert.match(line, /^\d{4}-\d\d-\d\dT\S+Z \w+ /);
  assert.doesNotMatch(log, /^\S+ info forged/m);
  assert.equal(log.includes("\u001b"), false);
});

testAsEveryone(
  "A55: long paths are refused, and those that are not too long work",
  async (world) => {
    prepare(world);
    const name = (length: number) => "n".repeat(length);
    const fill = (length: number) => {
      let path = world.work;
      while (path.length < length) path += `/${name(Math.min(200, length - path.length - 1) || 1)}`;
      return path.slice(0, length);
    };
    const deep = `${world.work}${"/d".repeat(1900)}`;
    const cases: [path: string, answer: string][] = [
      [`${world.work}/${name(255)}`, Answer.granted],
      [`${world.work}/${name(256)}`, Answer.granted],
      ...[256, 257, 300, 511, 512, 1024, 4094, 4095].map((length) =>
        [fill(length), Answer.granted] as [string, string]
      ),
      ...[4096, 4097, 8000].map((length) => [fill(length), Answer.malformed] as [string, string]),
      [deep, Answer.granted],
      [`${world.work}${"/..".repeat(1000)}`, Answer.denied],
      [`${"/.".repeat(1000)}${world.work}`, Answer.granted],
    ];
    const all = await answers(world, cases.map(([path]) => reading(path)));
    assert.deepEqual(
      all.map((answer, at) => `${cases[at][0].length} ${answer}`),
      cases.map(([path, answer]) => `${path.length} ${answer}`),
    );
  },
);

testAsEveryone("A61: descriptors sent along are the sender's problem", async (world) => {
  prepare(world);
  profile(world, "waiter", { [world.work]: "write" });
  const attacked = world.start([
    world.executable,
    ...["run", "-p", "asker", "--", "/bin/sh", "-c"],
    `touch up; while [ ! -e go ]; do sleep 0.05; done; ` +
    `${world.base}/attacker/attacker descriptors ${world.work} > out; touch done; ` +
    `while [ -e go ]; do sleep 0.05; done`,
  ]);
  await eventually("the jail runs", () => exists(`${world.work}/up`));
  const [{ pid }] = await runningJails(world);
  const before = descriptorsIn(pid);
  world.write(`${world.work}/go`, "");
  await eventually("the attack is over", () => exists(`${world.work}/done`), 30_000);
  const after = descriptorsIn(pid);
  Deno.removeSync(`${world.work}/go`);
  await attacked.outcome;
  assertAllFailed(Deno.readTextFileSync(`${world.work}/out`), 5);
  assert.equal(after, before, "the monitor keeps descriptors");
});

testAsUser(
  "A61e: the requests of one jail are no other's: the socket is found in it alone",
  async (world) => {
    prepare(world);
    const first = world.start([world.executable, "run", "-p", "asker", "--", "sleep", "3"]);
    await eventually("the jail runs", async () => (await runningJails(world)).length === 1);
    const [{ pid }] = await runningJails(world);
    const through = `/proc/${pid}/root/dev/stemjail/socket`;
    const look = await world.shell(`ls ${through}`);
    assert.notEqual(look.status, 0, "the monitor's root is open to the user");
    first.kill("SIGTERM");
    await first.outcome;
  },
);

function descriptorsIn(pid: number): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
}
