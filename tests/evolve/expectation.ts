/**
 * What a jail must show in a state: the effective access E(S), computed from the profiles by the
 * engine, as the mounts, links and absences that it stands for.
 */

import { loadProfiles, type ShippedProfile } from "../../src/profile/load.ts";
import { traitsOf } from "../../src/profile/traits.ts";
import type { Bind } from "../../src/stemflow/domain.ts";
import { INTERSECTION, Pool } from "../../src/stemflow/pool.ts";
import type { World } from "../system/harness.ts";
import { isWithin, type Mount, MountTree, readMounts } from "./mounts.ts";

/** The jail's own places, of which no profile says anything. */
const ownPlaces = ["/proc", "/dev", "/tmp"];

const shippedDirectory = new URL("../../profiles/", import.meta.url).pathname;

function shippedProfiles(): ShippedProfile[] {
  return [...Deno.readDirSync(shippedDirectory)].map(({ name }) => name).sort().map((name) => ({
    name: name.replace(/\.toml$/, ""),
    text: Deno.readTextFileSync(`${shippedDirectory}${name}`),
  }));
}

/** A mount that must be there, in words to compare. */
interface Wanted {
  readonly point: string;
  readonly device: string;
  readonly root: string;
  readonly options: string;
}

/** Stands for the file system that StemJail covers its own files with. */
const COVER = "cover";

function isCover({ type, root }: Mount): boolean {
  return type === "tmpfs" && (root === "/directory" || root === "/file");
}

/** Where control groups are mounted: with them, limits could be loosened from inside. */
function controlGroups(): string[] {
  const isMounted = / \/sys\/fs\/cgroup(\/\S+)? .* - cgroup2? /.test(
    Deno.readTextFileSync("/proc/self/mountinfo"),
  );
  return isMounted ? ["/sys/fs/cgroup"] : [];
}

/** What no grant may show: the executable, all that StemJail keeps for its user, control groups. */
function hiddenPaths(
  { installation, base, profiles, state, runtime, executable }: World,
): string[] {
  const kept = [installation.cache, `${base}/config`, state, runtime];
  const ours = [...kept.map((directory) => `${directory}/stemjail`), profiles, executable];
  return [...ours, ...controlGroups()];
}

/** Whether a path leads to a hidden one: StemJail may pin it by mounting it over itself. */
function isPinned(path: string, hidden: readonly string[]): boolean {
  return hidden.some((each) => each !== path && isWithin(each, path));
}

/** The attributes that a grant decides or must keep. */
function attributes(readOnly: boolean, { options }: Mount): string {
  return [readOnly ? "ro" : "rw", "nosuid", "nodev", ...options.has("noexec") ? ["noexec"] : []]
    .join(",");
}

function join(root: string, rest: string): string {
  return rest === "" ? root : `${root === "/" ? "" : root}${rest}`;
}

/** The profiles of a world, and what each state of a jail among them must look like. */
export class Expectation {
  readonly pool: Pool;
  readonly #kinds: ReadonlyMap<string, string>;
  /** Where the jail's own home is, unless a grant shows the host's. */
  readonly #home: string;
  readonly #hidden: readonly string[];

