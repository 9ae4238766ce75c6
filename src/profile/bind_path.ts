/**
 * Which paths a profile may name at all, whatever the host has there.
 *
 * @module
 */
import { ownTree } from "../protocol/inside.ts";
import type { Refusal } from "./problem.ts";
import { quote } from "./text.ts";

// PATH_MAX counts the terminating NUL, NAME_MAX does not: limits.h.
const PATH_LIMIT = 4095;
const NAME_LIMIT = 255;

// An empty component, a dot, or a trailing slash.
const REDUNDANT = /\/\.?(?:\/|$)/;

const encoder = new TextEncoder();

function exceeds(text: string, limit: number): boolean {
  // A UTF-16 unit is at most three bytes, so most paths need no encoding to be found short.
  return text.length * 3 > limit && encoder.encode(text).length > limit;
}

/**
 * Removes what does not change where an absolute path leads.
 *
 * @param path an absolute path without `..`
 * @returns the path without empty components, `.` and trailing slashes
 */
export function normalisePath(path: string): string {
  if (!REDUNDANT.test(path)) return path;
  return "/" + path.split("/").filter((component) => component !== "" && component !== ".")
    .join("/");
}

/**
 * Says why a path in a jail's own tree cannot be bound.
 *
 * @param path the path as the profile writes it
 * @param tree the tree, as {@link ownTree} found it
 * @param reached where the path leads, if a symbolic link leads there
 * @returns the refusal
 */
export function refuseReserved(path: string, tree: string, reached?: string): Refusal {
  const through = reached === undefined
    ? ""
    : `a symbolic link leads it to ${quote(reached)}, and `;
  return {
    what: `Cannot bind ${quote(path)}`,
    remedy: `${through}every jail has a ${tree} of its own; remove this bind`,
  };
}

/**
 * Says why a path cannot be bound, as far as its text tells.
 *
 * @param path a path without `~` and `${...}`
 * @param written the path as the profile writes it, for the message
 * @returns the refusal, or undefined if nothing is wrong with the path
 */
export function refusePath(path: string, written = path): Refusal | undefined {
  const fault = findFault(path);
  if (fault !== undefined) return { what: `Cannot bind ${quote(written)}`, remedy: fault };
  const tree = ownTree(normalisePath(path));
  return tree === undefined ? undefined : refuseReserved(written, tree);
}

function findFault(path: string): string | undefined {
  if (path.includes("\0")) return "a path cannot hold a NUL character; remove it";
  if (!path.startsWith("/")) {
    const state = path === "" ? "empty" : "relative";
    return `it is ${state}; a path is absolute, as in "/usr" or "~/Documents"`;
  }
  const components = path.split("/");
  if (components.includes("..")) {
    return 'it has a ".." component; write where the path leads instead';
  }
  if (exceeds(path, PATH_LIMIT)) {
    return `it is longer than the ${PATH_LIMIT} bytes that the kernel takes`;
  }
  if (components.some((component) => exceeds(component, NAME_LIMIT))) {
    return `a component is longer than the ${NAME_LIMIT} bytes of a file name`;
  }
}
