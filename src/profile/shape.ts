/**
 * Shapes that a TOML value can be checked against. Every mismatch is told, not only the first.
 *
 * @module
 */
import type { KeyPath } from "./locate.ts";
import { nearestNames } from "./nearest.ts";
import type { Refusal } from "./problem.ts";
import { quote } from "./text.ts";

/** Where a complaint is about: a key or a value, by its way from the top of the document. */
export interface Place {
  /** The way to it. */
  readonly path: KeyPath;
  /** Whether the key or its value is meant. */
  readonly part: "key" | "value";
}

/** Takes what is wrong with a document, piece by piece. */
export type Complain = (place: Place, refusal: Refusal) => void;

/**
 * Checks a value and converts it.
 *
 * @param value what the TOML parser returned; integers as bigint
 * @param path the value's way from the top of the document
 * @param complain called for everything that is wrong
 * @returns the converted value, or undefined after a complaint
 */
export type Shape<T> = (value: unknown, path: KeyPath, complain: Complain) => T | undefined;

/** Returns why a value of the right type is refused all the same, or undefined if it is not. */
export type Check<T> = (value: T) => Refusal | undefined;

/** The type that a shape converts to. */
export type Shaped<S> = S extends Shape<infer T> ? T : never;

/** The shapes of a table's keys. */
export type Fields = Readonly<Record<string, Shape<unknown>>>;

/** A table whose keys are all optional. */
export type Table<F extends Fields> = { [K in keyof F]?: Shaped<F[K]> };

/**
 * Writes a key path as TOML does.
 *
 * @param path the way from the top of the document
 * @returns such as `fs.bind[1].path`; counted from zero, keys quoted where TOML needs it
 */
export function formatKeyPath(path: KeyPath): string {
  return path.map((part, index) => {
    if (typeof part === "number") return `[${part}]`;
    const key = /^[A-Za-z0-9_-]+$/.test(part) ? part : quote(part);
    return index === 0 ? key : `.${key}`;
  }).join("");
}

function typeName(value: unknown): string {
  if (typeof value === "string") return "a string";
  if (typeof value === "boolean") return "a boolean";
  if (typeof value === "bigint") return "an integer";
  if (typeof value === "number") return "a float";
  if (Array.isArray(value)) return "an array";
  return value instanceof Date ? "a date" : "a table";
}

function wrongType(value: unknown, path: KeyPath, wanted: string, example: string): Refusal {
  return {
    what: `${quoteKeyPath(path)} is ${typeName(value)}`,
    remedy: `it must be ${wanted}, as in ${example}`,
  };
}

/** The key that a value belongs to, for an example of how to write it. */
function lastKey(path: KeyPath): string {
  return formatKeyPath([path.findLast((part) => typeof part === "string") ?? "key"]);
}

/**
 * A string.
 *
 * @param check what else it must fulfil
 * @returns the shape
 */
export function string(check?: Check<string>): Shape<string> {
  return (value, path, complain) => {
    const place: Place = { path, part: "value" };
    if (typeof value !== "string") {
      complain(place, wrongType(value, path, "a string", '"text" with its quotes'));
      return undefined;
    }
    const refusal = check?.(value);
    if (refusal === undefined) return value;
    complain(place, refusal);
    return undefined;
  };
}

/**
 * true or false: a {@link Shape}.
 *
 * @param value what the TOML parser returned
 * @param path the value's way from the top of the document
 * @param complain called if it is something else
 * @returns the value, or undefined after a complaint
 */
export function boolean(
  value: unknown,
  path: KeyPath,
  complain: Complain,
): boolean | undefined {
  if (typeof value === "boolean") return value;
  const example = `${lastKey(path)} = true without quotes`;
  complain({ path, part: "value" }, wrongType(value, path, "true or false", example));
  return undefined;
}

/** An example that looks like what people write: limits in MiB, numbers of files. */
const USUAL_INTEGER = 1024;

/**
 * An integer within limits.
 *
 * @param least the smallest
 * @param most the largest, at most 2^53 - 1
 * @returns the shape
 */
export function integer(least: number, most: number): Shape<number> {
  return (value, path, complain) => {
    const place: Place = { path, part: "value" };
    if (typeof value !== "bigint") {
      const example = Math.min(Math.max(least, USUAL_INTEGER), most);
      const written = `${lastKey(path)} = ${example} without quotes`;
      complain(place, wrongType(value, path, "an integer", written));
      return undefined;
    }
    if (value >= least && value <= most) return Number(value);
    complain(place, {
      what: `${quoteKeyPath(path)} is ${value}`,
      remedy: `it must be from ${least} to ${most}`,
    });
    return undefined;
  };
}

