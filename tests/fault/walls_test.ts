/** Each wall missing in turn: by the others alone, files out of a jail's reach stay so. */

import assert from "node:assert/strict";
import { askPortal, attack, type Mode, type Outcome, prepare } from "../escape/attack.ts";
import { createFixture, disposeFixture, users } from "../escape/fixture.ts";
import { buildWithout, REMOVALS } from "./variant.ts";

/** The attacks that are about files: the monitor's view of them, descriptors, links, mounts. */
const MODES: readonly Mode[] = ["proc", "nested", "fds", "link", "mounts"];

/** What one wall alone stops. */
const KNOWN: Readonly<Record<keyof typeof REMOVALS, readonly string[]>> = {
  // Neither reaches a file: limits of the monitor, and a lease on what is granted anyway.
  seccomp: ["prlimit", "lease-on-granted"],
  // Whoever redirects from a file hands over that file: only Landlock keeps it from being opened
  // anew for writing, by its descriptor in /proc.
  Landlock: ["stdin-anew-for-writing"],
  "the shim": [],
};

async function attackWithout(wall: keyof typeof REMOVALS): Promise<Outcome[]> {
  const directory = await Deno.makeTempDir({ prefix: "without-" });
  const fixture = await createFixture(users()[0]);
  const usual = Deno.env.get("STEMJAIL");
  try {
    Deno.env.set("STEMJAIL", await buildWithout(REMOVALS[wall], directory));
    const finish = await prepare("stemjail", fixture);
    try {
      const outcomes: Outcome[] = [];
      for (const mode of MODES) outcomes.push(...await attack("stemjail", fixture, mode));
      assert.equal(await askPortal(fixture), true, "the portal does not answer any more");
      return outcomes;
    } finally {
      await finish();
    }
  } finally {
    if (usual === undefined) Deno.env.delete("STEMJAIL");
    else Deno.env.set("STEMJAIL", usual);
    await disposeFixture(fixture);
    await Deno.remove(directory, { recursive: true });
  }
}

for (const wall of Object.keys(REMOVALS) as (keyof typeof REMOVALS)[]) {
  Deno.test(`Without ${wall} no file outside is reached`, async () => {
    const outcomes = await attackWithout(wall);
    const worked = outcomes.filter(({ name, verdict }) =>
      verdict === "FAIL" && !KNOWN[wall].includes(name)
    );
    assert.deepEqual(worked, []);
    for (const number of ["A10", "A12", "A29", "A64", "A82", "A85"]) {
      assert.ok(outcomes.some((one) => one.number === number), `${number} was not tried`);
    }
  });
}
