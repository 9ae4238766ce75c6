import assert from "node:assert/strict";
import { FAILED_BEFORE_START, isRoot, makeProbeImage, must, Place } from "./fixture.ts";

const image = await makeProbeImage();

/** What lies in the cache, but for the runtime's own cache. */
function listing(place: Place): string[] {
  const below = (path: string): string[] =>
    Array.from(Deno.readDirSync(path)).flatMap((entry) =>
      entry.isDirectory && entry.name !== "runtime" ? below(`${path}/${entry.name}`) : [entry.name]
    );
  return below(place.cache).sort();
}

const expectedListing = [
  "deno",
  "empty.toml",
  "lazy.js",
  "libstemjail.so",
  "lock",
  "main.js",
  "runtime",
  "stamp",
  "stemjail",
];

async function mustRefuse(place: Place, why: RegExp): Promise<void> {
  const ended = await place.start(["run"]);
  assert.equal(ended.code, FAILED_BEFORE_START);
  assert.equal(ended.stdout, "");
  assert.match(
    ended.stderr,
    /^stemjail: Cannot use the cache "[^\n]*; remove it, or set XDG_CACHE_HOME[^\n]*\n$/,
  );
  assert.match(ended.stderr, why);
}

Deno.test("twenty first starts at once unpack one directory, and all run", async () => {
  using place = new Place(image);
  const reports = await Promise.all(
    Array.from({ length: 20 }, (_, index) => place.report([`${index}`])),
  );
  for (const [index, report] of reports.entries()) {
    assert.deepEqual(report.args, ["run", `${index}`]);
    assert.equal(report.environment["STEMJAIL_DIR"], place.unpacked);
  }
  assert.deepEqual(listing(place), expectedListing);
});

Deno.test("twenty starts at once on a damaged cache repair it, and all run", async () => {
  using place = new Place(image);
  await place.report();
  await Deno.truncate(`${place.unpacked}/deno`, 1000);
  await Promise.all(Array.from({ length: 20 }, () => place.report()));
  assert.deepEqual(listing(place), expectedListing);
});

Deno.test("what is unpacked is private to the user", async () => {
  using place = new Place(image);
  await place.report();
  for (const path of [`${place.cache}/stemjail`, place.unpacked, `${place.unpacked}/deno`]) {
    assert.equal((Deno.statSync(path).mode ?? 0) & 0o077, 0, path);
  }
});

Deno.test("later starts do not write to what is unpacked", async () => {
  using place = new Place(image);
  await place.report();
  const before = Deno.statSync(`${place.unpacked}/deno`);
  await place.report();
  const after = Deno.statSync(`${place.unpacked}/deno`);
  assert.deepEqual([after.ino, after.mtime], [before.ino, before.mtime]);
});

for (const name of ["deno", "js/main.js", "libstemjail.so", "profiles/empty.toml", "stemjail"]) {
  Deno.test(`a changed ${name} in the cache is replaced before it is used`, async () => {
    using place = new Place(image);
    await place.report();
    const path = `${place.unpacked}/${name}`;
    const original = Deno.readFileSync(path);
    const { mtime, atime } = Deno.statSync(path);
    // Of the same size, with the old time of modification: the time of change cannot be set.
    const changed = original.length === 0 ? new Uint8Array([1]) : original.map((byte) => byte ^ 1);
    Deno.writeFileSync(path, changed);
    Deno.utimeSync(path, atime!, mtime!);
    await place.report();
    assert.ok(Deno.readFileSync(path).every((byte, index) => byte === original[index]));
    assert.deepEqual(listing(place), expectedListing);
  });

  Deno.test(`a missing ${name} in the cache is unpacked again`, async () => {
    using place = new Place(image);
    await place.report();
    Deno.removeSync(`${place.unpacked}/${name}`);
    await place.report();
    assert.deepEqual(listing(place), expectedListing);
  });
}

Deno.test("a symbolic link in place of a file in the cache is replaced", async () => {
  using place = new Place(image);
  await place.report();
  const path = `${place.unpacked}/js/main.js`;
  Deno.renameSync(path, `${place.directory}/main.js`);
  Deno.symlinkSync(`${place.directory}/main.js`, path);
  await place.report();
  assert.ok(Deno.lstatSync(path).isFile);
});

Deno.test("a changed stamp alone costs a check of the contents, not a new copy", async () => {
  using place = new Place(image);
  await place.report();
  const before = Deno.statSync(`${place.unpacked}/deno`).ino;
  Deno.truncateSync(`${place.unpacked}/stamp`, 3);
  await place.report();
  assert.equal(Deno.statSync(`${place.unpacked}/deno`).ino, before);
});

