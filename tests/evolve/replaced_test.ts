/** Files that somebody outside replaces by others, as package managers and editors do, while they are granted. */

import assert from "node:assert/strict";
import { testAsUser } from "../system/harness.ts";

testAsUser(
  "a file that is replaced again and again is granted, at a launch and by a transition",
  async (world) => {
    const [now, later] = ["now", "later"].map((name) => `${world.home}/${name}`);
    for (const path of [now, later]) world.write(path, `${path}\n`);
    Deno.removeSync(`${world.profiles}/plain.toml`);
    world.profile("both", { [now]: "read", [later]: "read" });
    world.profile("one", { [now]: "read" });
    const replace = `while sleep 0.005; do
      for path in ${now} ${later}; do echo $path > $path.new; mv $path.new $path; done; done`;
    const replacing = world.start(["bash", "-c", replace], { patience: 120_000 });
    for (let count = 0; count < 20; count++) {
      const { stdout, stderr } = await world.inside(`cat ${now} ${later}`, { cwd: "/" });
      assert.equal(stdout, `${now}\n${later}\n`, stderr);
    }
    replacing.kill("SIGTERM");
    await replacing.outcome;
  },
);
