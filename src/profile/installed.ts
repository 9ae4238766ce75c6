/**
 * The profiles of this user on this machine: where they are, and those that come along.
 *
 * @module
 */
import { AT_FDCWD, close, openAt, OpenFlag, readAll } from "../../ffi/file.ts";
import { installedDirectory, installedFile, namesInMemory } from "../../ffi/library.ts";
import { statusOf } from "../../ffi/status.ts";
import {
  processEnvironment,
  statedHome,
  statedProfileDirectories,
  userProfileDirectory,
} from "../protocol/locations.ts";
import { hostFileSystem } from "./file_system.ts";
import { type LoadedProfiles, loadProfiles, type ShippedProfile } from "./load.ts";

/** Where profiles are looked for. */
export interface ProfileSources {
  /** In the order of precedence. */
  readonly directories: readonly string[];
  /** Whether somebody named them, so that nothing else is loaded. */
  readonly areStated: boolean;
}

/**
 * Where profiles are: what the command line names, else what STEMJAIL_PROFILES does, else the
 * user's own directory.
 */
export function profileSources(stated: readonly string[]): ProfileSources {
  if (stated.length > 0) return { directories: stated, areStated: true };
  const named = statedProfileDirectories(processEnvironment);
  if (named !== null) return { directories: named, areStated: true };
  return { directories: [userProfileDirectory(processEnvironment)], areStated: false };
}

const PREFIX = "profiles/";
const SUFFIX = ".toml";

function shippedNames(): string[] {
  const directory = installedDirectory();
  const names = directory === null
    ? namesInMemory().filter((name) => name.startsWith(PREFIX)).map((name) =>
      name.slice(PREFIX.length)
    )
    : hostFileSystem.readDirectory(`${directory}/profiles`);
  return names.filter((name) => name.endsWith(SUFFIX)).sort();
}

/** Of a file that may be in memory, where the runtime does not let itself be sent. */
function readText(path: string): string {
  const file = openAt(AT_FDCWD, path, OpenFlag.readOnly);
  try {
    return new TextDecoder().decode(readAll(file, statusOf(file).size));
  } finally {
    close(file);
  }
}

/** The profiles that come with the executable. */
export function shippedProfiles(): ShippedProfile[] {
  return shippedNames().map((name) => ({
    name: name.slice(0, -SUFFIX.length),
    text: readText(installedFile(`${PREFIX}${name}`)),
  }));
}

/** Loads what {@link profileSources} says; the shipped ones as well, unless directories are stated. */
export function loadInstalled(stated: readonly string[]): LoadedProfiles {
  const { directories, areStated } = profileSources(stated);
  return loadProfiles({
    directories,
    directoriesOptional: !areStated,
    shipped: shippedProfiles(),
    includeShipped: !areStated,
    environment: processEnvironment,
    // Without one, a path of the home's is told of: were it the root's, "~" would grant everything.
    home: statedHome(processEnvironment) ?? "",
  });
}
