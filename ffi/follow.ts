/**
 * Paths through symbolic links, with a bound on the work. path_resolution(7), readlink(2).
 *
 * @module
 */
import { check } from "./check.ts";
import { bind } from "./library.ts";
import { cString, type Text } from "./memory.ts";

const library = bind({
  stemjail_follow: {
    parameters: ["i32", "buffer", "buffer", "u64", "u64", "u64"],
    result: "i64",
  },
});

/** For more turns than a path has that is not made to have many. */
const TRAIL_BYTES = 4 * 4096;
const NUL = 0;

/** How far a path is followed. */
export interface WalkBounds {
  /** How many links. */
  readonly links: number;
  /** How many components, those of the links included. */
  readonly steps: number;
}

/**
 * Follows a path and every link on it, one component at a time, as far as it leads. /proc is where it
 * stops: some of the links in there are no paths.
 *
 * @param root the directory that the path, and whatever absolute path a link holds, begins at
 * @param path absolute
 * @returns the places that decide where it leads: links, directories that are left through "..", and
 * last where it ends, whether that exists or not
 * @throws KernelError where a failure says nothing about the path
 */
export function followLinks(
  root: number,
  path: Text,
  { links, steps }: WalkBounds,
): Uint8Array<ArrayBuffer>[] {
  const trail = new Uint8Array(TRAIL_BYTES);
  const length = check(
    "follow links",
    library.stemjail_follow(
      root,
      cString(path),
      trail,
      BigInt(trail.length),
      BigInt(links),
      BigInt(steps),
    ),
    path,
  );
  return split(trail.subarray(0, length));
}

function split(trail: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
  const places: Uint8Array<ArrayBuffer>[] = [];
  for (let start = 0; start < trail.length;) {
    const end = trail.indexOf(NUL, start);
    // The root has no name.
    places.push(end === start ? Uint8Array.of(0x2f) : trail.subarray(start, end));
    start = end + 1;
  }
  return places;
}
