import assert from "node:assert/strict";
import { makeProduct } from "../../scripts/build.ts";
import { compiled } from "../../scripts/make_compiled.ts";
import { selfExtracting } from "../../scripts/make_self_extracting.ts";
import type { Maker } from "../../scripts/maker.ts";
import { Place, probeParts, readReport, start } from "./fixture.ts";

/** Makes the compiled maker look for its base executable where there is none. */
async function withoutBase<T>(action: () => Promise<T>): Promise<T> {
  const before = Deno.env.get("DENORT_BIN");
  Deno.env.set("DENORT_BIN", "/nonexistent/denort");
  try {
    return await action();
  } finally {
    if (before === undefined) Deno.env.delete("DENORT_BIN");
    else Deno.env.set("DENORT_BIN", before);
  }
}

Deno.test("without denort, the compiled maker says so and leaves nothing", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const result = await withoutBase(async () =>
      await compiled.make(await probeParts(), `${directory}/stemjail`)
    );
    assert.deepEqual(result, { unavailable: "there is no denort to be had" });
    assert.deepEqual(Array.from(Deno.readDirSync(directory)), []);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("without denort, the product is the self-extracting file", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const path = `${directory}/original`;
    await withoutBase(async () =>
      await makeProduct(await probeParts(), path, [compiled, selfExtracting])
    );
    using place = new Place(path);
    assert.match((await place.report()).build, /\(self-extracting, /);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("where no maker has what it needs, the build fails and says why", async () => {
  const none: Maker = { name: "none", make: () => Promise.resolve({ unavailable: "no reason" }) };
  await assert.rejects(makeProduct(await probeParts(), "/nonexistent/stemjail", [none]), {
    name: "BuildError",
    message: "Cannot build: not none: no reason",
  });
});

// What `deno compile` would embed can be run from its files: its first module narrows permissions.
Deno.test("the compiled form's first module gives up what the subcommand does not need", async () => {
  await withoutBase(async () => await compiled.make(await probeParts(), "/nonexistent/stemjail"));
  const first = new URL("../../build/compiled/first.js", import.meta.url).pathname;
  const allowed = ["--allow-env", "--allow-ffi", "--allow-read", "--allow-write", "--no-prompt"];
  const ended = await start(Deno.execPath(), ["run", "--no-config", ...allowed, first, "run"], {});
  const report = readReport(ended);
  assert.equal(report.permissions["write"], "prompt");
  assert.equal(report.permissions["env"], "granted");
  assert.match(report.build, /\(compiled, /);
  assert.equal(report.samePid, true);
});
