/**
 * `stemjail profile`: checks, lists and shows profiles, without a portal.
 *
 * @module
 */
import type { Given } from "../cli/options.ts";
import { print } from "../cli/output.ts";
import { Status, UserError } from "../errors.ts";
import { loadInstalled } from "../profile/installed.ts";
import type { LoadedProfiles } from "../profile/load.ts";
import { checkReport, findProfile, listReport, showReport } from "../profile/report.ts";

function check(loaded: LoadedProfiles): number {
  const written = print(checkReport(loaded));
  return loaded.problems.length > 0 ? Status.failure : written;
}

function show(loaded: LoadedProfiles, names: readonly string[]): number {
  if (names.length !== 1) throw new UserError("profile: show wants one name", Status.usage);
  const found = findProfile(loaded, names[0]);
  if ("remedy" in found) throw new UserError(`${found.what}: ${found.remedy}`);
  return print(showReport(found));
}

/** Carries out the operand: check, list or show. */
export function profile(given: Given): number {
  const [action, ...names] = given.operands;
  if (!["check", "list", "show"].includes(action) || (action !== "show" && names.length > 0)) {
    throw new UserError("profile: say check, list or show NAME", Status.usage);
  }
  const loaded = loadInstalled(given.all("profiles"));
  if (action === "check") return check(loaded);
  return action === "list" ? print(listReport(loaded)) : show(loaded, names);
}
