/**
 * Binds with `create = true`: directories that programs expect to find, such as a browser's own.
 *
 * @module
 */
import { isAtOrBelow, parentOf } from "../stemflow/path.ts";
import type { HostResolver, Resolved, Unresolved } from "./resolve.ts";
import { quote } from "./text.ts";

/**
 * Finds where a missing directory belongs. Nothing is made here: the portal makes it when a jail
 * starts that may come to need it.
 *
 * @param path a normalised absolute path that does not exist
 * @param home the user's home, without links; only below it are directories made
 * @param resolver the host
 * @returns the path that the directory is to have, with the links on the way; or why it is not made
 */
export function placeOfMissing(
  path: string,
  home: string,
  resolver: HostResolver,
): Resolved | Unresolved {
  let existing = path;
  let ancestor = resolver.resolve(existing);
  while ("refusal" in ancestor) {
    if (!ancestor.missing) return ancestor;
    // A link to nothing is there, and a directory of its name cannot be.
    if (resolver.kind(existing) === "link") return refuse(path, `${quote(existing)} leads nowhere`);
    existing = parentOf(existing);
    ancestor = resolver.resolve(existing);
  }
  if (ancestor.kind !== "directory") return refuse(path, `${quote(existing)} is no directory`);
  const rest = path.slice(existing === "/" ? 0 : existing.length);
  const place = `${ancestor.path === "/" ? "" : ancestor.path}${rest}`;
  if (place === home || home === "/" || !isAtOrBelow(place, home)) {
    return refuse(path, "directories are made below the home only");
  }
  return { links: ancestor.links, path: place, kind: "directory" };
}

function refuse(path: string, because: string): Unresolved {
  const remedy = `${because}; make it yourself, or say optional = true to leave it out`;
  return { refusal: { what: `Cannot create ${quote(path)}`, remedy }, missing: true };
}
