/**
 * The names that someone who mistyped one may have meant.
 *
 * @module
 */

/**
 * The edit distance of two texts: the least number of characters to insert, delete, replace or
 * swap with their neighbour.
 *
 * @param left one text, as characters
 * @param right the other text
 * @param bound the largest distance of interest
 * @returns the distance, or `bound + 1` if it is larger than that
 */
export function editDistance(
  left: readonly string[],
  right: readonly string[],
  bound: number,
): number {
  if (Math.abs(left.length - right.length) > bound) return bound + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1];
      let distance = Math.min(
        last[column] + 1,
        current[column - 1] + 1,
        last[column - 1] + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && left[row - 1] === right[column - 2] &&
        left[row - 2] === right[column - 1];
      if (swapped) distance = Math.min(distance, beforeLast[column - 2] + 1);
      current.push(distance);
    }
    // Two rows, because a swap looks back over one: from here on nothing gets smaller than both.
    if (Math.min(...current) > bound && Math.min(...last) > bound) return bound + 1;
    beforeLast = last;
    last = current;
  }
  return Math.min(last[right.length], bound + 1);
}

/**
 * Finds the names nearest to one that is not there.
 *
 * @param wanted the name that was asked for
 * @param names the names that exist
 * @param limit how many to return at most
 * @returns the nearest first, equals in the order given; empty if none is near
 */
export function nearestNames(wanted: string, names: Iterable<string>, limit = 3): string[] {
  const folded = wanted.toLowerCase();
  const target = Array.from(folded);
  const bound = Math.max(1, Math.floor(target.length / 3));
  const near: { name: string; distance: number }[] = [];
  for (const name of names) {
    const candidate = name.toLowerCase();
    const distance = editDistance(target, Array.from(candidate), bound);
    if (distance <= bound) near.push({ name, distance });
    else if (target.length > 0 && candidate.startsWith(folded)) {
      // A beginning of the name is further than a slip of the finger, but still a good guess.
      near.push({ name, distance: bound + 1 });
    }
  }
  return near.sort((a, b) => a.distance - b.distance).slice(0, limit).map(({ name }) => name);
}
