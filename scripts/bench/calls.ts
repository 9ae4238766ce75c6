/**
 * What single calls cost inside a jail, timed there by calls.c.
 *
 * @module
 */
import { inBubblewrap, inStemjail } from "./contenders.ts";
import { alternateInside } from "./inside.ts";
import { lastLine } from "./place.ts";
import { Portal, untilQuiet } from "./portal.ts";
import { manyActivities, twoActivities } from "./profiles.ts";
import type { Comparison, Series } from "./report.ts";
import { percentile } from "./statistics.ts";
import type { Bench, Suite } from "./suite.ts";

const NATIVE = "native";
const NATIVE_IN_MEMORY = "native, in a tmpfs";
const JAIL = "stemjail";
const PROFILES = 100;
const NANOSECONDS_PER_MILLISECOND = 1e6;

/** The kinds of calls, as calls.c names them, and the most that each may be of native. */
const kinds = [
  { name: "open-granted", title: "open and close of a granted file", limit: 1.05 },
  { name: "open-absent", title: "open of a file that no profile grants", limit: 1.05 },
  { name: "stat-granted", title: "stat of a granted file", limit: null },
  { name: "fork-exec", title: "fork, exec and exit of `true`", limit: 1.1 },
] as const;

/** Calls. */
export const calls: Suite = {
  name: "calls",
  title: "single calls, timed inside by a program that knows nothing of the jail",
  async run(bench) {
    const program = await bench.place.compile("calls");
    await measureCalls(bench, program);
    await measureTransitions(bench, program);
  },
};

async function measureCalls(bench: Bench, program: string): Promise<void> {
  const { place, findings, isQuick } = bench;
  await using portal = await Portal.start(place, "calls", [await twoActivities(place)]);
  const { socket } = portal;
  const other = await place.writeFile("other/plan", "a plan\n");
  if (!await canMove(bench, socket, program, other)) return;
  const granted = place.path("app/hello.js");
  // Absent outside too. But a jail's root is a tmpfs, which remembers no absent names.
  const command = [program, "measure", granted, "/stemjail-bench-has-no-such/file"];
  const inMemory = [program, "measure", granted, "/dev/shm/stemjail-bench-has-no-such/file"];
  const figures = await alternateInside(place, isQuick ? 9 : 60, [
    { name: NATIVE, command },
    { name: NATIVE_IN_MEMORY, command: inMemory },
    { name: JAIL, command: inStemjail(place, socket, command) },
    { name: "bwrap", command: inBubblewrap(command, { read: [place.path("app")], write: [] }) },
  ], (reason) => findings.missing(reason));
  for (const { name, title, limit } of kinds) {
    const table: Comparison = {
      kind: "comparison",
      id: name,
      title: `${title[0].toUpperCase()}${title.slice(1)}`,
      unit: "ns",
      baseline: NATIVE,
      series: figures.filter(({ name: contender }) =>
        contender !== NATIVE_IN_MEMORY || name === "open-absent"
      ).map((contender) => ({
        name: contender.name,
        samples: contender.outputs.map((output) => figureOf(output, name)),
      })),
    };
    findings.table(table);
    if (limit !== null) findings.ratioGoal(table, JAIL, NATIVE, limit);
    if (name === "open-absent") findings.ratioGoal(table, JAIL, NATIVE_IN_MEMORY, limit);
  }
}

/** Whether an open inside a jail moves it, which is the shim's work: without it nothing is measured. */
async function canMove(
  { place, findings }: Bench,
  socket: string,
  program: string,
  path: string,
): Promise<boolean> {
  const { code, stderr } = await place.output(inStemjail(place, socket, [program, "first", path]));
  if (code === 0) return true;
  findings.missing(`calls in a jail: an open does not move it: ${lastLine(stderr)}`);
  return false;
}

/**
 * A figure of what `calls measure` printed.
 *
 * @param output lines of a name and nanoseconds
 * @param name of the figure
 * @throws Error if it is not there
 */
export function figureOf(output: string, name: string): number {
  const line = output.split("\n").find((text) => text.startsWith(`${name} `));
  if (line === undefined) throw new Error(`calls printed no ${name}`);
  return Number(line.slice(name.length + 1));
}

/** The first open that moves a jail, in a new jail each time. */
async function measureTransitions(bench: Bench, program: string): Promise<void> {
  const { place, findings, isQuick } = bench;
  const { directory, files } = await manyActivities(place, PROFILES);
  await using portal = await Portal.start(place, "many", [directory]);
  if (!await canMove(bench, portal.socket, program, files[0])) return;
  const series: Series[] = [{ name: NATIVE, samples: [] }, { name: JAIL, samples: [] }];
  const samples = series.map((one) => one.samples as number[]);
  for (let round = 0; round < (isQuick ? 30 : 300); round++) {
    const command = [program, "first", files[round % files.length]];
    for (
      const [index, argv] of [command, inStemjail(place, portal.socket, command)].entries()
    ) {
      samples[index].push(Number(await place.succeed(argv)) / NANOSECONDS_PER_MILLISECOND);
      await untilQuiet();
    }
  }
  const title = `First open, which moves the jail, with ${PROFILES} profiles loaded`;
  findings.table({
    kind: "comparison",
    id: "transition",
    title,
    unit: "ms",
    baseline: NATIVE,
    series,
  });
  const goal = (text: string, value: number, limit: number) =>
    findings.goal({ text: `${title}: ${text}`, value, limit, kind: "at most", unit: "ms" });
  goal("median", percentile(samples[1], 0.5), 1);
  goal("99th percentile", percentile(samples[1], 0.99), 3);
}
