/** The protocol of the shim and the monitor, as C states it and as TypeScript does. */

import assert from "node:assert/strict";
import {
  FILTERS_NAME,
  RUN_DIRECTORY,
  SHIM_NAME,
  SOCKET_NAME,
  TABLE_NAME,
} from "../../src/protocol/inside.ts";
import { encodeShimReply, parseShimRequest, Verdict } from "../../src/protocol/shim.ts";
import { compileProgram, run } from "./build.ts";

const directory = await Deno.makeTempDir({ prefix: "stemjail-frames-" });
globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
const program = `${directory}/frames`;
await compileProgram(program, "programs/frames.c", { shim: ["conversation.c"], sanitized: true });

async function request(kind: number, flags: number, text: string): Promise<Uint8Array> {
  const output = await run(program, "request", `${kind}`, `${flags}`, text);
  return bytesOf(output.trim());
}

function bytesOf(digits: string): Uint8Array {
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

function digitsOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const encode = (text: string) => new TextEncoder().encode(text);

Deno.test("the shim looks for its files where the monitor puts them", async () => {
  const names = [SHIM_NAME, TABLE_NAME, SOCKET_NAME, FILTERS_NAME];
  const paths = names.map((name) => `${RUN_DIRECTORY}/${name}\n`);
  assert.equal(await run(program, "places"), paths.join(""));
});

Deno.test("a request of the shim is what the monitor reads", async () => {
  for (const path of ["/", "/usr/bin/env", `/${"é".repeat(2047)}`]) {
    const bytes = encode(path);
    assert.deepEqual(parseShimRequest(await request(1, 0, path)), {
      kind: 1,
      write: false,
      path: bytes,
    });
    assert.deepEqual(parseShimRequest(await request(1, 1, path)), {
      kind: 1,
      write: true,
      path: bytes,
    });
    assert.deepEqual(parseShimRequest(await request(2, 0, path)), { kind: 2, path: bytes });
  }
});

Deno.test("a request that is too long is not sent", async () => {
  const output = await run(program, "request", "1", "0", "/".repeat(8192));
  assert.equal(output, "not sent\n");
});

Deno.test("a reply of the monitor is what the shim reads", async () => {
  for (const [index, verdict] of Object.values(Verdict).entries()) {
    for (const text of ["", "entry", "x".repeat(100)]) {
      const reply = encodeShimReply(verdict, 2, 7 + index, encode(text));
      const output = await run(program, "reply", "2", digitsOf(reply));
      assert.equal(output, `${verdict} ${7 + index} ${text}\n`);
    }
  }
});

Deno.test("a reply that is damaged, too long or to another request is invalid", async () => {
  const reply = encodeShimReply(Verdict.granted, 1, 1, encode("text"));
  const damaged = [0, 3, 4, 5, 6, 7].map((at) => reply.with(at, 0xee));
  const others = [reply.subarray(0, 11), reply.subarray(0, 15), new Uint8Array([...reply, 0])];
  for (const bytes of [...damaged, ...others]) {
    assert.equal(await run(program, "reply", "1", digitsOf(bytes)), "invalid\n");
  }
  assert.equal(await run(program, "reply", "2", digitsOf(reply)), "invalid\n");
});
