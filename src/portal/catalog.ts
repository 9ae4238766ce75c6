/**
 * The loaded profiles and their domains. It answers questions and changes nothing.
 *
 * @module
 */
import { Status, UserError } from "../errors.ts";
import { hostFileSystem } from "../profile/file_system.ts";
import { matchesCommand } from "../profile/match.ts";
import type { ResolvedProfile } from "../profile/profile.ts";
import { refuseUnknown } from "../profile/report.ts";
import { HostResolver } from "../profile/resolve.ts";
import { hasAll, traitsOf } from "../profile/traits.ts";
import { ownTree } from "../protocol/inside.ts";
import type { CandidateSet } from "../stemflow/candidates.ts";
import type { Access } from "../stemflow/domain.ts";
import { domainsNearest } from "../stemflow/nearest.ts";
import { normalisePath } from "../stemflow/path.ts";
import { Pool } from "../stemflow/pool.ts";
import { FirstStates } from "./first_state.ts";

const MAXIMUM_NEAREST = 3;

/** What a launch starts with. */
export interface Start {
  /** The candidate set. */
  readonly set: CandidateSet;
  /** The candidates in the pool's order, each as the first profile of its domain. */
  readonly domains: readonly ResolvedProfile[];
  /** The profiles whose settings count: one domain can be that of several, with different ones. */
  readonly profiles: readonly ResolvedProfile[];
  /** Those of them that the launch is for: named by the user, or made for the command. */
  readonly meant: ReadonlySet<ResolvedProfile>;
}

/** A profile, and the name of its domain. */
interface Candidate {
  readonly domain: string;
  readonly profile: ResolvedProfile;
}

/** Profiles, and the pool of domains that they make. */
export class Catalog {
  /** The domains. */
  readonly pool: Pool;
  /** What jails of them start as. */
  readonly firstStates: FirstStates = new FirstStates();
  readonly #profiles: ReadonlyMap<string, ResolvedProfile>;
  /** The profiles of each domain, by its index. */
  readonly #byDomain: ReadonlyMap<number, readonly ResolvedProfile[]>;

  /** Builds the pool of profiles, whose names differ. */
  constructor(profiles: readonly ResolvedProfile[]) {
    this.pool = Pool.build(
      profiles.map((profile) => ({
        name: profile.name,
        binds: profile.binds,
        traits: traitsOf(profile),
      })),
    );
    this.#profiles = new Map(profiles.map((profile) => [profile.name, profile]));
    this.#byDomain = Map.groupBy(profiles, ({ name }) => this.pool.indexOf(name));
  }

