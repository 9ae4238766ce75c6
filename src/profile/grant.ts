// The grants of complete profiles to what they are on this host.

import { placeOfMissing } from "./create.ts";
import { desktopBinds } from "./desktop_files.ts";
import type { PathExpander } from "./expand.ts";
import type { KeyPath } from "./locate.ts";
import type { Finding, ProfileError, Refusal } from "./problem.ts";
import type { Bind, Profile, ResolvedBind, ResolvedProfile } from "./profile.ts";
import type { HostResolver, Resolved } from "./resolve.ts";
import { quote } from "./text.ts";
import { isWithin, treeAround } from "./bind_path.ts";
import type { RiskFinder } from "./risk.ts";

/** What became of one bind. */
type Outcome =
  | { readonly binds: readonly ResolvedBind[] }
  | { readonly skipped: string }
  | "refused";

/** Resolves the binds of profiles. A bind that many profiles inherit is resolved, and told of, once. */
export class Granter {
  /** The binds that cannot be granted. */
  readonly problems: ProfileError[] = [];
  /** The binds to think about again. */
  readonly warnings: Finding[] = [];
  readonly #outcomes = new Map<Bind, Outcome>();
  readonly #expander: PathExpander;
  readonly #resolver: HostResolver;
  readonly #risks: RiskFinder;
  readonly #home: string;
  readonly #writable: ReadonlySet<string>;

  /**
   * Resolves on one host, for one user.
   *
   * @param expander for the shorthands in paths
   * @param resolver for where paths lead
   * @param risks for warnings
   * @param home the user's home, an absolute path
   * @param writable the trees that some profile lets its jails write to
   */
  constructor(
    expander: PathExpander,
    resolver: HostResolver,
    risks: RiskFinder,
    home: string,
    writable: ReadonlySet<string>,
  ) {
    this.#writable = writable;
    this.#expander = expander;
    this.#resolver = resolver;
    this.#risks = risks;
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
      else if ("skipped" in outcome) skipped.push(outcome.skipped);
      else outcome.binds.forEach((resolved) => add(binds, resolved));
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
    const expansion = this.#expander.expand(bind.path);
    if ("refusal" in expansion) {
      return this.#leaveOut(bind, bind.path, expansion.refusal, expansion.unset);
    }
    const { write, create } = bind;
    let resolved = this.#resolver.resolve(expansion.path);
    if ("refusal" in resolved && resolved.missing && create) {
      resolved = placeOfMissing(expansion.path, this.#home, this.#resolver);
    }
    if ("refusal" in resolved) {
      return this.#leaveOut(bind, expansion.path, resolved.refusal, resolved.missing);
    }
    const planted = this.#plantedLink(resolved);
    if (planted !== undefined) return this.#leaveOut(bind, expansion.path, planted, false);
    for (const risk of this.#risks.find(resolved, write)) this.#warnAbout(bind, risk);
    const { links, path, kind } = resolved;
    // Also where it exists: it may be gone by the time that a jail starts.
    const creation = create && kind === "directory" ? { create } : {};
    return { binds: [...links, { path, write, kind, ...creation }] };
  }

  /** A jail that may write where a link lies may have made it, to have more granted than was meant. */
  #plantedLink({ links, path }: Resolved): Refusal | undefined {
    for (const link of links) {
      const tree = treeAround(link.path, this.#writable);
      if (tree === undefined || isWithin(path, tree)) continue;
      return {
        what: `${quote(link.path)} is a symbolic link in ${quote(tree)}, where jails may write`,
        remedy: `bind what it is to lead to, ${quote(path)} now, by its own path`,
      };
    }
    return undefined;
  }

  /** An optional bind is left out whatever the reason, but only absence goes without saying. */
  #leaveOut(bind: Bind, path: string, refusal: Refusal, absent: boolean): Outcome {
    if (!bind.optional) {
      this.problems.push(bind.source.problem(keyPath(bind), refusal));
      return "refused";
    }
    if (!absent) this.#warnAbout(bind, { ...refusal, what: `${refusal.what}, left out` });
    return { skipped: path };
  }

  #warnAbout(bind: Bind, warning: Refusal): void {
    const { file } = bind.source;
    this.warnings.push({ file, ...bind.source.position(keyPath(bind)), ...warning });
  }

  #warn({ source }: Profile, path: KeyPath, warning: Refusal): void {
    this.warnings.push({ file: source.file, ...source.position(path), ...warning });
  }
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
