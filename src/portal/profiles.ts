/**
 * The profiles that a portal serves: loaded at its start, and again when they have changed.
 *
 * Running jails keep what they started with. A set with a problem is not taken: the last good one
 * stays whole, and whoever launches is told.
 *
 * @module
 */
import { Readiness } from "../../ffi/epoll.ts";
import { discardChanges, watchDescriptor, watchDirectory } from "../../ffi/inotify.ts";
import { UserError } from "../errors.ts";
import { loadInstalled, profileSources } from "../profile/installed.ts";
import type { LoadedProfiles } from "../profile/load.ts";
import { problemsInShort } from "../profile/report.ts";
import type { Reactor } from "../protocol/reactor.ts";
import { parentOf } from "../stemflow/path.ts";
import { Catalog } from "./catalog.ts";
import { isOnHost } from "./host_file.ts";
import type { Log } from "./log.ts";

/** Optional paths that are looked for again at each launch; more would make every launch slow. */
const MAXIMUM_WATCHED_PATHS = 1000;

/** The profiles in force. */
export class Profiles {
  readonly #changes = watchDescriptor();
  #catalog: Catalog;
  /** Optional paths that were not there; were one to appear, the domains would be others. */
  #missing: readonly string[] = [];
  #isStale = false;
  #problem: string | null = null;

  /**
   * Loads and checks all profiles.
   *
   * @param stated the directories that the command line names
   * @throws UserError when one of them has a problem; all problems are told, the first as its message
   */
  constructor(
    private readonly stated: readonly string[],
    private readonly log: Log,
    reactor: Reactor,
  ) {
    this.#watch();
    this.#catalog = this.#load();
    reactor.watch(this.#changes, Readiness.readable, () => {
      discardChanges(this.#changes);
      this.#isStale = true;
    });
  }

  /** What is wrong with the files as they are now, or null when they are in force. */
  get problem(): string | null {
    return this.#problem;
  }

  /** The profiles as they are now, or, if those have a problem, as they were. */
  current(): Catalog {
    if (this.#isStale || this.#hasAppeared()) this.#reload();
    return this.#catalog;
  }

  #hasAppeared(): boolean {
    return this.#missing.some(isOnHost);
  }

  /** A path can also be left out because of what is there, or have a variable without a value. */
  #remember({ profiles }: LoadedProfiles): void {
    const skipped = new Set(profiles.flatMap((profile) => profile.skipped));
    this.#missing = [...skipped].filter((path) => path.startsWith("/"))
      .slice(0, MAXIMUM_WATCHED_PATHS)
      .filter((path) => !isOnHost(path));
  }

  #reload(): void {
    this.#isStale = false;
    this.#watch();
    try {
      this.#catalog = this.#load();
      this.#problem = null;
      this.log.write("info", "profiles loaded again", { profiles: this.#catalog.profiles.length });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.#problem = error.message;
      this.log.write("error", "changed profiles are not in force", { why: error.message });
    }
  }

  /** Directories that do not exist yet appear in their parents. */
  #watch(): void {
    for (const directory of profileSources(this.stated).directories) {
      if (watchDirectory(this.#changes, directory)) continue;
      watchDirectory(this.#changes, parentOf(directory));
    }
  }

  #load(): Catalog {
    const loaded = loadInstalled(this.stated);
    if (loaded.problems.length > 0) throw this.#refuse(loaded);
    for (const { what, file, line } of loaded.warnings) {
      this.log.write("debug", what, { file, ...(line === undefined ? {} : { line }) });
    }
    if (loaded.profiles.length === 0) {
      const { directories } = profileSources(this.stated);
      throw new UserError(`There is no profile in ${directories.join(", ")}`);
    }
    this.#remember(loaded);
    const catalog = new Catalog(loaded.profiles);
    for (const { name, into } of catalog.pool.merged) {
      this.log.write("info", "two profiles are one domain", { profile: name, domain: into });
    }
    return catalog;
  }

  #refuse({ problems }: LoadedProfiles): UserError {
    for (const problem of problems.slice(1)) this.log.write("error", problem.message);
    return new UserError(problemsInShort(problems));
  }
}
