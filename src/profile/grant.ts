/**
 * The grants of complete profiles to what they are on this host.
 *
 * @module
 */
import { isAtOrBelow, treeAround } from "../stemflow/path.ts";
import { placeOfMissing } from "./create.ts";
import { desktopBinds } from "./desktop_files.ts";
import { namesUserDirectory, type PathExpander, type PathPattern } from "./expand.ts";
import type { GlobFinder } from "./glob.ts";
import type { KeyPath } from "./locate.ts";
import type { Finding, ProfileError, Refusal } from "./problem.ts";
import type { Bind, Profile, ResolvedBind, ResolvedProfile } from "./profile.ts";
import type { HostResolver, Resolved, Unresolved } from "./resolve.ts";
import type { RiskFinder } from "./risk.ts";
import { quote } from "./text.ts";

/** How many matches of a pattern are told by name. */
const MOST_TOLD = 16;

/** What became of one bind: what it grants and which paths are left out, or that it is refused. */
type Outcome =
  | { readonly binds: readonly ResolvedBind[]; readonly skipped: readonly string[] }
  | "refused";

/** What is asked about one host, for one user. */
export interface GrantContext {
  /** For the shorthands in paths. */
  readonly expander: PathExpander;
  /** For where paths lead. */
  readonly resolver: HostResolver;
  /** For what patterns match. */
  readonly globs: GlobFinder;
  /** For warnings. */
  readonly risks: RiskFinder;
  /** The user's home, an absolute path. */
  readonly home: string;
}

/** Resolves the binds of profiles. A bind that many profiles inherit is resolved, and told of, once. */
export class Granter {
  /** The binds that cannot be granted. */
  readonly problems: ProfileError[] = [];
  /** The binds to think about again. */
  readonly warnings: Finding[] = [];
  /** What patterns match. */
  readonly matches: Finding[] = [];
  readonly #outcomes = new Map<Bind, Outcome>();
  readonly #host: GrantContext;
  readonly #home: string;
  readonly #writable: ReadonlySet<string>;

  /**
   * Resolves on one host, for one user.
   *
   * @param host whom to ask about it
   * @param writable the trees that some profile lets its jails write to
   */
  constructor(host: GrantContext, writable: ReadonlySet<string>) {
    this.#host = host;
    this.#writable = writable;
    const { resolver, home } = host;
    const real = resolver.resolve(home);
    this.#home = "path" in real ? real.path : home;
  }

  /**
   * Resolves a profile.
   *
   * @param profile the profile with all it inherits
   * @returns the profile on this host, or undefined after adding to {@link problems}
   */
  resolve(profile: Profile): ResolvedProfile | undefined {
    const binds = new Map<string, ResolvedBind>();
    const skipped: string[] = [];
    let sound = true;
    for (const bind of [...profile.binds, ...desktopBinds(profile.desktop, profile.source)]) {
      const outcome = this.#outcome(bind);
      if (outcome === "refused") sound = false;
      else {
        outcome.binds.forEach((resolved) => add(binds, resolved));
        skipped.push(...outcome.skipped);
      }
    }
    if (!sound) return undefined;
    if (profile.binds.length === 0) this.#warn(profile, ["name"], EMPTY);
    for (const [path, warning] of givenAway(profile)) this.#warn(profile, path, warning);
    const { source, binds: _stated, ...settings } = profile;
    return { ...settings, file: source.file, binds: [...binds.values()], skipped };
  }

