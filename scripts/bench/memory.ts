/**
 * Memory, descriptors and answers with many jails.
 *
 * @module
 */
import { inStemjail } from "./contenders.ts";
import { summaryOf } from "./findings.ts";
import type { Place } from "./place.ts";
import { Portal } from "./portal.ts";
import { twoActivities } from "./profiles.ts";
import type { Comparison } from "./report.ts";
import { summarise } from "./statistics.ts";
import type { Bench, Suite } from "./suite.ts";

const KIBIBYTES_PER_MEBIBYTE = 1024;
const JAILS_COMPARED = 10;
const SETTLE_MILLISECONDS = 1500;
const POLL_MILLISECONDS = 50;
const START_SECONDS = 60;
/** As many clients start at once; more would only make them wait for each other. */
const STARTS_AT_ONCE = 8;

/** Memory. */
export const memory: Suite = {
  name: "memory",
  title: "what jails and the portal hold",
  async run(bench) {
    const profiles = [await twoActivities(bench.place)];
    await compareSizes(bench, profiles);
    await measureDensity(bench, profiles);
    await measureLaunches(bench, profiles);
  },
};

/** Sizes of a process in MiB: its share of what it shares and its own, and its own alone. */
export interface Size {
  /** In MiB, with its part of each page that others use too. */
  readonly proportional: number;
  /** In MiB, of pages that only it uses. */
  readonly own: number;
}

/**
 * Reads the sums of a process's mappings (proc_pid_smaps(5)).
 *
 * @param text of `/proc/PID/smaps_rollup`
 */
export function readSize(text: string): Size {
  const kibibytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1] ?? Number.NaN);
  return {
    proportional: kibibytes("Pss") / KIBIBYTES_PER_MEBIBYTE,
    own: (kibibytes("Private_Clean") + kibibytes("Private_Dirty")) / KIBIBYTES_PER_MEBIBYTE,
  };
}

/** @throws Deno.errors.PermissionDenied for a monitor, unless root asks: it cannot be traced */
async function sizeOf(pid: number): Promise<Size> {
  return readSize(await Deno.readTextFile(`/proc/${pid}/smaps_rollup`));
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, milliseconds));
}

/** Processes that run until they are disposed of. */
class Crowd implements AsyncDisposable {
  readonly processes: Deno.ChildProcess[] = [];

  constructor(private readonly place: Place) {}

  start(command: readonly string[]): void {
    const options = { stdout: "null", stderr: "null" } as const;
    this.processes.push(this.place.command(command, options).spawn());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const process of this.processes) {
      try {
        process.kill("SIGTERM");
      } catch (error) {
        // It has ended already.
        if (!(error instanceof TypeError)) throw error;
      }
    }
    await Promise.all(this.processes.map((process) => process.status));
  }
}

/** The processes of the running jails' monitors. */
async function monitors(place: Place, socket: string): Promise<number[]> {
  const text = await place.succeed([place.stemjail, "ps", "--json", `--socket=${socket}`]);
  return (JSON.parse(text) as { pid: number }[]).map(({ pid }) => pid);
}

/** Starts jails until `count` run. */
async function fill(crowd: Crowd, place: Place, socket: string, count: number): Promise<number[]> {
  const deadline = Date.now() + START_SECONDS * 1000;
  for (let running: number[] = [];;) {
    if (running.length === count && crowd.processes.length === count) return running;
    if (Date.now() > deadline) throw new Error(`Only ${running.length} of ${count} jails run`);
    while (crowd.processes.length < Math.min(count, running.length + STARTS_AT_ONCE)) {
      crowd.start(inStemjail(place, socket, ["sleep", "1000"]));
    }
    await pause(POLL_MILLISECONDS);
    running = await monitors(place, socket);
  }
}

