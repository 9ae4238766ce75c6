/** Messages to a monitor, right and wrong, and what they mean by the protocol's text alone. */

import { MAGIC } from "../attack/messages.ts";
import type { Random } from "./random.ts";

/** Makes paths that meet the binds of `roots`, and all that a path can be besides. */
export function makePath(random: Random, roots: readonly string[]): Uint8Array<ArrayBuffer> {
  const components = ["a", "b", "aa", ".", "..", "", "é", "\n", "x y", "n".repeat(255), "proc"];
  const base = random.once(8)
    ? random.pick(["", "/", "/proc", "/dev/shm", "/tmp", "a", "~"])
    : random.pick(roots);
  let path = base;
  for (let count = random.below(6); count > 0; count--) path += `/${random.pick(components)}`;
  if (random.once(200)) path += `/${"l".repeat(random.below(5000))}`;
  const bytes = new TextEncoder().encode(path);
  if (bytes.length > 0 && random.once(10)) bytes[random.below(bytes.length)] = random.below(256);
  return bytes;
}

function header(kind: number, flags: number, length: number): number[] {
  return [...MAGIC, kind, flags, length & 0xff, length >> 8 & 0xff];
}

/** One message: most are well-formed, some nearly, some not at all. */
export function makeMessage(random: Random, roots: readonly string[]): Uint8Array<ArrayBuffer> {
  if (random.once(20)) return random.bytes(random.below(random.once(50) ? 9000 : 40));
  const kind = random.once(10) ? random.below(256) : random.once(8) ? random.pick([2, 3]) : 1;
  const flags = random.once(10) ? random.below(256) : random.below(2);
  const path = makePath(random, roots);
  const body = kind === 3 && !random.once(5)
    ? Uint8Array.from([...path, 0, ...makePath(random, roots)])
    : path;
  const length = random.once(20) ? random.below(0x10000) : body.length;
  const message = Uint8Array.from([...header(kind, flags, length), ...body]);
  if (random.once(20)) message[random.below(message.length)] ^= 1 << random.below(8);
  return random.once(30) ? message.slice(0, random.below(message.length + 1)) : message;
}

/** What a message says. */
export type Meaning =
  | { readonly kind: "malformed" | "list" | "mount" }
  | { readonly kind: "access"; readonly path: Uint8Array; readonly write: boolean };

/** Reads a message as shim/protocol.h describes it. */
export function meaningOf(message: Uint8Array): Meaning {
  const malformed = { kind: "malformed" } as const;
  if (message.length < 9 || MAGIC.some((byte, at) => message[at] !== byte)) return malformed;
  const body = message.slice(8);
  if (body.length !== message[6] + 256 * message[7] || body.length > 8191) return malformed;
  const isPath = (bytes: Uint8Array) =>
    bytes.length >= 1 && bytes.length <= 4095 && bytes[0] === 0x2f && !bytes.includes(0);
  switch (message[4]) {
    case 1:
      return isPath(body) ? { kind: "access", path: body, write: message[5] % 2 === 1 } : malformed;
    case 2:
      return isPath(body) ? { kind: "list" } : malformed;
    case 3: {
      const end = body.indexOf(0);
      const isRight = end >= 0 && isPath(body.slice(0, end)) && isPath(body.slice(end + 1));
      return isRight ? { kind: "mount" } : malformed;
    }
    default:
      return malformed;
  }
}

/** A path's components once `.`, `..` and empty ones are gone, each as a string of one unit a byte. */
export function componentsOf(path: Uint8Array): string[] {
  const kept: string[] = [];
  for (const component of String.fromCharCode(...path).split("/")) {
    if (component === "..") kept.pop();
    else if (component !== "" && component !== ".") kept.push(component);
  }
  return kept;
}
