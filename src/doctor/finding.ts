/**
 * What a check says.
 *
 * @module
 */

/** `FAIL`: no jail can be made because of it. `warning`: a jail can be made, and lacks something. */
export type Level = "ok" | "warning" | "FAIL";

/** One line of the report. */
export interface Finding {
  /** How grave it is. */
  readonly level: Level;
  /** What was looked at. */
  readonly what: string;
  /** What was found. */
  readonly value: string;
  /** Lines to paste into a shell, explanations among them as comments; empty where all is well. */
  readonly remedy: readonly string[];
}

/** All is well. */
export function ok(what: string, value: string): Finding {
  return { level: "ok", what, value, remedy: [] };
}

/** A jail can be made, but something is lost. */
export function warning(what: string, value: string, remedy: readonly string[]): Finding {
  return { level: "warning", what, value, remedy };
}

/** Because of this, no jail can be made. */
export function failure(what: string, value: string, remedy: readonly string[]): Finding {
  return { level: "FAIL", what, value, remedy };
}

/** `failure` or `warning`, as jails can or cannot be made in spite of it. */
export function obstacle(
  stopsJails: boolean,
): (what: string, value: string, remedy: readonly string[]) => Finding {
  return stopsJails ? failure : warning;
}
