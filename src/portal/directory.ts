/**
 * The directory that a command starts in. Where it is not there from the start, it counts as what the
 * command accesses first.
 *
 * @module
 */
import { hostFileSystem } from "../profile/file_system.ts";
import { HostResolver } from "../profile/resolve.ts";
import { isAtOrBelow } from "../stemflow/path.ts";
import type { Catalog, Start } from "./catalog.ts";

/**
 * What is left of a start when its command begins in a directory: those that allow reading it, and the
 * links on the way. It is the same start where the jail has the directory in any case, or nobody
 * grants it.
 *
 * @param directory absolute path, as the client has it
 * @param home gives the jail's own home, which it has in any case; empty if there is none
 */
export function narrowToDirectory(
  catalog: Catalog,
  start: Start,
  directory: string,
  home: () => string,
): Start {
  const resolved = new HostResolver(hostFileSystem).resolve(directory);
  if ("refusal" in resolved) return start;
  const paths = [...resolved.links.map(({ path }) => path), resolved.path];
  const narrowed = catalog.narrow(start, paths.map((path) => ({ action: "read", path })));
  if (narrowed === start) return start;
  const leadsTo = (path: string) => isAtOrBelow(path, resolved.path);
  const isThere = leadsTo(home()) ||
    catalog.pool.effective(start.set).some(({ path }) => leadsTo(path));
  return isThere ? start : narrowed;
}
