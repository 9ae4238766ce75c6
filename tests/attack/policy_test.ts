/** A73-A80: two who want what only one can have, and transitions that are made whole or not at all. */

import assert from "node:assert/strict";
import { exists, testAsEveryone } from "../system/harness.ts";
import { eventually } from "../system/process.ts";
import {
  assertAllFailed,
  assertRan,
  attack,
  install,
  profile,
  withoutPlainProfile,
} from "./attacker.ts";
import { fill, whileWaiting } from "./changing.ts";

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
