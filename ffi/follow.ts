/**
 * Paths through symbolic links, with a bound on the work. path_resolution(7), readlink(2).
 *
 * @module
 */
import { checkUnless } from "./check.ts";
import { bind } from "./library.ts";
import { cString, type Text } from "./memory.ts";

const library = bind({
  stemjail_follow: { parameters: ["i32", "buffer", "buffer", "u64", "u64"], result: "i64" },
});

const PATH_MAX = 4096;

/** How far a path is followed. */
export interface WalkBounds {
  /** How many links. */
  readonly links: number;
  /** How many components, those of the links included. */
  readonly steps: number;
}

/**
 * Follows a path and every link on it, one component at a time. /proc is where it stops: some of the
 * links in there are no paths.
 *
 * @param root the directory that the path, and whatever absolute path a link holds, begins at
 * @param path absolute
 * @param allowed errno names of failures that are an answer; ELOOP is that of a bound
 * @returns the path that was reached, without links; or null after an allowed failure, whose errno can
 * then be asked for
 */
export function followLinks(
  root: number,
  path: Text,
  { links, steps }: WalkBounds,
  allowed: readonly string[],
): Uint8Array<ArrayBuffer> | null {
  const real = new Uint8Array(PATH_MAX);
  const length = checkUnless(
    allowed,
    "follow links",
    library.stemjail_follow(root, cString(path), real, BigInt(links), BigInt(steps)),
    typeof path === "string" ? path : "",
  );
  if (length < 0) return null;
  // The root has no name.
  return length === 0 ? Uint8Array.of(0x2f) : real.subarray(0, length);
}
