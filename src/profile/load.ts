/**
 * Everything from directories of files to profiles ready to become domains.
 *
 * @module
 */
import type { Environment } from "../protocol/locations.ts";
import { treeAround } from "../stemflow/path.ts";
import { PathExpander } from "./expand.ts";
import { type FileSystem, hostFileSystem } from "./file_system.ts";
import { GlobFinder } from "./glob.ts";
import { type GrantContext, Granter, stepsTo } from "./grant.ts";
import { Inheritance } from "./inherit.ts";
import { parseProfile } from "./parse.ts";
import { comparePositions, type Finding, type ProfileError } from "./problem.ts";
import type { ParsedProfile, Profile, ResolvedProfile } from "./profile.ts";
import { readProfileFiles } from "./read.ts";
import { HostResolver } from "./resolve.ts";
import { RiskFinder } from "./risk.ts";
import { ProfileSource } from "./source.ts";
import { quote } from "./text.ts";

/** A profile that comes with the program instead of from a file. */
export interface ShippedProfile {
  /** What its file was called, without `.toml`. */
  readonly name: string;
  /** What its file held. */
  readonly text: string;
}

/** What to load, and for whom. */
export interface LoadOptions {
  /** The directories, in order. */
  readonly directories: readonly string[];
  /** Whether a directory may be missing or empty, as the default one may. Else that is a problem. */
  readonly directoriesOptional?: boolean;
  /** Profiles that others can extend; a profile from a directory takes the place of its namesake. */
  readonly shipped?: readonly ShippedProfile[];
  /** Whether the shipped profiles are loaded as well, after the directories; true unless said. */
  readonly includeShipped?: boolean;
  /** The environment, asked for XDG variables only. */
  readonly environment: Environment;
  /** The user's home directory, an absolute path; empty where it is not known. */
  readonly home: string;
  /** The host's files; those of this machine unless said. */
  readonly files?: FileSystem;
}

/** What loading gave. */
export interface LoadedProfiles {
  /** The profiles without a problem, in order. */
  readonly profiles: readonly ResolvedProfile[];
  /** Everything that is wrong. */
  readonly problems: readonly ProfileError[];
  /** What is allowed but gives away more than it seems, or is left out for an odd reason. */
  readonly warnings: readonly Finding[];
  /** What the patterns among the paths match. */
  readonly matches: readonly Finding[];
  /** How many profiles were looked at, those with problems included. */
  readonly examined: number;
}

/**
 * Loads profiles: reads, checks, completes and resolves them. Nothing is thrown for what files
 * hold; it is for the caller to refuse a set with problems.
 *
 * @param options what to load, and for whom
 * @returns the profiles, the problems and the warnings
 */
export function loadProfiles(options: LoadOptions): LoadedProfiles {
  const { files = hostFileSystem, environment, home } = options;
  const read = readProfileFiles(options.directories, files, {
    optional: options.directoriesOptional ?? false,
  });
  const own = parseAll(read.sources);
  const shipped = parseAll((options.shipped ?? []).map(toSource));
  const names = nameAll(own.parsed, shipped.parsed);
  const included = options.includeShipped ?? true;
  const chosen = [...own.parsed, ...(included ? shipped.parsed : [])]
    .filter((profile) => names.byName.get(profile.name) === profile);

  const resolver = new HostResolver(files);
  const inheritance = new Inheritance(names.byName);
  const unsound = new Set([...own.unsound, ...shipped.unsound]);
  const complete = chosen.map((parsed) => ({ parsed, profile: inheritance.complete(parsed) }))
    .filter(({ parsed, profile }) => profile !== undefined && !unsound.has(parsed))
    .map(({ profile }) => profile!);
  const { granter, profiles } = grantAll(complete, {
    expander: new PathExpander({ environment, home, files }),
    resolver,
    globs: new GlobFinder(files, resolver),
    risks: new RiskFinder(resolver, home, options.directories),
    home,
  });
  return {
    profiles,
    problems: inOrderOf([...own.files, ...shipped.files], [
      ...read.problems,
      ...own.problems,
      ...shipped.problems,
      ...names.problems,
      ...inheritance.problems,
      ...granter.problems,
    ]),
    warnings: granter.warnings,
    matches: granter.matches,
    examined: read.examined + (included ? shipped.parsed.length - names.replaced : 0),
  };
}