  #outcome(bind: Bind): Outcome {
    let outcome = this.#outcomes.get(bind);
    if (outcome === undefined) {
      outcome = this.#resolveBind(bind);
      this.#outcomes.set(bind, outcome);
    }
    return outcome;
  }

  #resolveBind(bind: Bind): Outcome {
    const written = namesUserDirectory(bind.path) ? this.#writtenFolders() : undefined;
    if (written !== undefined) return this.#leaveOut(bind, bind.path, written, false);
    if (!bind.literal && bind.path.includes("*")) return this.#resolvePattern(bind);
    const expansion = this.#host.expander.expand(bind.path);
    if ("refusal" in expansion) {
      return this.#leaveOut(bind, bind.path, expansion.refusal, expansion.unset);
    }
    const { resolver } = this.#host;
    const resolved = resolver.resolve(expansion.path);
    const isToBeMade = "refusal" in resolved && resolved.missing && bind.create;
    const place = isToBeMade ? placeOfMissing(expansion.path, this.#home, resolver) : resolved;
    return this.#grant(bind, expansion.path, place);
  }

  #resolvePattern(bind: Bind): Outcome {
    const pattern = this.#host.expander.expandPattern(bind.path);
    if ("refusal" in pattern) {
      return this.#leaveOut(bind, bind.path, pattern.refusal, pattern.unset);
    }
    const found = this.#host.globs.find(pattern);
    if ("refusal" in found) {
      if (bind.optional && found.missing) this.#tellMatches(bind, pattern, []);
      return this.#leaveOut(bind, pattern.text, found.refusal, found.missing);
    }
    this.#tellMatches(bind, pattern, found.map(({ path }) => path));
    const outcomes = found.map(({ path, resolution }) => this.#grant(bind, path, resolution));
    const granted = outcomes.filter((outcome) => outcome !== "refused");
    if (granted.length < outcomes.length) return "refused";
    return {
      binds: granted.flatMap(({ binds }) => binds),
      skipped: granted.flatMap(({ skipped }) => skipped),
    };
  }

  #grant(bind: Bind, stated: string, resolved: Resolved | Unresolved): Outcome {
    if ("refusal" in resolved) {
      return this.#leaveOut(bind, stated, resolved.refusal, resolved.missing);
    }
    const planted = this.#plantedLink(resolved);
    if (planted !== undefined) return this.#leaveOut(bind, stated, planted, false);
    const { write, create } = bind;
    for (const risk of this.#host.risks.find(resolved, write)) this.#warnAbout(bind, risk);
    const { links, path, kind } = resolved;
    // Also where it exists: it may be gone by the time that a jail starts.
    const creation = create && kind === "directory" ? { create } : {};
    return { binds: [...links, { path, write, kind, ...creation }], skipped: [] };
  }

  /** A jail that may write where a link lies may have made it, to have more granted than was meant. */
  #plantedLink({ links, path }: Resolved): Refusal | undefined {
    for (const link of links) {
      const tree = treeAround(link.path, this.#writable);
      if (tree === undefined || isAtOrBelow(path, tree)) continue;
      return {
        what: `${quote(link.path)} is a symbolic link in ${quote(tree)}, where jails may write`,
        remedy: `bind what it is to lead to, ${quote(path)} now, by its own path`,
      };
    }
    return undefined;
  }

  /** A jail that may write the file of the user's folders could lead any of them anywhere. */
  #writtenFolders(): Refusal | undefined {
    const file = this.#host.expander.userDirectoriesFile;
    const writable = stepsTo(file, this.#host.resolver)
      .map((step) => treeAround(step, this.#writable)).find((tree) => tree !== undefined);
    return writable === undefined ? undefined : {
      what: `${quote(file)} says where it is, and lies in ${
        quote(writable)
      }, where jails may write`,
      remedy: "bind the folder by its own path",
    };
  }

  /** An optional bind is left out whatever the reason, but only absence goes without saying. */
  #leaveOut(bind: Bind, path: string, refusal: Refusal, absent: boolean): Outcome {
    if (!bind.optional) {
      this.problems.push(bind.source.problem(keyPath(bind), refusal));
      return "refused";
    }
    if (!absent) this.#warnAbout(bind, { ...refusal, what: `${refusal.what}, left out` });
    return { binds: [], skipped: [path] };
  }

  #tellMatches(bind: Bind, { text }: PathPattern, paths: readonly string[]): void {
    const { file } = bind.source;
    const place = { file, ...bind.source.position(keyPath(bind)) };
    this.matches.push({ ...place, ...matchesOf(text, paths) });
  }

  #warnAbout(bind: Bind, warning: Refusal): void {
    const { file } = bind.source;
    this.warnings.push({ file, ...bind.source.position(keyPath(bind)), ...warning });
  }

  #warn({ source }: Profile, path: KeyPath, warning: Refusal): void {
    this.warnings.push({ file: source.file, ...source.position(path), ...warning });
  }
}

function matchesOf(pattern: string, paths: readonly string[]): Refusal {
  if (paths.length === 0) {
    return { what: `${quote(pattern)} matches nothing`, remedy: "left out, as it is optional" };
  }
  const count = paths.length === 1 ? "1 path" : `${paths.length} paths`;
  const told = paths.slice(0, MOST_TOLD).map(quote);
  const rest = paths.length - told.length;
  const more = rest > 0 ? [`and ${rest} more`] : [];
  return { what: `${quote(pattern)} matches ${count}`, remedy: [...told, ...more].join(", ") };
}

/**
 * The paths that decide where a path leads: the links on the way, and the end. None where it leads nowhere.
 *
 * @param path a normalised absolute path
 * @param resolver the host
 */
export function stepsTo(path: string, resolver: HostResolver): string[] {
  const resolved = resolver.resolve(path);
  return "refusal" in resolved ? [] : [...resolved.links.map(({ path }) => path), resolved.path];
}

const EMPTY: Refusal = {
  what: "This profile grants nothing",
  remedy: 'add a [[fs.bind]], or extends = ["base"]',
};

/** Settings that reach what no grant of files does. */
function* givenAway({ net, desktop }: Profile): Generator<[KeyPath, Refusal]> {
  if (net.mode === "host") {
    yield [["net", "mode"], {
      what: "The host's network reaches every service that listens on this machine alone",
      remedy: 'say mode = "nat" unless that is what it is for',
    }];
  }
  if (desktop.dbus === "unfiltered") {
    yield [["desktop", "dbus"], {
      what: "The whole session bus reaches services that run programs outside the jail",
      remedy: "say dbus = true, and name what is needed in dbus_talk",
    }];
  }
}

function keyPath({ index }: Bind): (string | number)[] {
  return typeof index === "number" ? ["fs", "bind", index, "path"] : ["desktop", index];
}

/** A path that is granted twice is granted once, for writing if one of the grants says so. */
function add(binds: Map<string, ResolvedBind>, bind: ResolvedBind): void {
  const known = binds.get(bind.path);
  if (known === undefined) return void binds.set(bind.path, bind);
  const creation = known.create || bind.create ? { create: true } : {};
  if (bind.write && !known.write) binds.set(bind.path, { ...bind, ...creation });
  else if (bind.create && !known.create) binds.set(bind.path, { ...known, ...creation });
}
