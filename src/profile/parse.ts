/**
 * The text of one profile to a value, with everything that is wrong in it.
 *
 * @module
 */
import { parse, TomlError } from "smol-toml";
import { comparePositions, ProfileError, type Refusal } from "./problem.ts";
import type { Bind, ParsedProfile } from "./profile.ts";
import { type ProfileFile, profileShape } from "./schema.ts";
import type { Place } from "./shape.ts";
import { ProfileSource } from "./source.ts";
import { quote } from "./text.ts";

// Each problem's place is searched from the file's beginning: a file of nonsense ends here.
const MOST_PROBLEMS = 50;

/** One profile's text, understood as far as it can be. */
export interface ParseResult {
  /** The profile; undefined without valid TOML and a name. Incomplete if there are problems. */
  readonly profile: ParsedProfile | undefined;
  /** All that is wrong, in the order of the text; at most 50. */
  readonly problems: readonly ProfileError[];
}

/** What to do about the parser's complaints that do not say so themselves. */
const SYNTAX_REMEDIES: readonly (readonly [RegExp, string])[] = [
  [/not allowed in strings|unfinished string/, "close the string with its quote on this line"],
  [/unrecognised escape|escape/, "write a backslash twice, or the string in single quotes"],
  [/invalid value|unfinished numeric/, 'write a value: "text", 1, true, [...] or {...}'],
  [/redefine/, "write each key and each [table] once; only [[fs.bind]] repeats"],
  [/incomplete key-value|end of key|bare key|in key/, "write key = value"],
  [/end-of-line/, "begin a new line after each value"],
  [/unfinished (table|array)|end of (structure|table)/, "close the bracket"],
];

/**
 * Reads one profile.
 *
 * @param text the file's content; a byte order mark is ignored
 * @param file the file's name for messages
 * @returns the profile and the problems; nothing is thrown for what the text holds
 */
export function parseProfile(text: string, file: string): ParseResult {
  const source = new ProfileSource(file, text);
  let document: unknown;
  try {
    // With bigint, 1.0 is told from 1, and a large integer is a problem like any other.
    document = parse(source.text, { integersAsBigInt: true });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    return { profile: undefined, problems: [syntaxProblem(source, error)] };
  }
  const problems: ProfileError[] = [];
  const complain = (place: Place, refusal: Refusal) => {
    if (problems.length === MOST_PROBLEMS) return;
    problems.push(source.problem(place.path, refusal, place.part));
  };
  const stated = profileShape(document, [], complain) ?? {};
  const env = stated.env ?? {};
  for (const [index, name] of (env.unset ?? []).entries()) {
    if (!Object.hasOwn(env.set ?? {}, name)) continue;
    complain({ path: ["env", "unset", index], part: "value" }, contradiction(name));
  }
  problems.sort(comparePositions);
  const profile = stated.name === undefined ? undefined : toProfile(stated.name, stated, source);
  return { profile, problems };
}

function contradiction(name: string): Refusal {
  return {
    what: `${quote(name)} is both set and unset`,
    remedy: "remove it from env.set or from env.unset",
  };
}

function toProfile(name: string, stated: ProfileFile, source: ProfileSource): ParsedProfile {
  const { limits = {}, sandbox = {}, desktop = {} } = stated;
  const binds: Bind[] = [];
  for (const { path, index, ...flags } of stated.fs?.bind ?? []) {
    if (path === undefined) continue;
    const { write = false, optional = false, create = false, literal = false } = flags;
    binds.push({ path, write, optional, create, literal, source, index });
  }
  const { dbus_talk: dbusTalk, ...switches } = desktop;
  return {
    name,
    source,
    extends: stated.extends ?? [],
    binds,
    run: stated.run ?? {},
    env: stated.env ?? {},
    net: stated.net ?? {},
    desktop: { ...switches, dbusTalk },
    limits: {
      memoryMb: limits.memory_mb,
      required: limits.required,
      processes: limits.processes,
      openFiles: limits.open_files,
      addressSpaceMb: limits.address_space_mb,
      coreMb: limits.core_mb,
      tmpMb: limits.tmp_mb,
    },
    sandbox: { nestedNamespaces: sandbox.nested_namespaces },
  };
}

function syntaxProblem(source: ProfileSource, error: TomlError): ProfileError {
  const line = source.text.split("\n")[error.line - 1] ?? "";
  // The parser counts columns in UTF-16 units.
  const column = Array.from(line.slice(0, error.column - 1)).length + 1;
  const reason = error.message.split("\n")[0].replace(/^Invalid TOML document: /, "");
  const remedy = SYNTAX_REMEDIES.find(([pattern]) => pattern.test(reason))?.[1];
  return new ProfileError(source.file, { line: error.line, column }, {
    what: "Invalid TOML",
    remedy: remedy === undefined ? reason : `${reason}; ${remedy}`,
  });
}
