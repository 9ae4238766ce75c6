/**
 * Where things are, by the environment: the portal's socket, its log, the user's profiles.
 * XDG Base Directory Specification.
 *
 * @module
 */

/** Reads one variable of the environment; an empty one counts as unset. */
export type Environment = (name: string) => string | undefined;

/** The launcher's value of HOME where there is none outside; the runtime gets it in any case. */
export const NO_HOME = "/proc/self/none";

/** The environment of this process, as its user set it. */
export function processEnvironment(name: string): string | undefined {
  const saved = name === "HOME" ? Deno.env.get("STEMJAIL_SAVED_HOME") : undefined;
  const value = saved ?? Deno.env.get(name);
  return value === "" || name === "HOME" && value === NO_HOME ? undefined : value;
}

function absolute(environment: Environment, name: string): string | undefined {
  const value = environment(name);
  // The specification has relative values ignored.
  return value?.startsWith("/") ? value.replace(/\/+$/, "") || "/" : undefined;
}

/** The home directory that the environment names, or undefined where it names none. */
export function statedHome(environment: Environment): string | undefined {
  return absolute(environment, "HOME");
}

/** The home directory; the root where none is named. */
export function homeDirectory(environment: Environment): string {
  return statedHome(environment) ?? "/";
}

/**
 * The portal's socket.
 *
 * @param uid of the user, for the place that serves where there is no XDG_RUNTIME_DIR
 */
export function socketPath(environment: Environment, uid: number): string {
  const stated = environment("STEMJAIL_SOCKET");
  if (stated !== undefined) return stated;
  return `${socketDirectory(environment, uid)}/portal.sock`;
}

/** Whether the environment names a runtime directory, so that the socket's place tells no users apart. */
export function hasRuntimeDirectory(environment: Environment): boolean {
  return absolute(environment, "XDG_RUNTIME_DIR") !== undefined;
}

function socketDirectory(environment: Environment, uid: number): string {
  const runtime = absolute(environment, "XDG_RUNTIME_DIR");
  return runtime === undefined ? `/tmp/stemjail-${uid}` : `${runtime}/stemjail`;
}

/** The user's own profiles. */
export function userProfileDirectory(environment: Environment): string {
  const home = homeDirectory(environment);
  const base = absolute(environment, "XDG_CONFIG_HOME") ?? `${home}/.config`;
  return `${base}/stemjail/profiles`;
}

/** Whether the environment tells where the user's own profiles are: without, it would be the root. */
export function hasUserProfiles(environment: Environment): boolean {
  return [statedHome(environment), absolute(environment, "XDG_CONFIG_HOME")]
    .some((directory) => directory !== undefined);
}

/** The directories that STEMJAIL_PROFILES names, or null when it does not. */
export function statedProfileDirectories(environment: Environment): string[] | null {
  const stated = environment("STEMJAIL_PROFILES");
  return stated === undefined ? null : stated.split(":").filter((directory) => directory !== "");
}

/** Where a portal that was started in the background keeps its log. */
export function stateDirectory(environment: Environment): string {
  const home = homeDirectory(environment);
  const base = absolute(environment, "XDG_STATE_HOME") ?? `${home}/.local/state`;
  return `${base}/stemjail`;
}

/**
 * Where the programs are that serve a jail from outside: first where packages install, and then where
 * PATH says, since a jail may be allowed to write to a directory of the user's in it.
 *
 * @returns directories, as PATH has them
 */
export function helperPath(environment: Environment): string {
  return `/usr/local/bin:/usr/bin:/bin:${environment("PATH") ?? ""}`;
}

/** Where the executable unpacks itself. */
export function cacheDirectory(environment: Environment): string {
  const home = homeDirectory(environment);
  const base = absolute(environment, "XDG_CACHE_HOME") ?? `${home}/.cache`;
  return `${base}/stemjail`;
}