Deno.test("what an interrupted start left half unpacked is not used", async () => {
  using place = new Place(image);
  await place.report();
  Deno.removeSync(`${place.unpacked}/stamp`);
  Deno.removeSync(`${place.unpacked}/profiles`, { recursive: true });
  await place.report();
  assert.deepEqual(listing(place), expectedListing);
});

Deno.test("the remains of an interrupted start are removed by the next that unpacks", async () => {
  using place = new Place(image);
  Deno.mkdirSync(`${place.cache}/stemjail/new-0123456789abcdef/js`, { recursive: true });
  Deno.chmodSync(`${place.cache}/stemjail`, 0o700);
  Deno.writeTextFileSync(`${place.cache}/stemjail/new-0123456789abcdef/js/main.js`, "half");
  await place.report();
  assert.deepEqual(listing(place), expectedListing);
});

/** Puts another build beside, last used when `days` ago. */
function addOtherBuild(place: Place, name: string, days: number): string {
  const directory = `${place.cache}/stemjail/${name}`;
  Deno.mkdirSync(directory, { recursive: true });
  Deno.chmodSync(`${place.cache}/stemjail`, 0o700);
  Deno.copyFileSync("/bin/sleep", `${directory}/deno`);
  Deno.chmodSync(`${directory}/deno`, 0o700);
  Deno.writeTextFileSync(`${directory}/stamp`, "");
  const time = Date.now() / 1000 - days * 24 * 3600;
  Deno.utimeSync(`${directory}/stamp`, time, time);
  return directory;
}

Deno.test("unpacking removes other builds that were not used for days, and are not running", async () => {
  using place = new Place(image);
  const unused = addOtherBuild(place, "0".repeat(16), 3);
  const recent = addOtherBuild(place, "1".repeat(16), 1);
  const running = addOtherBuild(place, "2".repeat(16), 3);
  const foreign = addOtherBuild(place, "of-the-user", 3);
  const process = new Deno.Command(`${running}/deno`, { args: ["600"], stdin: "null" }).spawn();
  try {
    await place.report();
    const left = Array.from(Deno.readDirSync(`${place.cache}/stemjail`), ({ name }) => name);
    const isLeft = (path: string) => left.includes(path.split("/").at(-1) ?? "");
    assert.deepEqual([unused, recent, running, foreign].map(isLeft), [false, true, true, true]);
  } finally {
    process.kill("SIGKILL");
    await process.status;
  }
});

Deno.test("a cache directory that the group may write to is refused", async () => {
  using place = new Place(image);
  Deno.mkdirSync(`${place.cache}/stemjail`);
  Deno.chmodSync(`${place.cache}/stemjail`, 0o770);
  await mustRefuse(place, /others may write to it/);
});

Deno.test("a build's directory that everyone may write to is refused", async () => {
  using place = new Place(image);
  await place.report();
  Deno.chmodSync(place.unpacked, 0o777);
  await mustRefuse(place, /others may write to it/);
});

Deno.test("a symbolic link in place of the cache directory is refused", async () => {
  using place = new Place(image);
  Deno.mkdirSync(`${place.directory}/elsewhere`, { mode: 0o700 });
  Deno.symlinkSync(`${place.directory}/elsewhere`, `${place.cache}/stemjail`);
  await mustRefuse(place, /it is not a directory/);
});

Deno.test("a file in place of the cache directory is refused", async () => {
  using place = new Place(image);
  Deno.writeTextFileSync(`${place.cache}/stemjail`, "");
  await mustRefuse(place, /it is not a directory/);
});

Deno.test("a parent where everyone may rename is refused", async () => {
  using place = new Place(image);
  Deno.chmodSync(place.cache, 0o777);
  await mustRefuse(place, /everyone may write to it/);
});

Deno.test({
  name: "a cache directory of another user is refused",
  ignore: !isRoot,
  fn: async () => {
    using place = new Place(image);
    Deno.mkdirSync(`${place.cache}/stemjail`, { mode: 0o700 });
    await must("chown", "nobody", `${place.cache}/stemjail`);
    await mustRefuse(place, /it belongs to another user/);
  },
});

Deno.test({
  name: "another user's home as cache is refused to root, and nothing is left in it",
  ignore: !isRoot,
  fn: async () => {
    using place = new Place(image);
    await must("chown", "nobody", place.cache);
    await mustRefuse(place, /it belongs to another user/);
    assert.deepEqual(listing(place), []);
  },
});
