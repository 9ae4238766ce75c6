/** Requests of a client, right and wrong, and the bytes that they are sent as. */

import type { Random } from "./random.ts";

const NAMES = ["type", "version", "command", "profile", "exact", "environment", "variables"];
const MORE = [
  "directory",
  "directoryRequired",
  "terminal",
  "sharedKeyboard",
  "format",
  "id",
  "__proto__",
  "constructor",
];
const TEXTS = [
  "",
  "run",
  "ps",
  "info",
  "stop",
  "json",
  "dot",
  "plain",
  "none",
  "\0",
  "/",
  "../..",
  "é\ud800",
];

/** Any JSON value, nested to a depth. */
export function makeValue(random: Random, depth: number): unknown {
  switch (random.below(depth > 0 ? 8 : 6)) {
    case 0:
      return random.pick(TEXTS);
    case 1:
      return random.pick([0, -1, 1e308, -0.5, 2, 0x7fffffff, 1e21]);
    case 2:
      return random.once(2);
    case 3:
      return null;
    case 4:
      return random.pick(TEXTS).repeat(random.below(20));
    case 5:
      return [];
    case 6:
      return Array.from({ length: random.below(4) }, () => makeValue(random, depth - 1));
    default:
      return Object.fromEntries(
        Array.from({ length: random.below(5) }, () => [
          random.pick([...NAMES, ...MORE]),
          makeValue(random, depth - 1),
        ]),
      );
  }
}

/** A request that is right. */
export function makeRequest(random: Random, version: string): Record<string, unknown> {
  switch (random.below(4)) {
    case 0:
      return { type: "ps", version };
    case 1:
      return { type: "info", format: random.pick(["plain", "json", "dot"]), version };
    case 2:
      return { type: "stop", id: random.pick(TEXTS), version };
    default:
      return {
        type: "run",
        version,
        command: Array.from({ length: random.below(4) }, () => random.pick(TEXTS)),
        ...(random.once(2) ? { profile: random.pick(TEXTS) } : {}),
        exact: random.once(2),
        environment: { PATH: random.pick(["/usr/bin", "", "\0"]), [random.pick(TEXTS)]: "x" },
        variables: [[random.pick(TEXTS), random.pick(TEXTS)]],
        directory: random.pick(["/", "", "nowhere", "/\0"]),
        directoryRequired: random.once(2),
        terminal: random.once(2) ? [] : [random.below(3)],
        sharedKeyboard: random.once(2),
      };
  }
}

/** A request with something wrong, or any value at all. */
export function makeAny(random: Random, version: string): unknown {
  if (random.once(4)) return makeValue(random, 4);
  const request = makeRequest(random, version);
  if (random.once(3)) return request;
  const name = random.pick([...Object.keys(request), ...MORE]);
  if (random.once(4)) delete request[name];
  else request[name] = makeValue(random, 2);
  return request;
}

/** Breaks a frame's bytes: flips, cuts, or adds to them. */
export function breakBytes(
  random: Random,
  frame: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const bytes = frame.slice();
  for (let count = 1 + random.below(3); count > 0; count--) {
    bytes[random.below(bytes.length)] ^= 1 << random.below(8);
  }
  if (random.once(3)) return bytes.slice(0, random.below(bytes.length));
  return random.once(4) ? Uint8Array.from([...bytes, ...random.bytes(random.below(20))]) : bytes;
}
