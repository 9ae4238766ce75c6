/** The frames and requests of clients under random bytes, in this process. */

import assert from "node:assert/strict";
import {
  encodeFrame,
  type Frame,
  FrameReader,
  MAXIMUM_FRAME_BYTES,
} from "../../src/protocol/frame.ts";
import { parseRequest } from "../../src/protocol/messages.ts";
import { breakBytes, makeAny } from "./client_frames.ts";
import { chooseSeed, Random } from "./random.ts";

const FRAMES = Number(Deno.env.get("STEMJAIL_FUZZ_FRAMES") ?? 250_000);
const BATCH = 10;
const MAXIMUM_GROWTH = 128 * 1024 * 1024;

/** Reads a stream that comes in random pieces; null where it holds no JSON. */
function readInPieces(random: Random, bytes: Uint8Array): Frame[] | null {
  const reader = new FrameReader();
  const frames: Frame[] = [];
  try {
    for (let at = 0; at < bytes.length;) {
      const length = 1 + random.below(random.once(2) ? 8 : 200);
      frames.push(...reader.push(bytes.subarray(at, at + length)));
      at += length;
    }
    return frames;
  } catch (error) {
    // No JSON, or no UTF-8: what a channel ends for.
    assert.ok(error instanceof SyntaxError || error instanceof TypeError, String(error));
    return null;
  }
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** Whether a value has the shape that the portal relies on, member by member. */
function isSound(value: unknown): boolean {
  const request = value as Record<string, unknown>;
  const isText = (item: unknown) => typeof item === "string";
  const isTexts = (items: unknown) => Array.isArray(items) && items.every(isText);
  switch (request.type) {
    case "ps":
      return true;
    case "info":
      return isText(request.format);
    case "stop":
      return isText(request.id);
    case "run":
      return isTexts(request.command) && isText(request.directory) &&
        (request.profile === undefined || isText(request.profile)) &&
        isTexts(Object.values(request.environment as object)) &&
        (request.variables as unknown[]).every((pair) => isTexts(pair)) &&
        (request.terminal as unknown[]).every((item) => [0, 1, 2].includes(item as number));
    default:
      return false;
  }
}

function accepts(value: unknown): boolean {
  try {
    assert.ok(isSound(parseRequest(value)), JSON.stringify(value));
    return true;
  } catch (error) {
    assert.ok(error instanceof TypeError, String(error));
    return false;
  }
}

Deno.test("frames come out as they went in, whatever pieces they come in, and broken ones break nothing", () => {
  const random = new Random(chooseSeed());
  let before = 0;
  const tally = { accepted: 0, refused: 0, broken: 0 };
  for (let count = 0; count < FRAMES; count += BATCH) {
    if (count >= FRAMES / 10 && before === 0) before = Deno.memoryUsage().rss;
    const values = Array.from({ length: BATCH }, () => makeAny(random, "v"));
    const counts = values.map(() => random.below(256));
    const encoded = values.map((value, index) => encodeFrame(value ?? null, counts[index]));
    const frames = readInPieces(random, join(encoded));
    assert.deepEqual(
      frames,
      values.map((value, index) => ({
        value: JSON.parse(JSON.stringify(value ?? null)),
        descriptorCount: counts[index],
      })),
    );
    for (const { value } of frames!) tally[accepts(value) ? "accepted" : "refused"]++;
    const broken = readInPieces(random, breakBytes(random, join(encoded)));
    for (const { value } of broken ?? []) accepts(value);
    tally.broken += broken === null ? 1 : 0;
  }
  console.log(`  ${JSON.stringify(tally)}`);
  const growth = Deno.memoryUsage().rss - before;
  assert.ok(growth < MAXIMUM_GROWTH, `memory grew by ${growth} bytes`);
  assert.ok(Math.min(...Object.values(tally)) > FRAMES / 1000, "some kind of frame is missing");
  assert.equal(MAXIMUM_FRAME_BYTES, 0xffffff);
});
