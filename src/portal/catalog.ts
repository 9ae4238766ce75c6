/**
 * The loaded profiles and their domains. It answers questions and changes nothing.
 *
 * @module
 */
import { Status, UserError } from "../errors.ts";
import { reservedTree } from "../profile/bind_path.ts";
import { matchesCommand } from "../profile/match.ts";
import type { ResolvedProfile } from "../profile/profile.ts";
import { refuseUnknown } from "../profile/report.ts";
import { hasAll, traitsOf } from "../profile/traits.ts";
import { HostResolver } from "../profile/resolve.ts";
import { hostFileSystem } from "../profile/file_system.ts";
import type { CandidateSet } from "../stemflow/candidates.ts";
import type { Access } from "../stemflow/domain.ts";
import { normalisePath } from "../stemflow/path.ts";
import { domainsNearest } from "../stemflow/explain.ts";
import { Pool } from "../stemflow/pool.ts";

const MAXIMUM_NEAREST = 3;

/** Profiles, and the pool of domains that they make. */
export class Catalog {
  /** The domains. */
  readonly pool: Pool;
  readonly #profiles: ReadonlyMap<string, ResolvedProfile>;

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

  /** The profiles that give a candidate set its settings. */
  candidates(set: CandidateSet): ResolvedProfile[] {
    return this.pool.membersOf(set).map((name) => this.profile(name));
  }

  /**
   * The candidate set that a launch starts with.
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
  ): CandidateSet {
    const accesses = executableAccesses(executable);
    if (profile !== undefined) return this.#startNamed(profile, exact, accesses, executable);
    const set = this.pool.startForCommand(accesses);
    if (set.size === 0) throw this.#refuse(executable, accesses);
    return this.#narrow(set, executable, command);
  }

  #startNamed(
    name: string,
    exact: boolean,
    accesses: readonly Access[],
    executable: string,
  ): CandidateSet {
    const wanted = traitsOf(this.profile(name));
    const wider = this.pool.startForProfile(name, exact);
    const names = this.pool.membersOf(wider);
    let set = this.pool.setOf(
      names.filter((other) => hasAll(traitsOf(this.profile(other)), wanted)),
    );
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
    return set;
  }

  /** Profiles that name the command take it; others that name commands do not want it. */
  #narrow(set: CandidateSet, executable: string, command: string): CandidateSet {
    const willing = this.pool.membersOf(set).flatMap((domain) =>
      this.#profilesOf(domain).filter(({ run }) => matchesCommand(run.match, command, executable))
        .map(({ run }) => ({ domain, isNamed: run.match !== undefined }))
    );
    const naming = willing.filter(({ isNamed }) => isNamed);
    const chosen = naming.length > 0 ? naming : willing;
    if (chosen.length > 0) return this.pool.setOf(chosen.map(({ domain }) => domain));
    throw new UserError(
      `No profile takes the command ${
        JSON.stringify(command)
      }: those that allow it match other commands; ` +
        `name one with --profile`,
      Status.notStarted,
    );
  }

  /** A domain's profiles: the one that it is named after, and those with the same accesses. */
  #profilesOf(domain: string): ResolvedProfile[] {
    const merged = this.pool.merged.filter(({ into }) => into === domain).map(({ name }) => name);
    return [domain, ...merged].map((name) => this.profile(name));
  }

  #refuse(executable: string, accesses: readonly Access[]): UserError {
    const denied = accesses.find((access) => this.pool.allow([access]).size === 0);
    const path = denied?.path ?? executable;
    const nearest = domainsNearest(this.pool, path, MAXIMUM_NEAREST).map((name) =>
      JSON.stringify(name)
    );
    const hint = nearest.length === 0 ? "there is no profile" : `nearest: ${nearest.join(", ")}`;
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
    const why = reservedTree(path) === undefined
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