interface Granted {
  readonly granter: Granter;
  readonly profiles: readonly ResolvedProfile[];
}

/**
 * Resolves profiles: once without regard to who may write where, which tells that, and if something
 * that decides where grants lead is in a tree that jails may write to, once more, with regard to it.
 */
function grantAll(
  complete: readonly Profile[],
  host: GrantContext,
): Granted {
  const first = resolveAll(complete, new Granter(host, new Set()));
  const binds = first.profiles.flatMap((profile) => profile.binds);
  const writable = new Set(binds.filter(({ write }) => write).map(({ path }) => path));
  const links = binds.filter(({ kind }) => kind === "link").map(({ path }) => path);
  const decisive = [...links, ...stepsTo(host.expander.userDirectoriesFile, host.resolver)];
  const isPlantable = decisive.some((path) => treeAround(path, writable) !== undefined);
  return isPlantable ? resolveAll(complete, new Granter(host, writable)) : first;
}

function resolveAll(complete: readonly Profile[], granter: Granter): Granted {
  const profiles = complete.map((profile) => granter.resolve(profile))
    .filter((profile) => profile !== undefined);
  return { granter, profiles };
}

function toSource({ name, text }: ShippedProfile): ProfileSource {
  return new ProfileSource(`<shipped>/${name}.toml`, text);
}

/** Directories and what could not be read first, then file by file, each from its top to its end. */
function inOrderOf(files: readonly string[], problems: readonly ProfileError[]): ProfileError[] {
  const places = new Map(files.map((file, at) => [file, at]));
  const placeOf = ({ file }: ProfileError) => places.get(file) ?? -1;
  return problems.toSorted((left, right) =>
    placeOf(left) - placeOf(right) || comparePositions(left, right)
  );
}

interface ParsedAll {
  readonly files: readonly string[];
  readonly parsed: ParsedProfile[];
  readonly unsound: ParsedProfile[];
  readonly problems: ProfileError[];
}

function parseAll(sources: readonly ProfileSource[]): ParsedAll {
  const parsed: ParsedProfile[] = [];
  const unsound: ParsedProfile[] = [];
  const problems: ProfileError[] = [];
  for (const source of sources) {
    const result = parseProfile(source.text, source.file);
    problems.push(...result.problems);
    if (result.profile === undefined) continue;
    parsed.push(result.profile);
    if (result.problems.length > 0) unsound.push(result.profile);
  }
  return { files: sources.map(({ file }) => file), parsed, unsound, problems };
}

interface Names {
  readonly byName: ReadonlyMap<string, ParsedProfile>;
  readonly problems: ProfileError[];
  /** How many shipped profiles have a namesake among the others. */
  readonly replaced: number;
}

function nameAll(own: readonly ParsedProfile[], shipped: readonly ParsedProfile[]): Names {
  const byName = new Map<string, ParsedProfile>();
  const problems: ProfileError[] = [];
  for (const profile of own) {
    const first = byName.get(profile.name);
    if (first === undefined) byName.set(profile.name, profile);
    else problems.push(duplicate(profile, first));
  }
  let replaced = 0;
  for (const profile of shipped) {
    if (byName.has(profile.name)) replaced++;
    else byName.set(profile.name, profile);
  }
  return { byName, problems, replaced };
}

function duplicate({ name, source }: ParsedProfile, first: ParsedProfile): ProfileError {
  return source.problem(["name"], {
    what: `The name ${quote(name)} is taken`,
    remedy: `${first.source.file} has it, and ${source.file} too; rename one of the two`,
  });
}
