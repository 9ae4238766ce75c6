/**
 * The workloads of StemJail's paper: gunzip, untar, zip, and a build like the kernel's.
 *
 * A jail starts in what two activities have in common, and the first access to the files moves it
 * to one of them.
 *
 * @module
 */
import { BuildError } from "../command.ts";
import { type Contender, inBubblewrap, inProot, inStemjail } from "./contenders.ts";
import { alternateInside } from "./inside.ts";
import type { Place } from "./place.ts";
import { Portal } from "./portal.ts";
import { twoActivities } from "./profiles.ts";
import { type Comparison, seriesOf } from "./report.ts";
import { readTimes } from "./runner.ts";
import { makeSourceTree, type SourceTree } from "./source_tree.ts";
import { ratioWithinRounds } from "./statistics.ts";
import type { Bench, Suite } from "./suite.ts";

const NATIVE = "native";
const JAIL = "stemjail";
const BUBBLEWRAP = "bwrap";
const PROOT = "proot";
const MILLISECONDS_PER_SECOND = 1000;

/** What is run, in a directory that has the tree and its archives. */
interface Workload {
  readonly name: string;
  readonly title: string;
  readonly command: readonly string[];
  /** Shell text that undoes it, in the directory. */
  readonly undo: string;
  /** The overhead that the paper measured in 2016, in percent. */
  readonly then: number;
  /** The same on a tmpfs, where that was another figure. */
  readonly thenInMemory?: number;
  readonly isBuild?: boolean;
}

/** Workloads. */
export const workloads: Suite = {
  name: "workloads",
  title: "the paper's workloads, in a jail that makes a transition for its files",
  async run(bench) {
    const { place, findings, isQuick } = bench;
    const missing = (reason: string) => findings.missing(reason);
    const memory = await place.mountMemory(missing);
    const tree = await makeSourceTree(place, isQuick, missing);
    findings.note(`The tree: ${tree.description}.`);
    findings.note(
      "The launch is not included: that is a suite of its own. A jail's transition is.",
    );
    findings.note(
      "A sandbox's /tmp, where the compiler puts its intermediate files, is in memory; the native one's is where it is.",
    );
    await pack(place, tree);
    if (memory !== null) await copy(place, memory);
    await place.makeDirectory("proot");
    await using portal = await Portal.start(place, "workloads", [await twoActivities(place)]);
    // The disk is the slower half, and the noisier.
    const isDiskLeftOut = isQuick && memory !== null;
    if (isDiskLeftOut) findings.note("A quick run works in memory; a full one on a disk as well.");
    const places = [["disk", isDiskLeftOut ? null : place.path("disk")], [
      "tmpfs",
      memory,
    ]] as const;
    const tables = new Map<string, Comparison>();
    for (const [name, directory] of places) {
      if (directory === null) continue;
      for (const workload of workloadsIn(directory, tree)) {
        tables.set(
          `${workload.name} ${name}`,
          await measure(bench, portal, workload, name, directory),
        );
      }
    }
    summarise(bench, tables, workloadsIn("", tree));
  },
};

async function pack(place: Place, tree: SourceTree): Promise<void> {
  const disk = place.path("disk");
  const packed = ["-C", `${disk}/tree`, ...tree.packed];
  await place.succeed(["tar", "-cf", `${disk}/source.tar`, ...packed]);
  await place.succeed(["sh", "-c", `gzip -c '${disk}/source.tar' > '${disk}/packed.tar.gz'`]);
}

async function copy(place: Place, memory: string): Promise<void> {
  const names = ["tree", "source.tar", "packed.tar.gz"].map((name) => place.path(`disk/${name}`));
  await place.succeed(["cp", "-a", ...names, memory]);
}

function workloadsIn(directory: string, tree: SourceTree): readonly Workload[] {
  const build = (jobs: number, then: number): Workload => ({
    name: `make -j${jobs}`,
    title: `Build with make -j${jobs}`,
    command: ["make", "-s", "-C", `${directory}/tree`, `-j${jobs}`, ...tree.targets],
    undo: `cd tree && ${tree.clean}`,
    then,
    isBuild: true,
  });
  return [
    {
      name: "gunzip",
      title: "gunzip of the archive",
      command: ["gunzip", "--keep", "--force", `${directory}/packed.tar.gz`],
      undo: "rm -f packed.tar",
      then: 0,
    },
    {
      name: "untar",
      title: "Unpacking with tar",
      command: ["tar", "-xf", `${directory}/source.tar`, "-C", `${directory}/unpacked`],
      undo: "rm -rf unpacked && mkdir unpacked",
      then: 2.4,
      thenInMemory: 25.4,
    },
    {
      name: "zip",
      title: "zip of a part",
      command: ["zip", "-qr", `${directory}/part.zip`]
        .concat(tree.zipped.map((name) => `${directory}/tree/${name}`)),
      undo: "rm -f part.zip",
      then: 5.6,
    },
    build(1, 4.6),
    build(4, 7.3),
  ];
}

