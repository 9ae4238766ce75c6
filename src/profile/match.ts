/**
 * Whether a profile is one for a command: the patterns of `[run] match`.
 *
 * @module
 */
import type { Refusal } from "./problem.ts";
import { quote } from "./text.ts";

/**
 * Says why a pattern is refused.
 *
 * @param pattern a command's name such as `firefox*`, or an absolute path with `*` in it
 * @returns the refusal, or undefined if nothing is wrong with the pattern
 */
export function refusePattern(pattern: string): Refusal | undefined {
  const what = `Cannot match ${quote(pattern)}`;
  if (pattern === "") return { what, remedy: "the pattern is empty; write a command's name" };
  if (pattern.includes("\0")) return { what, remedy: "no path holds a NUL character; remove it" };
  if (pattern.includes("**")) {
    return { what, remedy: 'a "*" stays within one component; write "*/*" for two' };
  }
  if (!pattern.includes("/")) return undefined;
  if (!pattern.startsWith("/")) {
    return { what, remedy: 'a pattern is a bare name or an absolute path; begin it with "/"' };
  }
  const components = pattern.slice(1).split("/");
  if (components.some((component) => ["", ".", ".."].includes(component))) {
    return { what, remedy: 'a pattern has no empty, "." or ".." components; write it without' };
  }
  return undefined;
}

/**
 * Tells whether a profile is for a command.
 *
 * @param match the profile's `[run] match`
 * @param command all that the command is known by: as typed, as found in PATH, and the real path
 *   of its executable. A name pattern looks at the last component of each, a path pattern at the
 *   absolute ones.
 * @returns true if one of the patterns fits
 */
export function matchesCommand(
  match: readonly string[],
  ...command: readonly string[]
): boolean {
  return match.some((pattern) => command.some((name) => matchesOne(pattern, name)));
}

function matchesOne(pattern: string, command: string): boolean {
  const components = command.split("/");
  if (!pattern.includes("/")) return matchesComponent(pattern, components.at(-1) ?? "");
  const patterns = pattern.split("/");
  return patterns.length === components.length &&
    patterns.every((part, index) => matchesComponent(part, components[index]));
}

function matchesComponent(pattern: string, text: string): boolean {
  return fitsPieces(pattern.split("*"), text);
}

/**
 * Compares by the fixed pieces between the stars: linear in the text, whatever the pattern.
 *
 * @param pieces a pattern of one component, split at its stars
 * @param text a component
 */
export function fitsPieces(pieces: readonly string[], text: string): boolean {
  const first = pieces[0];
  const last = pieces[pieces.length - 1];
  if (pieces.length === 1) return text === first;
  if (text.length < first.length + last.length) return false;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, at);
    if (found < 0 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}
