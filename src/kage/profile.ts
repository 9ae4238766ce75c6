/**
 * `stemjail profile`: checks, lists, shows and makes profiles, without a portal.
 *
 * @module
 */
import type { Given } from "../cli/options.ts";
import { print } from "../cli/output.ts";
import { Status, UserError } from "../errors.ts";
import { loadInstalled } from "../profile/installed.ts";
import {
  checkReport,
  findProfile,
  listReport,
  namesReport,
  problemsInShort,
  showReport,
} from "../profile/report.ts";
import { editProfile, newProfile } from "./profile_edit.ts";

function check(given: Given): number {
  const loaded = loadInstalled(given.all("profiles"));
  const written = print(`${checkReport(loaded)}\n`);
  return loaded.problems.length > 0 ? Status.failure : written;
}

function list(given: Given): number {
  const loaded = loadInstalled(given.all("profiles"));
  const written = print(`${(given.has("names") ? namesReport : listReport)(loaded)}\n`);
  if (loaded.problems.length > 0) {
    console.error(`stemjail: warning: ${problemsInShort(loaded.problems)}; it is left out here`);
  }
  return written;
}

function show(given: Given, name: string): number {
  const found = findProfile(loadInstalled(given.all("profiles")), name);
  if ("remedy" in found) throw new UserError(`${found.what}: ${found.remedy}`);
  return print(`${showReport(found)}\n`);
}

const forAll: Readonly<Record<string, (given: Given) => number>> = { check, list };
const forOne: Readonly<Record<string, (given: Given, name: string) => number>> = {
  show,
  edit: editProfile,
  new: newProfile,
};

/** Carries out the operand: check, list, show, edit or new. */
export function profile(given: Given): number {
  const [action = "", ...names] = given.operands;
  for (const [option, partner] of [["from", "new"], ["names", "list"]]) {
    if (!given.has(option) || action === partner) continue;
    throw new UserError(`profile: --${option} goes with ${partner}`, Status.usage);
  }
  if (Object.hasOwn(forAll, action) && names.length === 0) return forAll[action](given);
  if (Object.hasOwn(forOne, action)) {
    if (names.length === 1) return forOne[action](given, names[0]);
    throw new UserError(`profile: ${action} wants one name`, Status.usage);
  }
  throw new UserError(
    "profile: say check, list, show NAME, edit NAME or new NAME",
    Status.usage,
  );
}
