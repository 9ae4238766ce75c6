/**
 * What the policy engine takes, and how it grows with the number of profiles:
 *
 *     deno run -A tests/bench/stemflow_bench.ts
 *
 * Every figure of a decision is the median of several rounds over many different paths, as one access
 * asked over and over would be answered from the processor's caches.
 */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { CandidateSet } from "../../src/stemflow/candidates.ts";
import type { Access, Action, Domain } from "../../src/stemflow/domain.ts";
import { Pool } from "../../src/stemflow/pool.ts";
import { serialiseTable } from "../../src/stemflow/table.ts";
import { mappingOf, questionOf, TableReader } from "../stemflow/table_reader.ts";

/** The numbers of profiles that the engine is measured at. */
export const PROFILE_COUNTS: readonly number[] = [10, 100, 1000, 10_000];

const PATHS_PER_PROFILE = 20;
const SHARED = ["/usr", "/etc", "/opt/tools"];
const ROUNDS = 9;
const DECISIONS_PER_ROUND = 100_000;
const DIFFERENT_PATHS = 512;

/** The figures at one number of profiles. */
export interface EngineFigures {
  readonly profiles: number;
  readonly buildMilliseconds: number;
  readonly heapMebibytes: number;
  /** A request for what the jail has, of a file five components deep. */
  readonly grantedNanoseconds: number;
  /** A request that no profile allows. */
  readonly deniedNanoseconds: number;
  /** A request that takes the jail to another state, which is computed. */
  readonly transitionNanoseconds: number;
  readonly effectiveMilliseconds: number;
  readonly tableMilliseconds: number;
  readonly tableKibibytes: number;
  /** A look-up by the C reader of a path that is granted, and of one to ask for. */
  readonly lookupNanoseconds: { readonly granted: number; readonly ask: number };
}

/** Profiles like a freelancer's: some shared system paths, and each its own project's directories. */
export function syntheticProfiles(count: number): Domain[] {
  return Array.from({ length: count }, (_, profile) => ({
    name: `client-${profile}`,
    binds: Array.from({ length: PATHS_PER_PROFILE }, (_, at) => ({
      path: SHARED[at] ?? `/home/user/Clients/client-${profile}/part-${at}`,
      write: at >= SHARED.length && at % 2 === 0,
    })),
  }));
}

/**
 * Measures the engine at one number of profiles.
 *
 * @param count How many profiles.
 * @param reader The compiled reader of tables.
 */
export async function measureEngine(count: number, reader: TableReader): Promise<EngineFigures> {
  const profiles = syntheticProfiles(count);
  const buildMilliseconds = medianOf(5, () => timed(() => Pool.build(profiles)));
  const pool = Pool.build(profiles);
  const all = pool.all();
  const decide = (accesses: readonly Access[]) =>
    medianOf(ROUNDS, () => round(pool, all, accesses));
  const granted = accesses("read", (at) => `/usr/lib/package-${at}/lib/file.so`);
  const denied = accesses("write", (at) => `/usr/lib/package-${at}/lib/file.so`);
  const asked = accesses("read", (at) => `/home/user/Clients/client-${at % count}/part-4`);
  const table = serialiseTable(pool, all);
  return {
    profiles: count,
    buildMilliseconds,
    heapMebibytes: heapOfPool(profiles),
    grantedNanoseconds: decide(granted),
    deniedNanoseconds: decide(denied),
    transitionNanoseconds: decide(asked),
    effectiveMilliseconds: medianOf(5, () => timed(() => pool.effective(all))),
    tableMilliseconds: medianOf(5, () => timed(() => serialiseTable(pool, all))),
    tableKibibytes: table.length / 1024,
    lookupNanoseconds: {
      granted: await lookup(reader, table, granted),
      ask: await lookup(reader, table, asked),
    },
  };
}

function accesses(action: Action, path: (at: number) => string): Access[] {
  return Array.from({ length: DIFFERENT_PATHS }, (_, at) => ({ action, path: path(at) }));
}

/** The nanoseconds of one decision, in a round of many. */
function round(pool: Pool, set: CandidateSet, accesses: readonly Access[]): number {
  const milliseconds = timed(() => {
    for (let at = 0; at < DECISIONS_PER_ROUND; at++) {
      pool.request(set, accesses[at % accesses.length]);
    }
  });
  return milliseconds * 1e6 / DECISIONS_PER_ROUND;
}

async function lookup(
  reader: TableReader,
  table: Uint8Array<ArrayBuffer>,
  accesses: readonly Access[],
): Promise<number> {
  const file = await reader.fileOf(mappingOf(table));
  return Number(await reader.run(["time", file, "2000"], accesses.map(questionOf)));
}

function timed(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function medianOf(rounds: number, measure: () => number): number {
  const figures = Array.from({ length: rounds }, measure).sort((a, b) => a - b);
  return figures[rounds >>> 1];
}

/** The heap of one pool, from as many as make the rest of the heap's changes vanish. */
function heapOfPool(profiles: readonly Domain[]): number {
  const count = Math.ceil(2000 / profiles.length);
  const before = heapInUse();
  const pools = Array.from({ length: count }, () => Pool.build(profiles));
  const bytes = heapInUse() - before;
  return bytes / pools.length / 2 ** 20;
}

/** The bytes in use after a collection, which V8 makes on demand only when told that it may. */
function heapInUse(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

/** Measures the engine at every number of profiles, the smallest first. */
export async function measureAll(): Promise<EngineFigures[]> {
  using reader = await TableReader.compile();
  // Whatever is measured first would pay for the compilation of the code.
  await measureEngine(1000, reader);
  const figures: EngineFigures[] = [];
  for (const count of PROFILE_COUNTS) figures.push(await measureEngine(count, reader));
  return figures;
}

/** Prints the figures as a table, each with its growth from the smallest number of profiles. */
export function printFigures(figures: readonly EngineFigures[]): void {
  const columns = figures.map(({ profiles }) => profiles.toLocaleString("en"));
  const rows: [string, (figures: EngineFigures) => number, string][] = [
    ["build the pool, ms", (one) => one.buildMilliseconds, "at most 1,000 at 10,000"],
    ["heap of the pool, MiB", (one) => one.heapMebibytes, ""],
    ["decision: granted, ns", (one) => one.grantedNanoseconds, "at most 500 .. 2,000"],
    ["decision: denied, ns", (one) => one.deniedNanoseconds, "at most 500 .. 2,000"],
    ["decision: transition, ns", (one) => one.transitionNanoseconds, "at most 500 .. 2,000"],
    ["effective access of all, ms", (one) => one.effectiveMilliseconds, ""],
    ["policy table of all, ms", (one) => one.tableMilliseconds, ""],
    ["policy table of all, KiB", (one) => one.tableKibibytes, ""],
    ["C look-up: granted, ns", (one) => one.lookupNanoseconds.granted, "under 300"],
    ["C look-up: ask, ns", (one) => one.lookupNanoseconds.ask, "under 300"],
  ];
  printRow("profiles of 20 paths", columns, "growth", "target");
  for (const [name, figureOf, target] of rows) {
    const values = figures.map(figureOf);
    const growth = `x ${(values.at(-1)! / values[0]).toFixed(1)}`;
    printRow(name, values.map((value) => value.toFixed(value < 10 ? 2 : 0)), growth, target);
  }
}

function printRow(name: string, cells: readonly string[], growth: string, target: string): void {
  const aligned = cells.map((cell) => cell.padStart(9)).join("");
  console.log(`${name.padEnd(30)}${aligned}${growth.padStart(10)}   ${target}`.trimEnd());
}

if (import.meta.main) printFigures(await measureAll());
