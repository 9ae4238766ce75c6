/**
 * The ways to run a command that are compared.
 *
 * @module
 */
import type { Place } from "./place.ts";

/** Something that takes part in a comparison. */
export interface Contender {
  /** What the tables call it. */
  readonly name: string;
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** Shell text that runs before each run, and is not timed. */
  readonly before?: string;
  /** The same, after each run. */
  readonly after?: string;
}

/** What a sandbox is to show beside the system: paths to read, and paths to write. */
export interface Shown {
  /** Paths to read. */
  readonly read: readonly string[];
  /** Paths to read and write. */
  readonly write: readonly string[];
}

/** The system, as sandboxes usually show it. */
export const systemPaths = ["/usr", "/etc"] as const;
/** Directories, or links into /usr where the distribution has merged them. */
export const systemLinks = ["/bin", "/sbin", "/lib", "/lib64"] as const;

function isLink(path: string): boolean {
  return Deno.lstatSync(path).isSymlink;
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** `stemjail run` by the portal of a socket. */
export function inStemjail(
  place: Place,
  socket: string,
  command: readonly string[],
): readonly string[] {
  return [place.stemjail, "run", `--socket=${socket}`, "--", ...command];
}

/** bubblewrap with every namespace, and the usual binds. */
export function inBubblewrap(command: readonly string[], shown?: Shown): readonly string[] {
  const links = systemLinks.filter(exists).flatMap((path) =>
    isLink(path) ? ["--symlink", Deno.readLinkSync(path), path] : ["--ro-bind", path, path]
  );
  return [
    ...["bwrap", "--unshare-all", "--die-with-parent"],
    ...[...systemPaths, ...shown?.read ?? []].flatMap((path) => ["--ro-bind", path, path]),
    ...links,
    ...["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"],
    ...(shown?.write ?? []).flatMap((path) => ["--bind", path, path]),
    ...command,
  ];
}

/** firejail without a profile: its fastest. */
export function inFirejail(command: readonly string[]): readonly string[] {
  return ["firejail", "--quiet", "--noprofile", ...command];
}

/** PRoot with the same binds, over an empty root. */
export function inProot(
  root: string,
  command: readonly string[],
  shown: Shown,
): readonly string[] {
  const paths = [
    ...[...systemPaths, ...systemLinks, "/proc", "/dev", "/tmp"].filter(exists),
    ...[...shown.read, ...shown.write],
  ];
  return ["proot", `--rootfs=${root}`, ...paths.map((path) => `--bind=${path}`), ...command];
}