/** Each has the runner inside, so that its launch is not timed, but a jail's transition is. */
function contendersFor(
  place: Place,
  { socket }: Portal,
  program: string,
  workload: Workload,
  directory: string,
): Contender[] {
  const command = [program, ",", ...workload.command];
  // What the last contender wrote must not be written back at the cost of the next one.
  const before = `cd '${directory}' && ${workload.undo} && sync -f .`;
  const shown = { read: [place.path("app")], write: [directory] };
  return [
    { name: NATIVE, command, before },
    { name: JAIL, command: inStemjail(place, socket, command), before },
    { name: BUBBLEWRAP, command: inBubblewrap(command, shown), before },
    { name: PROOT, command: inProot(place.path("proot"), command, shown), before },
  ];
}

async function measure(
  { place, runner, findings, isQuick }: Bench,
  portal: Portal,
  workload: Workload,
  where: string,
  directory: string,
): Promise<Comparison> {
  const rounds = workload.isBuild ? (isQuick ? 2 : 3) : (isQuick ? 3 : 15);
  const results = await alternateInside(
    place,
    rounds,
    contendersFor(place, portal, runner.program, workload, directory),
    (reason) => findings.missing(`${workload.name} on ${where}: ${reason}`),
  );
  const table: Comparison = {
    kind: "comparison",
    id: `${workload.name} ${where}`,
    title: `${workload.title}, on ${where === "disk" ? "a disk" : "a tmpfs"}`,
    unit: "s",
    baseline: NATIVE,
    series: results.map(({ name, outputs }) => ({ name, samples: outputs.map(secondsOf) })),
  };
  findings.table(table);
  return table;
}

/** What the runner printed of its one contender. A workload that fails must not pass for a fast one. */
function secondsOf(output: string): number {
  const [times] = readTimes(output, 1);
  if (times === null || times.length !== 1) throw new BuildError("bench: a workload failed");
  return times[0] / MILLISECONDS_PER_SECOND;
}

/** The median, over the rounds, of what a contender took more than the native run, in percent. */
function overhead(table: Comparison | undefined, contender: string): number | null {
  if (table === undefined) return null;
  const [samples, native] = [contender, NATIVE].map((name) => seriesOf(table, name)?.samples);
  const ratios = samples && native ? ratioWithinRounds(samples, native) : null;
  return ratios === null ? null : (ratios[1] - 1) * 100;
}

function summarise(
  { findings, isQuick }: Bench,
  tables: ReadonlyMap<string, Comparison>,
  all: readonly Workload[],
): void {
  const rows = ["disk", "tmpfs"].flatMap((where) =>
    all.filter(({ name }) => tables.has(`${name} ${where}`)).map((workload) => {
      const { name, then, thenInMemory = then } = workload;
      const table = tables.get(`${name} ${where}`);
      const [jail, bwrap, proot] = [JAIL, BUBBLEWRAP, PROOT].map((one) => overhead(table, one));
      const isUntarInMemory = name === "untar" && where === "tmpfs";
      if (!isQuick) {
        overheadGoals(findings, `${name} on ${where}`, jail, bwrap, isUntarInMemory ? 2 : 1);
      }
      return {
        name: `${name}, ${where}`,
        values: [jail, bwrap, proot, where === "tmpfs" ? thenInMemory : then],
      };
    })
  );
  findings.table({
    kind: "grid",
    id: "overhead",
    title: "What the workloads take more than native, percent, median of the rounds",
    columns: [JAIL, BUBBLEWRAP, PROOT, "the paper, 2016"],
    rows,
  });
  if (isQuick) {
    findings.note("A quick run is too short to be judged to the percent; a full one is not.");
  }
}

function overheadGoals(
  findings: Bench["findings"],
  what: string,
  jail: number | null,
  bwrap: number | null,
  limit: number,
): void {
  if (jail === null) return;
  const goal = (text: string, value: number, most: number) =>
    findings.goal({ text, value, limit: most, kind: "at most", unit: "percent" });
  goal(`Overhead of ${what}`, jail, limit);
  if (bwrap !== null) goal(`Overhead of ${what} above bwrap's`, jail - bwrap, 1);
}
