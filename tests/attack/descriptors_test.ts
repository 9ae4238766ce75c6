/** A42, A46b, A64: what leads to the host by mounts of the host's own: descriptors, devices, /proc. */

import assert from "node:assert/strict";
import { testAsEveryone } from "../system/harness.ts";
import { assertAllFailed, assertRan, install, profile, withoutPlainProfile } from "./attacker.ts";

testAsEveryone(
  "A64: what is granted to read cannot be truncated by way of a redirected file",
  async (world) => {
    const attacker = install(world);
    withoutPlainProfile(world);
    const tree = `${world.home}/tree`;
    world.directory(tree);
    world.write(`${tree}/file`, "as it was\n");
    profile(world, "reader", { [tree]: "read" });
    const outcome = await world.shell(`stemjail run -- ${attacker} shorten < ${tree}/file`);
    assertRan(outcome);
    assertAllFailed(outcome.stdout, 4);
    assert.equal(Deno.readTextFileSync(`${tree}/file`), "as it was\n");
  },
);

testAsEveryone("A42: the modes of devices are not a jail's to change", async (world) => {
  const attacker = install(world);
  withoutPlainProfile(world);
  profile(world, "reader", {});
  const names = ["null", "zero", "full", "random", "urandom", "tty"];
  const paths = names.map((name) => `/dev/${name}`).join(" ");
  const line = `stemjail run -- ${attacker} modes ${paths} /proc/keys < /dev/null 2> /dev/null`;
  const outcome = await world.shell(line);
  assertRan(outcome);
  assertAllFailed(outcome.stdout, names.length + 4);
});

testAsEveryone(
  "A46b: /proc tells root's jails nothing that it tells nobody else",
  async (world) => {
    const names = "slabinfo vmallocinfo timer_list kpagecount kpageflags pagetypeinfo";
    const paths = names.split(" ").map((name) => `/proc/${name}`).join(" ");
    const { stdout } = await world.inside(`head -q -c 1 ${paths} 2> /dev/null | wc -c`);
    assert.equal(stdout, "0\n");
  },
);
