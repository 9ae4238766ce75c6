/** A42: what leads to the host by a mount of the host's own: devices, and standard descriptors. */

import { testAsEveryone } from "../system/harness.ts";
import { assertAllFailed, assertRan, install, profile, withoutPlainProfile } from "./attacker.ts";

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
