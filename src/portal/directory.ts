/**
 * The directory that a command starts in. Where it is not there from the start, it counts as what the
 * command accesses first.
 *
 * @module
 */
import { hostFileSystem } from "../profile/file_system.ts";
import { HostResolver } from "../profile/resolve.ts";
import type { CandidateSet } from "../stemflow/candidates.ts";
import type { Access } from "../stemflow/domain.ts";
import { isAtOrBelow } from "../stemflow/path.ts";
import type { Pool } from "../stemflow/pool.ts";

/**
 * What starting in a directory takes: reading the links on the way, and the directory.
 *
 * @param directory absolute path, as the client has it
 * @param home the jail's own home, which it has in any case; empty if there is none
 * @returns nothing where every candidate's jail has the directory, or the host has none to be granted
 */
export function directoryAccesses(
  directory: string,
  home: string,
  pool: Pool,
  set: CandidateSet,
): Access[] {
  const resolved = new HostResolver(hostFileSystem).resolve(directory);
  if ("refusal" in resolved) return [];
  const leadsTo = (path: string) => isAtOrBelow(path, resolved.path);
  if (leadsTo(home) || pool.effective(set).some(({ path }) => leadsTo(path))) return [];
  const paths = [...resolved.links.map(({ path }) => path), resolved.path];
  return paths.map((path) => ({ action: "read", path }));
}
