/**
 * A run request becomes an order to a monitor.
 *
 * @module
 */
import { Status, UserError } from "../errors.ts";
import { hostFileSystem } from "../profile/file_system.ts";
import type { ResolvedProfile } from "../profile/profile.ts";
import { HostResolver } from "../profile/resolve.ts";
import { commonTraits, type Trait, traitsOf } from "../profile/traits.ts";
import { ownTree } from "../protocol/inside.ts";
import type { LaunchOrder, OrderedHome, Provision, RunRequest } from "../protocol/messages.ts";
import type { Catalog, Start } from "./catalog.ts";
import { findCommand } from "./command.ts";
import { createDirectories } from "./create.ts";
import { offerSession } from "./desktop.ts";
import { narrowToDirectory } from "./directory.ts";
import { composeEnvironment } from "./environment.ts";
import type { Launch } from "./jails.ts";
import { jailLimits, type Means, missingLimits, processLimits, scratchOf } from "./limits.ts";
import { resolverProvision } from "./network.ts";

function commandOf(request: RunRequest, catalog: Catalog): readonly string[] {
  if (request.command.length > 0) return request.command;
  if (request.profile === undefined) {
    throw new UserError(
      "There is no command to run: name one, or a profile that has one",
      Status.notStarted,
    );
  }
  const { cmd } = catalog.profile(request.profile).run;
  if (cmd.length > 0) return cmd;
  throw new UserError(
    `The profile ${JSON.stringify(request.profile)} has no command of its own: name one after --`,
    Status.notStarted,
  );
}

/** A grant of the root is one of what is in it, but for the jail's own trees. */
function rootEntries(profiles: readonly ResolvedProfile[]): string[] {
  if (!profiles.some(({ binds }) => binds.some(({ path }) => path === "/"))) return [];
  return hostFileSystem.readDirectory("/")
    .filter((name) => ownTree(`/${name}`) === undefined).sort();
}

/** The value of a variable, empty where there is none. */
function variableOf(environment: readonly string[], name: string): string {
  return environment.find((text) => text.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
}

/** Where the value of HOME leads; it is taken as it is in /tmp, the jail's own, and where nothing is. */
function homeOf(value: string): OrderedHome {
  const resolved = new HostResolver(hostFileSystem).resolve(value);
  if ("refusal" in resolved) return { path: value, links: [] };
  const links = resolved.links.map(({ path, target = "" }) => ({ path, target }));
  return { path: resolved.path, links };
}

/** The resolver's file is there from the start, where a network may come: the ceiling knows it then. */
function networkFiles(traits: readonly (readonly Trait[])[]): Provision[] {
  const isHost = commonTraits(traits).includes("net-host");
  return !isHost && traits.some((each) => each.includes("net-nat")) ? [resolverProvision()] : [];
}

/** A profile that was named counts more than where the client happens to be. */
function startOf(request: RunRequest, catalog: Catalog, file: string, command: string): Start {
  const start = catalog.start(file, command, request.profile, request.exact);
  if (request.profile !== undefined && !request.directoryRequired) return start;
  const home = () => homeOf(request.environment.HOME ?? "").path;
  return narrowToDirectory(catalog, start, request.directory, home);
}

/** A profile that was named decides; else all of them must agree. */
function lingers(request: RunRequest, catalog: Catalog, profiles: readonly ResolvedProfile[]) {
  if (request.profile !== undefined) return catalog.profile(request.profile).run.linger;
  return profiles.every(({ run }) => run.linger);
}

/** What a launch depends on besides request and profiles. */
export interface Circumstances {
  /** Whether the portal runs so. */
  readonly unconfined: boolean;
  /** What is wrong with the profiles as they are now, so that older ones are in force. */
  readonly problem: string | null;
  /** The client's umask(2). */
  readonly fileMask: number;
  /** What a jail as a whole can be limited with. */
  readonly means: Means;
}

/** What the user should know of profiles that are not in force; undefined where all are. */
function outdatedBy(problem: string | null): string | undefined {
  return problem === null ? undefined : `${problem}; the profiles from before stay in force`;
}

/** What the client is to be told at the start; undefined where that is nothing. */
function warningOf(
  profiles: readonly ResolvedProfile[],
  { problem, means }: Circumstances,
): string | undefined {
  const warnings = [outdatedBy(problem), missingLimits(profiles, means)]
    .filter((warning) => warning !== undefined);
  return warnings.length === 0 ? undefined : warnings.join("; ");
}

/** A command, and the program that it names. */
interface Program {
  readonly command: readonly string[];
  readonly file: string;
}

function orderOf(
  request: RunRequest,
  catalog: Catalog,
  start: Start,
  { command, file }: Program,
  circumstances: Circumstances,
): LaunchOrder {
  const { profiles } = start;
  // First: it refuses the launch where a limit is required, before directories are made for it.
  const warning = warningOf(profiles, circumstances);
  createDirectories(profiles.filter((profile) => start.meant.has(profile)));
  const traits = start.domains.map(traitsOf);
  const session = offerSession(request.environment, new Set(traits.flat()));
  const environment = composeEnvironment(
    request.environment,
    profiles.map(({ env }) => env),
    request.variables,
    session.variables,
  );
  return {
    type: "launch",
    ...catalog.firstStates.of(start.domains),
    rootEntries: rootEntries(start.domains),
    file,
    arguments: command,
    environment,
    home: homeOf(variableOf(environment, "HOME")),
    provisions: [...session.provisions, ...networkFiles(traits)],
    directory: request.directory,
    directoryRequired: request.directoryRequired,
    terminal: request.terminal,
    sharedKeyboard: request.sharedKeyboard,
    linger: lingers(request, catalog, profiles),
    limits: processLimits(profiles),
    scratch: scratchOf(profiles),
    fileMask: circumstances.fileMask,
    nestedNamespaces: profiles.every(({ sandbox }) => sandbox.nestedNamespaces),
    unconfined: circumstances.unconfined,
    awaitsHelpers: traits.flat().some((trait) => trait === "net-nat" || trait === "dbus"),
    warning,
  };
}

/**
 * Works out what a request means.
 *
 * @throws UserError when it cannot be had
 */
export function planLaunch(
  request: RunRequest,
  catalog: Catalog,
  circumstances: Circumstances,
): Launch {
  try {
    return planFrom(request, catalog, circumstances);
  } catch (error) {
    const outdated = outdatedBy(circumstances.problem);
    if (outdated === undefined || !(error instanceof UserError)) throw error;
    // What is missing may be in the profiles that could not be loaded.
    throw new UserError(`${error.message}; ${outdated}`, error.status);
  }
}

function planFrom(request: RunRequest, catalog: Catalog, circumstances: Circumstances): Launch {
  const command = commandOf(request, catalog);
  const file = findCommand(command[0], request.environment.PATH, request.directory);
  const start = startOf(request, catalog, file, command[0]);
  const { pool } = catalog;
  return {
    order: orderOf(request, catalog, start, { command, file }, circumstances),
    command,
    ownNetwork: !commonTraits(start.domains.map(traitsOf)).includes("net-host"),
    domain: pool.nameOf(start.set),
    candidates: pool.membersOf(start.set),
    limitsAmong: (names) => {
      const indices = new Set(names.map((name) => pool.indexOf(name)));
      const kept = start.profiles.filter(({ name }) => indices.has(pool.indexOf(name)));
      return jailLimits(kept, circumstances.means.memory);
    },
  };
}
