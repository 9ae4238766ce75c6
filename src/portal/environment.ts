/**
 * The application's environment: an allow list, what the profiles say, what the command line says.
 *
 * @module
 */
import type { EnvironmentSettings } from "../profile/profile.ts";
import { RUN_DIRECTORY, SHIM_NAME } from "../protocol/inside.ts";
import { DEFAULT_PATH } from "./command.ts";

const allowed = new Set([
  ...["HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "LANGUAGE", "PATH", "TZ"],
  ...["COLORTERM", "NO_COLOR"],
]);

/** What is loaded into programs first. */
const SHIM = `${RUN_DIRECTORY}/${SHIM_NAME}`;

function isAllowed(name: string): boolean {
  return allowed.has(name) || name.startsWith("LC_");
}

/** What holds for every candidate: nothing is passed or set that only some of them ask for. */
function inCommon(candidates: readonly EnvironmentSettings[]): EnvironmentSettings {
  const [first, ...others] = candidates;
  const pass = first.pass.filter((name) => others.every((other) => other.pass.includes(name)));
  const set = Object.entries(first.set).filter(([name, value]) =>
    others.every((other) => other.set[name] === value)
  );
  const unset = candidates.flatMap((candidate) => candidate.unset);
  return { pass, set: Object.fromEntries(set), unset };
}

/**
 * Composes the environment.
 *
 * @param outside the client's own
 * @param candidates what each candidate profile says, at least one
 * @param variables what the command line adds; they have the last word
 * @param session where the session is found inside; profiles and command line may say otherwise
 * @returns `NAME=value` each
 */
export function composeEnvironment(
  outside: Readonly<Record<string, string>>,
  candidates: readonly EnvironmentSettings[],
  variables: readonly (readonly [name: string, value: string])[],
  session: Readonly<Record<string, string>> = {},
): string[] {
  const { pass, set, unset } = inCommon(candidates);
  const inside = new Map<string, string>();
  for (const [name, value] of Object.entries(outside)) {
    if (isAllowed(name)) inside.set(name, value);
  }
  for (const [name, value] of Object.entries(session)) inside.set(name, value);
  for (const name of pass) if (Object.hasOwn(outside, name)) inside.set(name, outside[name]);
  for (const [name, value] of Object.entries(set)) inside.set(name, value);
  for (const name of unset) inside.delete(name);
  for (const [name, value] of variables) inside.set(name, value);
  // With a PATH, be it ours alone, nothing looks in the default one any more.
  inside.set("PATH", `${inside.get("PATH") || DEFAULT_PATH}:${RUN_DIRECTORY}`);
  const preload = inside.get("LD_PRELOAD");
  inside.set("LD_PRELOAD", preload ? `${SHIM}:${preload}` : SHIM);
  return [...inside].map(([name, value]) => `${name}=${value}`);
}