  /**
   * @param shipped whether the profiles that come with the executable are loaded as well
   */
  constructor(world: World, shipped: boolean) {
    const { profiles, problems } = loadProfiles({
      directories: [shipped ? `${world.base}/config/stemjail/profiles` : world.profiles],
      directoriesOptional: shipped,
      shipped: shippedProfiles(),
      includeShipped: shipped,
      environment: (name) => world.env[name],
      home: world.home,
    });
    if (problems.length > 0) throw problems[0];
    this.pool = Pool.build(
      profiles.map((profile) => ({
        name: profile.name,
        binds: profile.binds,
        traits: traitsOf(profile),
      })),
    );
    this.#kinds = new Map(
      profiles.flatMap(({ binds }) => binds.map(({ path, kind }) => [path, kind] as const)),
    );
    this.#home = world.home;
    this.#hidden = hiddenPaths(world);
  }

  /** E(S) of the state with a name such as `A ∩ B`. */
  effective(state: string): Bind[] {
    return this.pool.effective(this.#setOf(state));
  }

  /**
   * How mounts differ from E(S): what is missing, what is too much, what has other attributes.
   *
   * @param state the name of S
   * @param mounts the jail's table, or its beginning
   * @param host the host's
   */
  differences(state: string, mounts: readonly Mount[], host: MountTree): string[] {
    const wanted = new Map(this.#wanted(state, host).map((mount) => [mount.point, mount]));
    const found = new Map(this.#granted(mounts).map((mount) => [mount.point, mount]));
    const missing = [...wanted.keys()].filter((point) => !found.has(point));
    const extra = [...found.values()].filter((mount) =>
      !wanted.has(mount.point) && !this.#isHarmlessPin(mount, state, host)
    );
    const wrong = [...wanted.values()].flatMap((want) => {
      const mount = found.get(want.point);
      return mount === undefined ? [] : describeDifference(want, mount);
    });
    return [
      ...missing.map((point) => `${point} is missing`),
      ...extra.map(({ point }) => `${point} is too much`),
      ...wrong,
    ];
  }

  /**
   * Paths that a jail shows though E(S) does not have them, or does not show though it does; the root
   * directory is looked into from outside, where no shim is in the way.
   *
   * @param root a directory that is the jail's root
   */
  wrongPaths(state: string, root: string): string[] {
    const effective = this.effective(state);
    const paths = [...this.#kinds.keys()].filter((path) => path !== "/");
    return paths.filter((path) => {
      const isGranted = effective.some((bind) => isWithin(path, bind.path));
      // A directory around a grant is there, empty but for the way to it.
      const isOnTheWay = [...effective.map((bind) => bind.path), this.#home]
        .some((other) => isWithin(other, path));
      return exists(`${root}${path}`) !== (isGranted || isOnTheWay);
    }).map((path) => `${path} is ${exists(`${root}${path}`) ? "" : "not "}there`);
  }

  /** A pin shows what is there without it, as it is there. */
  #isHarmlessPin(mount: Mount, state: string, host: MountTree): boolean {
    if (!isPinned(mount.point, this.#hidden)) return false;
    const around = this.effective(state).findLast(({ path }) => isWithin(mount.point, path));
    if (around === undefined) return false;
    const want = wantedFor({ path: mount.point, write: around.write }, host);
    return describeDifference(want, mount).length === 0;
  }

  #setOf(state: string) {
    return this.pool.setOf(state.split(INTERSECTION));
  }

  #wanted(state: string, host: MountTree): Wanted[] {
    const binds = this.effective(state).flatMap(({ path, write }) =>
      path === "/" ? rootEntries(write) : [{ path, write }]
    ).filter(({ path }) => !this.#isLink(path));
    return binds.flatMap((bind) => [
      wantedFor(bind, host),
      ...this.#submounts(bind, binds, host),
      ...this.#covers(bind),
    ]);
  }

  #covers({ path }: Bind): Wanted[] {
    return this.#hidden.filter((hidden) => isWithin(hidden, path) && exists(hidden)).map((
      point,
    ) => ({
      point,
      device: COVER,
      root: Deno.statSync(point).isDirectory ? "/directory" : "/file",
      options: "ro,nosuid,nodev,noexec",
    }));
  }

  #isLink(path: string): boolean {
    return this.#kinds.get(path) === "link" || Deno.lstatSync(path).isSymlink;
  }

  /** What the host has mounted in a granted tree, but for what a grant further in or a cover hides. */
  #submounts({ path, write }: Bind, binds: readonly Bind[], host: MountTree): Wanted[] {
    const inner = binds.filter((other) => other.path !== path && isWithin(other.path, path));
    return host.visible().filter(({ point }) =>
      point !== path && isWithin(point, path) && !inner.some((bind) =>
        isWithin(point, bind.path)
      ) &&
      !this.#hidden.some((hidden) => isWithin(point, hidden))
    ).map((mount) => ({
      point: mount.point,
      device: mount.device,
      root: mount.root,
      options: attributes(!write || mount.options.has("ro"), mount),
    }));
  }

  #granted(mounts: readonly Mount[]): Mount[] {
    const tree = new MountTree(mounts);
    const own = tree.at("/tmp").device;
    return tree.visible().filter(({ point, device }) =>
      point !== "/" && !ownPlaces.some((place) => isWithin(point, place)) &&
      !(point === this.#home && device === own)
    );
  }
}

function rootEntries(write: boolean): Bind[] {
  return [...Deno.readDirSync("/")].map(({ name }) => ({ path: `/${name}`, write })).filter(
    ({ path }) => !ownPlaces.includes(path),
  );
}

function wantedFor({ path, write }: Bind, host: MountTree): Wanted {
  const mount = host.at(path);
  const rest = mount.point === "/" ? path : path.slice(mount.point.length);
  return {
    point: path,
    device: mount.device,
    root: join(mount.root, rest),
    options: attributes(!write || mount.options.has("ro"), mount),
  };
}

function describeDifference(want: Wanted, mount: Mount): string[] {
  const names = ["ro", "rw", "nosuid", "nodev", "noexec"].filter((name) => mount.options.has(name));
  const has = `${isCover(mount) ? COVER : mount.device} ${mount.root} ${names.join(",")}`;
  const should = `${want.device} ${want.root} ${want.options}`;
  return has === should ? [] : [`${want.point} is ${has}, not ${should}`];
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

/** The host's mounts as they are now. */
export function hostMounts(): MountTree {
  return new MountTree(readMounts("/proc/self/mountinfo"));
}
