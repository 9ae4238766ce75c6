/**
 * Paths: exact strings for any bytes, one spelling for one place.
 *
 * A path of the kernel is a string of bytes. Here it is a string in which valid UTF-8 is decoded and
 * every other byte 0xNN stands as the lone surrogate U+DCNN, so that nothing is lost either way.
 *
 * @module
 */

/** The longest path that the kernel takes, in bytes (PATH_MAX without its NUL, path_resolution(7)). */
export const MAXIMUM_PATH_BYTES = 4095;

const SLASH = 0x2f;

/** An empty component, `.` or `..`, or a NUL. One regular expression is twice as fast as a loop. */
const UNUSUAL = /\/\.{0,2}(?:\/|$)|\0/;

/** A path that cannot be used, with the reason in words that follow the path. */
export class PathError extends Error {
  /** The class's name, as errors have it. */
  override readonly name = "PathError";

  /**
   * Says what is wrong with a path.
   *
   * @param path The path as it was given.
   * @param reason What is wrong with it.
   */
  constructor(readonly path: string, readonly reason: string) {
    super(`Cannot use the path ${JSON.stringify(shorten(path))}: ${reason}`);
  }
}

function shorten(path: string): string {
  return path.length <= 200 ? path : `${path.slice(0, 200)}…`;
}

/**
 * Gives the one spelling of an absolute path: single slashes, no `.` or `..`, none at the end but for
 * the root. `..` is taken away with the name before it, and nothing lies above the root; a caller for
 * whom symbolic links matter resolves them first.
 *
 * @param path An absolute path of 1 to {@linkcode MAXIMUM_PATH_BYTES} bytes.
 * @returns The normalised path; the same string if it was one already.
 * @throws {PathError} If the path is empty, relative, over-long, holds a NUL, or holds a surrogate
 * that stands for no byte.
 */
export function normalisePath(path: string): string {
  if (isPlainlyNormalised(path)) return path;
  return normaliseSlowly(path);
}

/** Whether the path needs no change; false also where a closer look is needed. */
function isPlainlyNormalised(path: string): boolean {
  // A UTF-16 unit takes three bytes at most, so a short string needs no count of its bytes.
  if (path.length * 3 > MAXIMUM_PATH_BYTES || path.charCodeAt(0) !== SLASH) return false;
  return path.length === 1 || path.isWellFormed() && !UNUSUAL.test(path);
}

function normaliseSlowly(path: string): string {
  if (path === "") throw new PathError(path, "it is empty");
  if (!path.startsWith("/")) throw new PathError(path, "it is not absolute, begin it with /");
  if (path.includes("\0")) throw new PathError(path, "it holds a NUL character");
  const bytes = path.length > MAXIMUM_PATH_BYTES ? path.length : encodePath(path).length;
  if (bytes > MAXIMUM_PATH_BYTES) {
    throw new PathError(path, `it is longer than ${MAXIMUM_PATH_BYTES} bytes`);
  }
  const kept: string[] = [];
  for (const component of oneSpelling(path).split("/")) {
    if (component === "" || component === ".") continue;
    if (component === "..") kept.pop();
    else kept.push(component);
  }
  return `/${kept.join("/")}`;
}

/**
 * Bytes escaped one by one may together be valid UTF-8: then two strings would name one place, and
 * one of them would slip past a comparison.
 */
function oneSpelling(path: string): string {
  return path.isWellFormed() ? path : decodePath(encodePath(path));
}

/**
 * Whether a normalised path is another or lies below it, by whole components: `/a/bb` is not at or
 * below `/a/b`.
 *
 * @param path A normalised path.
 * @param outer A normalised path.
 */
export function isAtOrBelow(path: string, outer: string): boolean {
  if (outer === "/") return true;
  if (!path.startsWith(outer)) return false;
  return path.length === outer.length || path.charCodeAt(outer.length) === SLASH;
}

/**
 * Whether a normalised path lies below another and is not the other itself.
 *
 * @param path A normalised path.
 * @param outer A normalised path.
 */
export function isBelow(path: string, outer: string): boolean {
  return path.length !== outer.length && isAtOrBelow(path, outer);
}

/**
 * The nearest tree of a set that a normalised path is in, itself included; undefined if it is in none.
 *
 * @param path A normalised path.
 * @param trees Normalised paths.
 */
export function treeAround(path: string, trees: ReadonlySet<string>): string | undefined {
  for (let at = path; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
    if (trees.has(at)) return at;
  }
  return trees.has("/") ? "/" : undefined;
}

/**
 * The last component of a path, whatever its spelling; empty for the root.
 *
 * @param path Any path.
 */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/**
 * The directory of an absolute path's last component; the root for the root.
 *
 * @param path An absolute path without a slash at its end.
 */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf("/")));
}

/**
 * Orders normalised paths component by component, so that a tree's paths follow its root at once.
 *
 * @returns A negative number, zero or a positive number, as Array.prototype.sort wants.
 */
export function comparePaths(left: string, right: string): number {
  const common = Math.min(left.length, right.length);
  for (let at = 0; at < common; at++) {
    const a = left.charCodeAt(at);
    const b = right.charCodeAt(at);
    if (a === b) continue;
    if (a === SLASH) return -1;
    if (b === SLASH) return 1;
    return a - b;
  }
  return left.length - right.length;
}

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Gives the bytes of a path, for the kernel.
 *
 * @param path A path from {@linkcode decodePath}, or any well-formed string.
 * @returns The bytes, without a NUL at their end.
 * @throws {PathError} If the path holds a surrogate that stands for no byte.
 */
export function encodePath(path: string): Uint8Array<ArrayBuffer> {
  if (path.isWellFormed()) return encoder.encode(path);
  const bytes: number[] = [];
  for (const character of path) {
    const code = character.codePointAt(0)!;
    if (code >= 0xdc80 && code <= 0xdcff) bytes.push(code & 0xff);
    else if (code >= 0xd800 && code <= 0xdfff) {
      throw new PathError(path, `it holds the surrogate U+${code.toString(16).toUpperCase()}`);
    } else bytes.push(...encoder.encode(character));
  }
  return new Uint8Array(bytes);
}

/**
 * Gives the string of a path's bytes; {@linkcode encodePath} gives the same bytes back.
 *
 * @param bytes Any bytes.
 */
export function decodePath(bytes: Uint8Array): string {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return decodeWithEscapes(bytes);
  }
}

function decodeWithEscapes(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at);
    if (length === 0) text += String.fromCharCode(0xdc00 | bytes[at]);
    else text += strictDecoder.decode(bytes.subarray(at, at + length));
    at += Math.max(length, 1);
  }
  return text;
}

/** The length in bytes of the valid UTF-8 sequence at an offset, 0 if there is none (RFC 3629). */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (at + length > bytes.length) return 0;
  const second = bytes[at + 1];
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < lowest || second > highest) return 0;
  for (let next = at + 2; next < at + length; next++) {
    if ((bytes[next] & 0xc0) !== 0x80) return 0;
  }
  return length;
}
