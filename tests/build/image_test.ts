import assert from "node:assert/strict";
import { makeProduct } from "../../scripts/build.ts";
import { computeBuildId, USE_CACHE, writeImage } from "../../scripts/image.ts";
import { selfExtracting } from "../../scripts/make_self_extracting.ts";
import { FAILED_BEFORE_START, makeProbeImage, Place, probeParts } from "./fixture.ts";

const image = await makeProbeImage();
const FOOTER_SIZE = 88;

/** Flips a bit of the image at an offset, counted from its end if negative. */
function flipBit(path: string, offset: number): void {
  using file = Deno.openSync(path, { read: true, write: true });
  const position = offset < 0 ? file.statSync().size + offset : offset;
  const byte = new Uint8Array(1);
  file.seekSync(position, Deno.SeekMode.Start);
  file.readSync(byte);
  byte[0] = (byte[0] ?? 0) ^ 1;
  file.seekSync(position, Deno.SeekMode.Start);
  file.writeSync(byte);
}

async function mustBeDamaged(place: Place, what: RegExp): Promise<void> {
  const ended = await place.start(["run"]);
  assert.equal(ended.code, FAILED_BEFORE_START);
  assert.match(
    ended.stderr,
    /^stemjail: Cannot start from "[^\n]*: the file is damaged \([^\n]*\); copy it again\n$/,
  );
  assert.match(ended.stderr, what);
}

const footerFields: readonly (readonly [string, number, RegExp])[] = [
  ["magic number", -FOOTER_SIZE, /no index at its end/],
  ["build id", -FOOTER_SIZE + 16, /checksum/],
  ["launcher size", -FOOTER_SIZE + 32, /checksum/],
  ["index offset", -FOOTER_SIZE + 40, /size is not/],
  ["entry count", -FOOTER_SIZE + 48, /size is not/],
  ["mark of contents", -FOOTER_SIZE + 52, /checksum/],
  ["checksum", -1, /checksum/],
  ["last entry of the index", -FOOTER_SIZE - 128, /checksum/],
];

for (const [field, offset, what] of footerFields) {
  Deno.test(`a changed ${field} is one clear line`, async () => {
    using place = new Place(image);
    flipBit(place.image, offset);
    await mustBeDamaged(place, what);
  });
}

Deno.test("changed contents are one clear line, and nothing of them is unpacked", async () => {
  using place = new Place(image);
  flipBit(place.image, 50_000_000);
  await mustBeDamaged(place, /another checksum in its part deno/);
  const left = Array.from(Deno.readDirSync(`${place.cache}/stemjail`), ({ name }) => name);
  assert.deepEqual(left, ["lock"]);
});

Deno.test("a file cut short, as by a broken copy, is one clear line", async () => {
  using place = new Place(image);
  Deno.truncateSync(place.image, 60_000_000);
  await mustBeDamaged(place, /no index at its end/);
});

Deno.test("a launcher that carries nothing is one clear line", async () => {
  using place = new Place(image);
  Deno.copyFileSync("build/launcher", place.image);
  await mustBeDamaged(place, /no index at its end/);
});

Deno.test("two builds from the same sources are the same bytes", async () => {
  using place = new Place(image);
  await makeProduct(await probeParts(), place.image, [selfExtracting]);
  assert.deepEqual(Deno.readFileSync(place.image), Deno.readFileSync(image));
});

Deno.test("the build id differs when a byte moves from one part to another", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const ids = [["ab", "c"], ["a", "bc"], ["abc", ""], ["abc"]]
    .map((parts) => computeBuildId(parts.map(bytes)));
  assert.equal(new Set(ids).size, ids.length);
});

Deno.test("a name that the launcher could not unpack is refused when the image is written", () => {
  const write = (name: string) =>
    writeImage("/nonexistent/image", new Uint8Array(1), [
      { name, mode: 0o600, use: USE_CACHE, bytes: new Uint8Array(0) },
    ], "0".repeat(16));
  assert.throws(() => write("x".repeat(72)), RangeError);
  assert.throws(() => write("a/b/c"), RangeError);
});
