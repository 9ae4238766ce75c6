/**
 * Loading the profiles that a portal serves.
 *
 * @module
 */
import { UserError } from "../errors.ts";
import type { LoadedProfiles } from "../profile/load.ts";
import { loadInstalled, profileSources } from "../profile/installed.ts";
import { Catalog } from "./catalog.ts";
import type { Log } from "./log.ts";

/**
 * Loads and checks all profiles.
 *
 * @param stated the directories that the command line names
 * @throws UserError when one of them has a problem; all problems are told, the first as its message
 */
export function loadCatalog(stated: readonly string[], log: Log): Catalog {
  const loaded = loadInstalled(stated);
  if (loaded.problems.length > 0) throw problemsError(loaded, log);
  for (const { what, file, line } of loaded.warnings) {
    log.write("debug", what, { file, ...(line === undefined ? {} : { line }) });
  }
  if (loaded.profiles.length > 0) return new Catalog(loaded.profiles);
  const { directories } = profileSources(stated);
  throw new UserError(`There is no profile in ${directories.join(", ")}`);
}

function problemsError({ problems }: LoadedProfiles, log: Log): UserError {
  const [first, ...others] = problems;
  for (const problem of others) log.write("error", problem.message);
  const more = others.length === 0
    ? ""
    : ` (and ${others.length} more: \`stemjail profile check\`)`;
  return new UserError(`${first.message}${more}`);
}
