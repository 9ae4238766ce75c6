/**
 * The version, as deno.json has it.
 *
 * @module
 */
import configuration from "../deno.json" with { type: "json" };

/** Semantic version of this source. */
export const VERSION: string = configuration.version;
