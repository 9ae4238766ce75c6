/**
 * Which build this is. The two texts are filled in when the executable is made (scripts/maker.ts);
 * run from the sources, they are still as they stand here.
 *
 * @module
 */
import configuration from "../deno.json" with { type: "json" };

const maker = "@STEMJAIL_MAKER@";
const build = "@STEMJAIL_BUILD@";

/** How the executable was made, on which runtime, and the hash of its contents. */
function buildDescription(): string {
  const runtime = `deno ${Deno.version.deno}`;
  return maker.startsWith("@") ? `from source, ${runtime}` : `${maker}, ${runtime}, build ${build}`;
}

/** What `stemjail --version` says, such as `stemjail 0.1.0 (self-extracting, deno 2.9.6, build …)`. */
export function versionLine(): string {
  return `stemjail ${configuration.version} (${buildDescription()})`;
}
