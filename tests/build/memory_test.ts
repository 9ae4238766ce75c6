import assert from "node:assert/strict";
import { FAILED_BEFORE_START, isRoot, makeProbeImage, must, Place, readReport } from "./fixture.ts";

const image = await makeProbeImage();

async function mustRunFromMemory(place: Place, env: Record<string, string>): Promise<void> {
  const report = await place.report(["a", ""], env);
  assert.deepEqual(report.args, ["run", "a", ""]);
  assert.equal(report.samePid, true, "the native library opens");
  assert.equal(report.lazyWord, "loaded");
  assert.equal(report.environment["STEMJAIL_DIR"], undefined);
  assert.match(
    report.environment["STEMJAIL_FILES"] ?? "",
    /(^|:)libstemjail\.so=\/proc\/self\/fd\/\d+:/,
  );
  assert.deepEqual(
    [report.permissions["net"], report.permissions["run"], report.permissions["ffi"]],
    ["denied", "denied", "prompt"],
  );
}

/** Gives a test a file system of its own in place of the cache. */
async function withMount(place: Place, options: string, action: () => Promise<void>) {
  await must("mount", "-t", "tmpfs", "-o", options, "tmpfs", place.cache);
  try {
    await action();
  } finally {
    await must("umount", place.cache);
  }
}

Deno.test("a cache that cannot be made falls back to memory files", async () => {
  using place = new Place(image);
  await mustRunFromMemory(place, { XDG_CACHE_HOME: "/proc/none" });
});

Deno.test("a cache path that is a file falls back to memory files", async () => {
  using place = new Place(image);
  await mustRunFromMemory(place, { XDG_CACHE_HOME: place.image });
});

Deno.test("a cache path with a comma, which no option can name, falls back to memory files", async () => {
  using place = new Place(image);
  await mustRunFromMemory(place, { XDG_CACHE_HOME: `${place.cache}/a,b` });
});

Deno.test("a cache path that is too long falls back to memory files", async () => {
  using place = new Place(image);
  await mustRunFromMemory(place, { XDG_CACHE_HOME: `/${"x/".repeat(2100)}` });
});

Deno.test("from memory, it can be started again", async () => {
  using place = new Place(image);
  const { environment } = await place.report([], { XDG_CACHE_HOME: "/proc/none" });
  const executable = environment["STEMJAIL_EXE"] ?? "";
  const again = readReport(await place.start(["run"], environment, executable));
  assert.deepEqual(again.environment, environment);
});

Deno.test({
  name: "a full disk falls back to memory files and leaves nothing on it",
  ignore: !isRoot,
  fn: async () => {
    using place = new Place(image);
    await withMount(place, "size=10m,mode=0700", async () => {
      await mustRunFromMemory(place, {});
      const left = Array.from(Deno.readDirSync(`${place.cache}/stemjail`), ({ name }) => name);
      assert.deepEqual(left, ["lock"]);
    });
  },
});

Deno.test({
  name: "a cache that does not allow execution falls back to memory files",
  ignore: !isRoot,
  fn: async () => {
    using place = new Place(image);
    await withMount(place, "noexec,mode=0700", () => mustRunFromMemory(place, {}));
  },
});

Deno.test({
  name: "a read-only cache falls back to memory files",
  ignore: !isRoot,
  fn: async () => {
    using place = new Place(image);
    await withMount(place, "ro,mode=0700", () => mustRunFromMemory(place, {}));
  },
});

Deno.test("the copy in the cache, with its neighbours gone, names the remedy", async () => {
  using place = new Place(image);
  const { environment } = await place.report();
  Deno.removeSync(`${place.unpacked}/deno`);
  const ended = await place.start(["run"], environment, environment["STEMJAIL_EXE"] ?? "");
  assert.equal(ended.code, FAILED_BEFORE_START);
  assert.match(
    ended.stderr,
    /^stemjail: [^\n]*missing or damaged; start the executable that was installed[^\n]*\n$/,
  );
});
