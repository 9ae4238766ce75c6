/**
 * The user's environment.
 *
 * @module
 */

import { NO_HOME } from "../protocol/locations.ts";

/** What the launcher adds for itself, and what it kept from the runtime under another name. */
const added = /^(DENO_|STEMJAIL_(EXE|DIR|FILES|INSTALLED)$)/;
const SAVED = "STEMJAIL_SAVED_";

/** The environment as it was before the launcher added its own variables. */
export function outsideEnvironment(): Record<string, string> {
  const outside: Record<string, string> = {};
  for (const [name, value] of Object.entries(Deno.env.toObject())) {
    if (name.startsWith(SAVED)) outside[name.slice(SAVED.length)] = value;
    else if (!added.test(name) && !(name === "HOME" && value === NO_HOME)) outside[name] = value;
  }
  return outside;
}
