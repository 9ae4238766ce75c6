/**
 * What a profile has from those it extends.
 *
 * Grants add up. Of the settings the profile's own word counts, else that of the last parent that
 * says something. `[run]` is not inherited: what a profile is for, it says itself.
 *
 * @module
 */
import { nearestNames } from "./nearest.ts";
import type { ProfileError, Refusal } from "./problem.ts";
import {
  type Bind,
  DEFAULT_SETTINGS,
  type EnvironmentSettings,
  type ParsedProfile,
  type Profile,
} from "./profile.ts";
import { quote } from "./text.ts";

const DEPTH_LIMIT = 32;

/** What a profile states and inherits, before defaults fill the rest. */
interface Inherited {
  readonly binds: ReadonlySet<Bind>;
  readonly settings: Pick<ParsedProfile, "env" | "net" | "desktop" | "limits" | "sandbox">;
  /** How many levels of `extends` lie beneath it. */
  readonly depth: number;
}

const NOTHING: Inherited = {
  binds: new Set(),
  settings: { env: {}, net: {}, desktop: {}, limits: {}, sandbox: {} },
  depth: 0,
};

/** Completes profiles by what they extend. Each profile is worked out once. */
export class Inheritance {
  /** What is wrong with the `extends` met so far. */
  readonly problems: ProfileError[] = [];
  readonly #byName: ReadonlyMap<string, ParsedProfile>;
  /** Undefined for a profile whose `extends` cannot be followed, which was reported. */
  readonly #known = new Map<ParsedProfile, Inherited | undefined>();

  /**
   * Works on one set.
   *
   * @param byName every profile that can be extended
   */
  constructor(byName: ReadonlyMap<string, ParsedProfile>) {
    this.#byName = byName;
  }

  /**
   * Completes a profile.
   *
   * @param profile the profile as its file states it
   * @returns the profile with all it inherits, or undefined after adding to {@link problems}
   */
  complete(profile: ParsedProfile): Profile | undefined {
    const inherited = this.#follow(profile, []);
    if (inherited === undefined) return undefined;
    const { env, net, desktop, limits, sandbox } = inherited.settings;
    return {
      name: profile.name,
      source: profile.source,
      extends: profile.extends,
      binds: [...inherited.binds],
      run: overlay(DEFAULT_SETTINGS.run, profile.run),
      env: overlay(DEFAULT_SETTINGS.env, env),
      net: overlay(DEFAULT_SETTINGS.net, net),
      desktop: overlay(DEFAULT_SETTINGS.desktop, desktop),
      limits: overlay(DEFAULT_SETTINGS.limits, limits),
      sandbox: overlay(DEFAULT_SETTINGS.sandbox, sandbox),
    };
  }

  /** `trail` holds the profiles that led here, each extending the next. */
  #follow(profile: ParsedProfile, trail: readonly ParsedProfile[]): Inherited | undefined {
    if (this.#known.has(profile)) return this.#known.get(profile);
    const inherited = this.#merge(profile, [...trail, profile]);
    this.#known.set(profile, inherited);
    return inherited;
  }

  #merge(profile: ParsedProfile, trail: readonly ParsedProfile[]): Inherited | undefined {
    let sound = true;
    let merged = NOTHING;
    for (const [index, name] of profile.extends.entries()) {
      const parent = this.#byName.get(name);
      const refusal = this.#refuseParent(name, parent, trail);
      if (parent === undefined || refusal !== undefined) {
        if (refusal !== undefined) this.#complain(profile, index, refusal);
        sound = false;
        continue;
      }
      const inherited = this.#follow(parent, trail);
      if (inherited === undefined) sound = false;
      else if (inherited.depth >= DEPTH_LIMIT) {
        this.#complain(profile, index, tooDeep(name));
        sound = false;
      } else merged = join(merged, { ...inherited, depth: inherited.depth + 1 });
    }
    if (!sound) return undefined;
    return join(merged, { binds: new Set(profile.binds), settings: profile, depth: 0 });
  }

  #refuseParent(
    name: string,
    parent: ParsedProfile | undefined,
    trail: readonly ParsedProfile[],
  ): Refusal | undefined {
    if (parent === undefined) return unknownParent(name, this.#byName.keys());
    const first = trail.indexOf(parent);
    if (first >= 0) return cycle([...trail.slice(first), parent]);
    return trail.length > DEPTH_LIMIT ? tooDeep(name) : undefined;
  }

  #complain(profile: ParsedProfile, index: number, refusal: Refusal): void {
    this.problems.push(profile.source.problem(["extends", index], refusal));
  }
}

function cycle(profiles: readonly ParsedProfile[]): Refusal {
  return {
    what: `Cannot extend ${quote(profiles[profiles.length - 1].name)}`,
    remedy: `it extends this profile in turn (${
      profiles.map(({ name }) => name).join(" -> ")
    }); remove one of these`,
  };
}

function tooDeep(name: string): Refusal {
  return {
    what: `Cannot extend ${quote(name)}`,
    remedy: `that makes more than ${DEPTH_LIMIT} levels; extend what is needed directly`,
  };
}

function unknownParent(name: string, names: Iterable<string>): Refusal {
  const [nearest] = nearestNames(name, names, 1);
  return {
    what: `Cannot extend ${quote(name)}`,
    remedy: nearest === undefined
      ? "there is no such profile; remove it, or add that profile"
      : `there is no such profile; did you mean ${quote(nearest)}?`,
  };
}

function join(base: Inherited, added: Inherited): Inherited {
  const { env, net, desktop, limits, sandbox } = base.settings;
  return {
    binds: base.binds.union(added.binds),
    settings: {
      env: joinEnvironments(env, added.settings.env),
      net: overlay(net, added.settings.net),
      desktop: overlay(desktop, added.settings.desktop),
      limits: overlay(limits, added.settings.limits),
      sandbox: overlay(sandbox, added.settings.sandbox),
    },
    depth: Math.max(base.depth, added.depth),
  };
}

/** The later word about a variable replaces the earlier one. */
function joinEnvironments(
  base: Partial<EnvironmentSettings>,
  added: Partial<EnvironmentSettings>,
): EnvironmentSettings {
  const { pass = [], set = {}, unset = [] } = added;
  const keeps = (name: string) => !unset.includes(name);
  const kept = Object.entries(base.set ?? {})
    .filter(([name]) => keeps(name) && !pass.includes(name));
  const given = new Set([...pass, ...Object.keys(set)]);
  return {
    pass: unique([...(base.pass ?? []).filter(keeps), ...pass]),
    set: Object.fromEntries([...kept, ...Object.entries(set)]),
    unset: unique([...(base.unset ?? []).filter((name) => !given.has(name)), ...unset]),
  };
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}

/** The settings of `base`, replaced by those that `stated` has. */
function overlay<T extends object>(base: T, stated: Partial<T>): T {
  const defined = Object.entries(stated).filter(([, value]) => value !== undefined);
  return { ...base, ...Object.fromEntries(defined) };
}
