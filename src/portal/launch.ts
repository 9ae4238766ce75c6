/**
 * A run request becomes an order to a monitor.
 *
 * @module
 */
import { Status, UserError } from "../errors.ts";
import type { LimitSettings, ResolvedProfile } from "../profile/profile.ts";
import type { LaunchOrder, OrderedLimit, RunRequest } from "../protocol/messages.ts";
import type { Catalog } from "./catalog.ts";
import { findCommand } from "./command.ts";
import { composeEnvironment } from "./environment.ts";
import type { Launch } from "./jails.ts";

/** RLIMIT_* numbers of x86-64 and arm64. */
const Resource = { core: 4, processes: 6, openFiles: 7, addressSpace: 9 } as const;

const MIB = 1024 * 1024;

/** The jail's own places at the root, which a grant of the root leaves out. */
const ownPlaces = new Set(["proc", "dev", "tmp"]);

function commandOf(request: RunRequest, catalog: Catalog): readonly string[] {
  if (request.command.length > 0) return request.command;
  if (request.profile === undefined) {
    throw new UserError(
      "There is no command to run: name one, or a profile that has one",
      Status.usage,
    );
  }
  const { cmd } = catalog.profile(request.profile).run;
  if (cmd.length > 0) return cmd;
  throw new UserError(
    `The profile ${JSON.stringify(request.profile)} has no command of its own: name one after --`,
    Status.notStarted,
  );
}

/** The tightest limit of any candidate; 0 stands for none where it would otherwise mean nothing. */
function limitsOf(candidates: readonly ResolvedProfile[]): OrderedLimit[] {
  const least = (choose: (limits: LimitSettings) => number) =>
    Math.min(...candidates.map(({ limits }) => choose(limits)));
  const addressSpace = least(({ addressSpaceMb }) =>
    addressSpaceMb === 0 ? Infinity : addressSpaceMb
  );
  const limits = [
    { resource: Resource.core, value: least(({ coreMb }) => coreMb) * MIB },
    { resource: Resource.processes, value: least(({ processes }) => processes) },
    { resource: Resource.openFiles, value: least(({ openFiles }) => openFiles) },
  ];
  if (addressSpace === Infinity) return limits;
  return [...limits, { resource: Resource.addressSpace, value: addressSpace * MIB }];
}

function rootEntries(profiles: readonly ResolvedProfile[]): string[] {
  if (!profiles.some(({ binds }) => binds.some(({ path }) => path === "/"))) return [];
  return [...Deno.readDirSync("/")].map(({ name }) => name)
    .filter((name) => !ownPlaces.has(name)).sort();
}

/** A profile that was named decides; else all candidates must agree. */
function lingers(request: RunRequest, catalog: Catalog, candidates: readonly ResolvedProfile[]) {
  if (request.profile !== undefined) return catalog.profile(request.profile).run.linger;
  return candidates.every(({ run }) => run.linger);
}

/**
 * Works out what a request means.
 *
 * @throws UserError when it cannot be had
 */
export function planLaunch(request: RunRequest, catalog: Catalog, unconfined: boolean): Launch {
  const command = commandOf(request, catalog);
  const searchPath = request.environment.PATH;
  const file = findCommand(command[0], searchPath, request.directory);
  const set = catalog.start(file, command[0], request.profile, request.exact);
  const candidates = catalog.candidates(set);
  const order: LaunchOrder = {
    type: "launch",
    domains: candidates.map(({ name, binds }) => ({
      name,
      binds: binds.map(({ path, write, kind }) => ({ path, write, kind })),
    })),
    rootEntries: rootEntries(candidates),
    file,
    arguments: command,
    environment: composeEnvironment(
      request.environment,
      candidates.map(({ env }) => env),
      request.variables,
    ),
    directory: request.directory,
    directoryRequired: request.directoryRequired,
    terminal: request.terminal,
    linger: lingers(request, catalog, candidates),
    limits: limitsOf(candidates),
    nestedNamespaces: candidates.every(({ sandbox }) => sandbox.nestedNamespaces),
    unconfined,
  };
  return {
    order,
    command,
    domain: catalog.pool.nameOf(set),
    candidates: catalog.pool.membersOf(set),
  };
}
