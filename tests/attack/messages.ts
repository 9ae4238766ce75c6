/** Messages to a monitor, made by hand. */

/** The first word of every message, as bytes on the wire. */
export const MAGIC = [0x53, 0x54, 0x4a, 0x31];

/** A message with the header that is given, whether or not it is right. */
export function message(
  kind: number,
  flags: number,
  body: Uint8Array | string,
  length?: number,
): Uint8Array {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const stated = length ?? bytes.length;
  return new Uint8Array([...MAGIC, kind, flags, stated & 0xff, stated >> 8 & 0xff, ...bytes]);
}

/** A request to read a path. */
export function reading(path: Uint8Array | string): Uint8Array {
  return message(1, 0, path);
}

/** A request to write a path. */
export function writing(path: Uint8Array | string): Uint8Array {
  return message(1, 1, path);
}

/** What the attacking program prints for an answer. */
export const Answer = {
  granted: "0",
  denied: "1",
  refused: "2",
  malformed: "3",
  closed: "x",
  silent: "t",
  unsendable: "u",
} as const;
