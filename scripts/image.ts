/**
 * The layout of the self-extracting file, as shim/launcher/launcher.h states it for C.
 *
 *     launcher | contents, each at a multiple of 4096 | index | footer
 *
 * @module
 */
import { createHash } from "node:crypto";

/** Where the launcher unpacks an entry to. */
export const USE_CACHE = 1;
/** The same, where the cache cannot be written. */
export const USE_MEMORY = 2;

/** One file that the image carries. */
export interface Content {
  /** Relative, at most one directory deep, at most 71 bytes. */
  readonly name: string;
  /** Permission bits. */
  readonly mode: number;
  /** {@link USE_CACHE}, {@link USE_MEMORY}, or both. */
  readonly use: number;
  /** What the file holds. */
  readonly bytes: Uint8Array;
}

const MAGIC = "STEMJAIL-IMAGE-1";
const NAME_SIZE = 72;
const ENTRY_SIZE = 128;
const ENTRY_LIMIT = 512;
const FOOTER_SIZE = 88;
const CHECKSUM_SIZE = 32;
/** The copy may share blocks with the file where both lie on one file system. */
const ALIGNMENT = 4096;

function checksum(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("blake2b512");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest()).subarray(0, CHECKSUM_SIZE);
}

function aligned(offset: number): number {
  return Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
}

function checkName(name: string): void {
  if (new TextEncoder().encode(name).length >= NAME_SIZE || name.split("/").length > 2) {
    throw new RangeError(`Cannot carry "${name}": the name is too long or too deep`);
  }
}

function encodeEntry(content: Content, offset: number): Uint8Array {
  const entry = new Uint8Array(ENTRY_SIZE);
  const view = new DataView(entry.buffer);
  entry.set(new TextEncoder().encode(content.name));
  view.setUint32(72, content.mode, true);
  view.setUint32(76, content.use, true);
  view.setBigUint64(80, BigInt(offset), true);
  view.setBigUint64(88, BigInt(content.bytes.length), true);
  entry.set(checksum(content.bytes), 96);
  return entry;
}

function encodeFooter(
  index: Uint8Array,
  buildId: string,
  launcherSize: number,
  indexOffset: number,
): Uint8Array {
  const footer = new Uint8Array(FOOTER_SIZE);
  const view = new DataView(footer.buffer);
  footer.set(new TextEncoder().encode(MAGIC + buildId));
  view.setBigUint64(32, BigInt(launcherSize), true);
  view.setBigUint64(40, BigInt(indexOffset), true);
  view.setUint32(48, index.length / ENTRY_SIZE, true);
  view.setUint32(52, 1, true);
  footer.set(checksum(index, footer.subarray(0, FOOTER_SIZE - CHECKSUM_SIZE)), 56);
  return footer;
}

/**
 * What tells one build from another: a hash of everything in it.
 *
 * @param parts the contents, in a fixed order
 * @returns 16 hexadecimal digits
 */
export function computeBuildId(parts: readonly Uint8Array[]): string {
  const hash = createHash("blake2b512");
  for (const part of parts) hash.update(checksum(part));
  return hash.digest("hex").slice(0, 16);
}

/**
 * Writes the self-extracting file.
 *
 * @param path where to; what is there is replaced in one step
 * @param launcher the launcher's executable
 * @param contents what the file carries, in the order in which it is to lie there
 * @param buildId from {@link computeBuildId}
 * @throws RangeError when the launcher could not unpack one of the contents
 */
export function writeImage(
  path: string,
  launcher: Uint8Array,
  contents: readonly Content[],
  buildId: string,
): void {
  if (contents.length > ENTRY_LIMIT) throw new RangeError("Cannot carry so many files");
  for (const { name } of contents) checkName(name);
  const temporary = `${path}.${Deno.pid}`;
  using file = Deno.openSync(temporary, { write: true, create: true, truncate: true, mode: 0o755 });
  let position = 0;
  const append = (bytes: Uint8Array) => {
    for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
    position += bytes.length;
  };
  append(launcher);
  const entries = contents.map((content) => {
    append(new Uint8Array(aligned(position) - position));
    const entry = encodeEntry(content, position);
    append(content.bytes);
    return entry;
  });
  const index = new Uint8Array(entries.flatMap((entry) => Array.from(entry)));
  const footer = encodeFooter(index, buildId, launcher.length, position);
  append(index);
  append(footer);
  Deno.chmodSync(temporary, 0o755);
  Deno.renameSync(temporary, path);
}
