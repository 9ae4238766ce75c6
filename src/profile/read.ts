/**
 * Directories of profiles to their texts, in a fixed order.
 *
 * @module
 */
import { errnoName, type FileSystem } from "./file_system.ts";
import { positionAt } from "./locate.ts";
import { ProfileError } from "./problem.ts";
import { ProfileSource } from "./source.ts";

/** The largest profile, in bytes. */
export const FILE_SIZE_LIMIT = 1024 * 1024;
/** How many files all directories together may have. */
export const FILE_COUNT_LIMIT = 20_000;

/** The texts that could be read, and why others could not. */
export interface ReadResult {
  /** The texts, in order. */
  readonly sources: ProfileSource[];
  /** What could not be read. */
  readonly problems: ProfileError[];
  /** How many profiles there are, those that could not be read included. */
  readonly examined: number;
}

/** How directories are read. */
export interface ReadOptions {
  /** Whether a directory may be missing or hold no profiles. */
  readonly optional: boolean;
}

/**
 * Reads the `*.toml` files of directories. Hidden files and sub-directories are not looked at.
 *
 * @param directories the directories, in order; one that is named twice is read once
 * @param files the host's files
 * @param options what is no problem
 * @returns the texts by directory, then by the bytes of the file's name, and the problems
 */
export function readProfileFiles(
  directories: readonly string[],
  files: FileSystem,
  { optional }: ReadOptions,
): ReadResult {
  const sources: ProfileSource[] = [];
  const problems: ProfileError[] = [];
  let count = 0;
  for (const directory of new Set(directories.map(withoutTrailingSlashes))) {
    const paths = listProfileFiles(directory, files, optional, problems);
    count += paths.length;
    if (count > FILE_COUNT_LIMIT) {
      problems.push(tooMany(directory));
      break;
    }
    for (const path of paths) {
      const read = readProfileFile(path, files);
      if (read === undefined) count--;
      else if (read instanceof ProfileError) problems.push(read);
      else sources.push(read);
    }
  }
  return { sources, problems, examined: count };
}

function withoutTrailingSlashes(directory: string): string {
  return directory.replace(/(?<=.)\/+$/, "");
}

function listProfileFiles(
  directory: string,
  files: FileSystem,
  optional: boolean,
  problems: ProfileError[],
): string[] {
  let names: string[];
  try {
    names = files.readDirectory(directory);
  } catch (error) {
    const errno = errnoName(error);
    if (!(optional && errno === "ENOENT")) problems.push(unreadableDirectory(directory, errno));
    return [];
  }
  const paths = sortByBytes(names.filter((name) => name.endsWith(".toml") && !/^[.#]/.test(name)))
    .map((name) => `${directory === "/" ? "" : directory}/${name}`);
  if (paths.length === 0 && !optional) {
    problems.push(
      new ProfileError(directory, undefined, {
        what: "No profiles in this directory",
        remedy: "add a file whose name ends with .toml, or name another directory",
      }),
    );
  }
  return paths;
}

/** Returns undefined for a directory that happens to be named like a profile. */
function readProfileFile(
  path: string,
  files: FileSystem,
): ProfileSource | ProfileError | undefined {
  const refuse = (remedy: string) =>
    new ProfileError(path, undefined, { what: "Cannot read this profile", remedy });
  try {
    const { kind, size } = files.follow(path);
    if (kind === "directory") return undefined;
    if (kind !== "file") return refuse(`it is a ${kind}; replace it by a file, or rename it`);
    if (size > FILE_SIZE_LIMIT) {
      return refuse(`it has ${size} bytes; make it smaller than ${FILE_SIZE_LIMIT}`);
    }
    const bytes = files.readFile(path, FILE_SIZE_LIMIT);
    const text = decodeUtf8(bytes);
    return text === undefined ? notUtf8(path, bytes) : new ProfileSource(path, text);
  } catch (error) {
    const errno = errnoName(error);
    // Deno puts this character for what is not UTF-8 in a name, which then names nothing.
    if (errno === "ENOENT" && path.includes("\ufffd")) {
      return refuse("its name is not valid UTF-8; rename it");
    }
    if (errno === "ENOENT") return refuse("it is a link to nothing (ENOENT); remove the link");
    return refuse(`${errno}; make the file readable, or remove it`);
  }
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function notUtf8(path: string, bytes: Uint8Array): ProfileError {
  const text = new TextDecoder().decode(bytes);
  const position = positionAt(text, firstReplacement(text, bytes));
  return new ProfileError(path, position, {
    what: "Invalid UTF-8",
    remedy: "this byte begins no character; save the file as UTF-8",
  });
}

/**
 * Finds the first replacement character that stands for bytes which are not UTF-8, and not for
 * itself. The text is what the bytes decode to, without their byte order mark.
 */
function firstReplacement(text: string, bytes: Uint8Array): number {
  const encoder = new TextEncoder();
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  let at = hasMark ? 3 : 0;
  let offset = 0;
  for (const character of text) {
    const encoded = encoder.encode(character);
    if (encoded.some((byte, index) => bytes[at + index] !== byte)) return offset;
    at += encoded.length;
    offset += character.length;
  }
  return offset;
}

function unreadableDirectory(directory: string, errno: string): ProfileError {
  const remedy = errno === "ENOENT"
    ? "create it, or name another directory"
    : errno === "ENOTDIR"
    ? "name the directory that the profile is in"
    : "make it readable for you, or name another directory";
  return new ProfileError(directory, undefined, {
    what: "Cannot read this directory of profiles",
    remedy: `${errno}; ${remedy}`,
  });
}

function tooMany(directory: string): ProfileError {
  return new ProfileError(directory, undefined, {
    what: "Too many profiles",
    remedy: `with this directory they are more than ${FILE_COUNT_LIMIT}; remove some`,
  });
}

/**
 * Orders as the bytes of UTF-8 do, which UTF-16 units beyond the surrogates do not.
 *
 * @param names any texts
 * @returns the same, sorted
 */
export function sortByBytes(names: readonly string[]): string[] {
  const encoder = new TextEncoder();
  return names.map((name) => ({ name, bytes: encoder.encode(name) }))
    .sort((left, right) => compareBytes(left.bytes, right.bytes))
    .map(({ name }) => name);
}

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index++) {
    if (left[index] !== right[index]) return left[index] - right[index];
  }
  return left.length - right.length;
}