async function compareSizes(
  { place, findings }: Bench,
  profiles: readonly string[],
): Promise<void> {
  if (Deno.uid() !== 0) {
    return findings.missing("sizes of monitors: only root can read them, as they cannot be traced");
  }
  const idle = await sizesOfIdle(place);
  await using portal = await Portal.start(place, "sizes", profiles);
  await using crowd = new Crowd(place);
  const pids = await fill(crowd, place, portal.socket, JAILS_COMPARED);
  await pause(SETTLE_MILLISECONDS);
  const jails = await Promise.all(pids.map(sizeOf));
  const clients = await Promise.all(crowd.processes.map(({ pid }) => sizeOf(pid)));
  const middle = (sizes: readonly Size[]) => ({
    proportional: summarise(sizes.map((size) => size.proportional)).median,
    own: summarise(sizes.map((size) => size.own)).median,
  });
  const [deno, monitor] = [middle(idle), middle(jails)];
  const row = (name: string, size: Size) => ({
    name,
    values: [size.proportional, size.own, size.own / deno.own],
  });
  findings.table({
    kind: "grid",
    id: "sizes",
    title: `Memory of a process, median of ${JAILS_COMPARED} that run at once, MiB`,
    columns: ["proportional", "private", "private, ratio"],
    rows: [
      row("deno run idle.js", deno),
      row("monitor of a jail", monitor),
      row("its client, `stemjail run`", middle(clients)),
      row("portal", await sizeOf(portal.pid)),
    ],
  });
  findings.note(
    "Of the proportional size, shared pages count in parts: monitors and clients share the runtime.",
  );
  const goal = (text: string, value: number) =>
    findings.goal({ text, value, limit: 1.2, kind: "at most", unit: "" });
  goal("Proportional size of a monitor to `deno run`", monitor.proportional / deno.proportional);
  goal("Private size of a monitor to `deno run`", monitor.own / deno.own);
}

async function sizesOfIdle(place: Place): Promise<Size[]> {
  await using crowd = new Crowd(place);
  for (let count = 0; count < JAILS_COMPARED; count++) {
    crowd.start([place.deno, "run", place.path("app/idle.js")]);
  }
  await pause(SETTLE_MILLISECONDS);
  return await Promise.all(crowd.processes.map(({ pid }) => sizeOf(pid)));
}

/** `ps` with no jail, and with many. */
async function measureDensity(
  { place, runner, findings, isQuick }: Bench,
  profiles: readonly string[],
): Promise<void> {
  const count = isQuick ? 30 : 100;
  await using empty = await Portal.start(place, "empty", profiles);
  await using full = await Portal.start(place, "full", profiles);
  await using crowd = new Crowd(place);
  await fill(crowd, place, full.socket, count);
  const ps = ({ socket }: Portal) => [place.stemjail, "ps", `--socket=${socket}`];
  const many = `ps of ${count} jails`;
  const table: Comparison = {
    kind: "comparison",
    id: "density",
    title: `\`stemjail ps\` while ${count} jails run`,
    unit: "ms",
    baseline: "ps of none",
    series: await runner.compare({ rounds: isQuick ? 10 : 100, warmups: 2, pause: 20 }, [
      { name: "ps of none", command: ps(empty) },
      { name: many, command: ps(full) },
    ], (reason) => findings.missing(reason)),
  };
  findings.table(table);
  const found = summaryOf(table, many);
  if (found === null) return;
  findings.goal({
    text: table.title,
    value: found.median,
    limit: 50,
    kind: "at most",
    unit: "ms",
  });
}

/** What the portal holds after many launches, one after the other. */
async function measureLaunches(
  { place, runner, findings, isQuick }: Bench,
  profiles: readonly string[],
): Promise<void> {
  const [steps, batch] = isQuick ? [2, 25] : [10, 100];
  await using portal = await Portal.start(place, "launches", profiles);
  const command = inStemjail(place, portal.socket, ["true"]);
  const rows: { name: string; values: number[] }[] = [];
  for (let step = 0; step <= steps; step++) {
    if (step > 0) {
      const failed = (reason: string) => findings.missing(reason);
      await runner.compare({ rounds: 1, batch }, [{ name: "launches", command }], failed);
    }
    await pause(SETTLE_MILLISECONDS);
    rows.push({ name: String(step * batch), values: await holdings(portal.pid) });
  }
  findings.table({
    kind: "grid",
    id: "launches",
    title: "What the portal holds, by launches so far",
    columns: ["descriptors", "resident MiB", "threads"],
    rows,
  });
  const [first, last] = [rows[1], rows.at(-1)!];
  findings.goal({
    text: `Descriptors of the portal after ${last.name} launches to after ${first.name}`,
    value: last.values[0] / first.values[0],
    limit: 1,
    kind: "at most",
    unit: "",
  });
}

async function holdings(pid: number): Promise<number[]> {
  const descriptors = (await Array.fromAsync(Deno.readDir(`/proc/${pid}/fd`))).length;
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const field = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? Number.NaN);
  return [descriptors, field("VmRSS") / KIBIBYTES_PER_MEBIBYTE, field("Threads")];
}
