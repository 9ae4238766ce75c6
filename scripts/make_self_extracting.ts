/**
 * The self-extracting file: launcher, Deno runtime, bundle, native libraries and profiles.
 *
 * @module
 */
import { BuildError } from "./command.ts";
import { computeBuildId, type Content, USE_CACHE, USE_MEMORY, writeImage } from "./image.ts";
import { type Maker, type Parts, partsInOrder, stampBuild } from "./maker.ts";

const name = "self-extracting";

function isElf(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;
}

function readRuntime(): Uint8Array {
  const path = Deno.execPath();
  const bytes = Deno.readFileSync(path);
  if (!isElf(bytes)) {
    throw new BuildError(`Cannot carry the runtime ${path}: it is not an ELF executable`);
  }
  return bytes;
}

function listContents(parts: Parts, runtime: Uint8Array, buildId: string): Content[] {
  const encoder = new TextEncoder();
  const script = (text: string) => encoder.encode(stampBuild(text, name, buildId));
  const anywhere = USE_CACHE | USE_MEMORY;
  const contents: Content[] = [
    { name: "single.js", mode: 0o600, use: USE_MEMORY, bytes: script(parts.single) },
  ];
  for (const [file, text] of parts.split) {
    contents.push({ name: `js/${file}`, mode: 0o600, use: USE_CACHE, bytes: script(text) });
  }
  for (const [file, bytes] of parts.native) {
    contents.push({ name: file, mode: 0o700, use: anywhere, bytes });
  }
  for (const [file, bytes] of parts.profiles) {
    contents.push({ name: `profiles/${file}`, mode: 0o600, use: anywhere, bytes });
  }
  contents.sort((left, right) => left.name < right.name ? -1 : 1);
  return [...contents, { name: "deno", mode: 0o700, use: anywhere, bytes: runtime }];
}

/** Needs nothing that is not already here, so it is always available. */
export const selfExtracting: Maker = {
  name,
  make(parts, path) {
    const runtime = readRuntime();
    const buildId = computeBuildId([...partsInOrder(parts), runtime]);
    writeImage(path, parts.launcher, listContents(parts, runtime, buildId), buildId);
    return Promise.resolve({ buildId, size: Deno.statSync(path).size });
  },
};