/**
 * One of a few words.
 *
 * @param words the words
 * @returns the shape
 */
export function oneOf<const W extends string>(...words: W[]): Shape<W> {
  const listed = words.map(quote).join(", ");
  return (value, path, complain) => {
    const word = words.find((candidate) => candidate === value);
    if (word !== undefined) return word;
    complain({ path, part: "value" }, {
      what: `${quoteKeyPath(path)} is ${
        typeof value === "string" ? quote(value) : typeName(value)
      }`,
      remedy: `it must be one of ${listed}`,
    });
    return undefined;
  };
}

/**
 * An array.
 *
 * @param item the shape of each element
 * @param example how such an array is written, for the message
 * @returns the shape; elements that are wrong are left out after their complaints
 */
export function list<T>(item: Shape<T>, example: string): Shape<T[]> {
  return (value, path, complain) => {
    if (!Array.isArray(value)) {
      complain({ path, part: "value" }, wrongType(value, path, "an array", example));
      return undefined;
    }
    return value.map((element, index) => item(element, [...path, index], complain))
      .filter((element) => element !== undefined) as T[];
  };
}

/**
 * A table of the file's own keys.
 *
 * @param item the shape of each value
 * @param checkKey what each key must fulfil
 * @param example how such a table is written, for the message
 * @returns the shape; entries that are wrong are left out after their complaints
 */
export function map<T>(
  item: Shape<T>,
  checkKey: Check<string>,
  example: string,
): Shape<Record<string, T>> {
  return (value, path, complain) => {
    if (!isTable(value)) {
      complain({ path, part: "value" }, wrongType(value, path, "a table", example));
      return undefined;
    }
    // Without a prototype, so that "__proto__" is a key like any other.
    const entries: Record<string, T> = Object.create(null);
    for (const [key, element] of Object.entries(value)) {
      const keyPath = [...path, key];
      const refusal = checkKey(key);
      if (refusal !== undefined) complain({ path: keyPath, part: "key" }, refusal);
      const shaped = item(element, keyPath, complain);
      if (shaped !== undefined && refusal === undefined) entries[key] = shaped;
    }
    return entries;
  };
}

/**
 * A table of known keys.
 *
 * @param fields the shape of each key's value
 * @param example how such a table is written, for the message
 * @param required the keys that must be there, each with how it is written
 * @returns the shape; values that are wrong are left out after their complaints
 */
export function table<F extends Fields>(
  fields: F,
  example: string,
  required: Readonly<Record<string, string>> = {},
): Shape<Table<F>> {
  return (value, path, complain) => {
    if (!isTable(value)) {
      complain({ path, part: "value" }, wrongType(value, path, "a table", example));
      return undefined;
    }
    const shaped: Record<string, unknown> = {};
    for (const [key, element] of Object.entries(value)) {
      const keyPath = [...path, key];
      if (!Object.hasOwn(fields, key)) {
        complain({ path: keyPath, part: "key" }, refuseKey(keyPath, Object.keys(fields)));
        continue;
      }
      shaped[key] = fields[key](element, keyPath, complain);
    }
    for (const [key, written] of Object.entries(required)) {
      if (Object.hasOwn(value, key)) continue;
      const missing = quoteKeyPath([...path, key]);
      complain({ path, part: "value" }, {
        what: `${missing} is missing`,
        remedy: `add ${written}`,
      });
    }
    return shaped as Table<F>;
  };
}

function refuseKey(path: KeyPath, known: readonly string[]): Refusal {
  const [nearest] = nearestNames(String(path.at(-1)), known, 1);
  const where = path.length === 1 ? "at the top of a profile" : `in "${parentTable(path)}"`;
  return {
    what: `Unknown key ${quoteKeyPath(path)}`,
    remedy: nearest === undefined
      ? `the keys ${where} are ${known.join(", ")}`
      : `did you mean "${nearest}"?`,
  };
}

function quoteKeyPath(path: KeyPath): string {
  const formatted = formatKeyPath(path);
  return formatted.includes('"') ? formatted : `"${formatted}"`;
}

function parentTable(path: KeyPath): string {
  return formatKeyPath(path.slice(0, -1).filter((part) => typeof part === "string"));
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    !(value instanceof Date);
}
