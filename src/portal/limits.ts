/**
 * The limits of a jail: the tightest of any candidate.
 *
 * Those of a process (setrlimit(2)) are set once, before the application starts, and stay: what runs
 * cannot be given more. Those of the jail as a whole are its cgroup's, and follow its transitions; since
 * profiles only become fewer, they only become wider.
 *
 * @module
 */
import { Status, UserError } from "../errors.ts";
import type { LimitSettings, ResolvedProfile } from "../profile/profile.ts";
import type { Controller } from "../protocol/cgroup.ts";
import type { OrderedLimit, OrderedScratch } from "../protocol/messages.ts";
import { totalMemory } from "./memory.ts";

/** RLIMIT_* numbers of x86-64 and arm64. */
const Resource = { core: 4, processes: 6, openFiles: 7, addressSpace: 9 } as const;

const MIB = 1024 * 1024;

/**
 * A core file of a byte is none, and unlike with 0 the kernel does not start the system's handler of
 * crashes either, which would read the jail's memory outside of it.
 */
const NO_CORE = 1;

/** Room for small files, as a source tree has them, without giving their number away. */
const BYTES_PER_FILE = 8 * 1024;
const LEAST_FILES = 1024;
const MOST_FILES = 1024 * 1024;

/** How much of the machine's memory a jail may have whose profiles do not say. */
const USUAL_SHARE = 0.75;

/** What a jail may have as a whole. */
export interface JailLimits {
  /** Bytes of memory; Infinity for no limit. */
  readonly memory: number;
  /** Processes and threads, beside the monitor's own. */
  readonly processes: number;
}

/** What a portal has to limit jails with. */
export interface Means {
  /** The controllers of the cgroups that it makes. */
  readonly controllers: readonly Controller[];
  /** Why some are missing; null where none is. */
  readonly obstacle: string | null;
  /** Bytes of memory that the machine has; Infinity where nobody asks for it. */
  readonly memory: number;
}

function least(
  profiles: readonly ResolvedProfile[],
  choose: (limits: LimitSettings) => number,
): number {
  return Math.min(...profiles.map(({ limits }) => choose(limits)));
}

/** 0 stands for none where it would otherwise mean nothing. */
function unlessZero(value: number): number {
  return value === 0 ? Infinity : value;
}

/** What each process of a jail may have. */
export function processLimits(profiles: readonly ResolvedProfile[]): OrderedLimit[] {
  const addressSpace = least(profiles, ({ addressSpaceMb }) => unlessZero(addressSpaceMb));
  const core = least(profiles, ({ coreMb }) => coreMb);
  const limits = [
    { resource: Resource.core, value: core === 0 ? NO_CORE : core * MIB },
    { resource: Resource.processes, value: least(profiles, ({ processes }) => processes) },
    { resource: Resource.openFiles, value: least(profiles, ({ openFiles }) => openFiles) },
  ];
  if (addressSpace === Infinity) return limits;
  return [...limits, { resource: Resource.addressSpace, value: addressSpace * MIB }];
}

/** The jail's own files: the tightest of any profile, and never more than half of the machine's memory. */
export function scratchOf(profiles: readonly ResolvedProfile[]): OrderedScratch {
  const stated = profiles.map(({ limits }) => limits.tmpMb).filter((value) => value > 0);
  const bytes = Math.min(...stated.map((value) => value * MIB), Math.floor(totalMemory() / 2));
  const files = Math.floor(bytes / BYTES_PER_FILE);
  return { bytes, files: Math.min(MOST_FILES, Math.max(LEAST_FILES, files)) };
}

/**
 * What a jail may have as a whole.
 *
 * @param profiles at least one
 * @param total bytes of memory that the machine has
 */
export function jailLimits(profiles: readonly ResolvedProfile[], total: number): JailLimits {
  const usual = total * USUAL_SHARE;
  const bytesOf = ({ memoryMb }: LimitSettings) =>
    memoryMb === undefined ? usual : unlessZero(memoryMb) * MIB;
  return {
    memory: least(profiles, bytesOf),
    processes: least(profiles, ({ processes }) => processes),
  };
}

const REMEDY = "`stemjail doctor` says how to have one";

/**
 * Compares what profiles say with what there is to limit them.
 *
 * @returns what the user is to be told; undefined where nothing is missing that a profile states
 * @throws UserError where a profile does not want to go without
 */
export function missingLimits(
  profiles: readonly ResolvedProfile[],
  { controllers, obstacle }: Means,
): string | undefined {
  if (obstacle === null) return undefined;
  const strict = profiles.find(({ limits }) => limits.required);
  if (strict !== undefined) {
    throw new UserError(
      `The profile ${JSON.stringify(strict.name)} requires a cgroup for its limits: ` +
        `${obstacle}; ${REMEDY}`,
      Status.notStarted,
    );
  }
  const stated = profiles.find(({ limits }) => (limits.memoryMb ?? 0) > 0);
  if (stated === undefined || controllers.includes("memory")) return undefined;
  return `memory_mb of the profile ${JSON.stringify(stated.name)} is not in force: ` +
    `${obstacle}; ${REMEDY}`;
}