  /** All profiles, in order; those with a namesake in accesses included. */
  get profiles(): ResolvedProfile[] {
    return [...this.#profiles.values()];
  }

  /**
   * A profile by name.
   *
   * @throws UserError naming the nearest ones
   */
  profile(name: string): ResolvedProfile {
    const profile = this.#profiles.get(name);
    if (profile !== undefined) return profile;
    const { what, remedy } = refuseUnknown(name, this.#profiles.keys());
    throw new UserError(`${what}: ${remedy}`, Status.notStarted);
  }

  /**
   * What a launch starts with: by a profile, what allows all that it does; by a command, what allows
   * reading its program, and of that, as far as there are any, the profiles that name the command,
   * else those that name none.
   *
   * @param executable absolute path of the program
   * @param command what the user called it
   * @param profile the profile that the user named, if any
   * @param exact whether a wider profile will not do
   * @throws UserError when it is empty
   */
  start(
    executable: string,
    command: string,
    profile: string | undefined,
    exact: boolean,
  ): Start {
    const accesses = executableAccesses(executable);
    if (profile !== undefined) return this.#startNamed(profile, exact, accesses, executable);
    const set = this.pool.startForCommand(accesses);
    if (set.size === 0) throw this.#refuse(executable, accesses);
    const [real] = accesses.slice(-1);
    return this.#startCommand(set, [command, executable, real.path]);
  }

  /**
   * What is left of a start when accesses are made first: the candidates that allow them. It is the
   * same start where all do, or none does.
   */
  narrow(start: Start, accesses: readonly Access[]): Start {
    const set = start.set.intersect(this.pool.allow(accesses));
    if (set.size === 0 || set.equals(start.set)) return start;
    const kept = start.profiles.filter(({ name }) => set.has(this.pool.indexOf(name)));
    return { ...start, set, domains: this.#domainsOf(set), profiles: kept };
  }

  /**
   * The domains that have all that a profile has, its own among them.
   *
   * @param name the profile's
   * @param exact whether only its own is wanted
   * @throws UserError when there is no such profile
   */
  widerThan(name: string, exact: boolean): CandidateSet {
    const wanted = traitsOf(this.profile(name));
    const wider = this.pool.membersOf(this.pool.startForProfile(name, exact));
    return this.pool.setOf(
      wider.filter((other) => hasAll(traitsOf(this.profile(other)), wanted)),
    );
  }

  #startNamed(
    name: string,
    exact: boolean,
    accesses: readonly Access[],
    executable: string,
  ): Start {
    let set = this.widerThan(name, exact);
    for (const access of accesses) {
      const decision = this.pool.request(set, access);
      if (decision.kind === "transition") set = decision.next;
      if (decision.kind !== "denied") continue;
      throw new UserError(
        `Cannot execute ${JSON.stringify(executable)}: the profile ${
          JSON.stringify(name)
        } does not grant ` +
          `reading ${JSON.stringify(access.path)}; add an [[fs.bind]] for it`,
        Status.cannotExecute,
      );
    }
    const own = this.profile(name);
    const candidates = this.#candidates(set).filter(({ domain, profile }) =>
      profile === own || this.pool.indexOf(domain) !== this.pool.indexOf(name)
    );
    return this.#begin(candidates, [own]);
  }

  /** Where no profile is made for the command, the jail could still turn out to be any. */
  #startCommand(set: CandidateSet, names: readonly string[]): Start {
    const all = this.#candidates(set);
    const naming = all.filter(({ profile: { run } }) =>
      run.match !== undefined && matchesCommand(run.match, ...names)
    );
    const open = all.filter(({ profile: { run } }) => run.match === undefined);
    const meant = naming.length > 0 ? naming : open;
    return this.#begin(meant.length > 0 ? meant : all, meant.map(({ profile }) => profile));
  }

  #begin(candidates: readonly Candidate[], meant: readonly ResolvedProfile[]): Start {
    const set = this.pool.setOf(candidates.map(({ domain }) => domain));
    return {
      set,
      domains: this.#domainsOf(set),
      profiles: candidates.map(({ profile }) => profile),
      meant: new Set(meant),
    };
  }

  #domainsOf(set: CandidateSet): ResolvedProfile[] {
    return this.pool.membersOf(set).map((domain) => this.profile(domain));
  }

  /** One domain's are the one that it is named after, and those with the same accesses. */
  #candidates(set: CandidateSet): Candidate[] {
    return Array.from(set).flatMap((index) => {
      const domain = this.pool.domains[index].name;
      return this.#byDomain.get(index)?.map((profile) => ({ domain, profile })) ?? [];
    });
  }

  #refuse(executable: string, accesses: readonly Access[]): UserError {
    const denied = accesses.find((access) => this.pool.allow([access]).size === 0);
    const path = denied?.path ?? executable;
    const nearest = domainsNearest(this.pool, path, MAXIMUM_NEAREST).map((name) =>
      JSON.stringify(name)
    );
    const hint = nearest.length === 0
      ? "add an [[fs.bind]] for it to one"
      : `nearest: ${nearest.join(", ")}`;
    return new UserError(
      `No profile allows reading ${JSON.stringify(path)}, the executable of the command; ${hint}`,
      Status.notStarted,
    );
  }
}

/** What executing a path takes: reading the links on the way, and the program. */
function executableAccesses(executable: string): Access[] {
  const path = normalisePath(executable);
  const resolution = new HostResolver(hostFileSystem).resolve(path);
  if ("refusal" in resolution) {
    const { what, remedy } = resolution.refusal;
    const why = ownTree(path) === undefined
      ? `${what}: ${remedy}`
      : "/proc, /dev and /tmp are the jail's own; copy it to a directory that a profile grants";
    throw new UserError(
      `Cannot execute ${JSON.stringify(executable)} in a jail: ${why}`,
      Status.cannotExecute,
    );
  }
  const paths = [...resolution.links.map((link) => link.path), resolution.path];
  return paths.map((path) => ({ action: "read", path }));
}
