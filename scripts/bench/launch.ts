/**
 * Launch latency: from the start of a command that runs `true` to its end.
 *
 * @module
 */
import { type Contender, inBubblewrap, inFirejail, inStemjail } from "./contenders.ts";
import { summaryOf } from "./findings.ts";
import { lastLine } from "./place.ts";
import { Portal, QUIET_MILLISECONDS, stopPortalText, untilQuiet } from "./portal.ts";
import { manyActivities, shippedProfiles, twoActivities } from "./profiles.ts";
import type { Comparison } from "./report.ts";
import { median } from "./statistics.ts";
import type { Bench, Suite } from "./suite.ts";

const NATIVE = "true, natively";
const DENO = "deno run hello.js";
const JAIL = "stemjail run";
const SHIPPED = "stemjail run -p dev";
const PROFILES = 100;
const MANY = `stemjail run, ${PROFILES} profiles`;
const COLD = "stemjail run, no portal";
const BUBBLEWRAP = "bwrap --unshare-all";
const FIREJAIL = "firejail --noprofile";
const MILLISECONDS_PER_SECOND = 1000;
const NANOSECONDS_PER_MILLISECOND = 1e6;

/** Launches. */
export const launch: Suite = {
  name: "launch",
  title: "from the start of the command to its end",
  async run(bench) {
    const { place } = bench;
    const profiles = [await shippedProfiles(place), await twoActivities(place)];
    await using portal = await Portal.start(place, "launch", profiles);
    const { directory } = await manyActivities(place, PROFILES);
    await using crowded = await Portal.start(place, "launch-many", [directory]);
    await measureLatency(bench, portal, crowded);
    await measureRate(bench, portal, 1, 0);
    await measureRate(bench, portal, 8, 1.5);
    await measureFirstInstruction(bench, portal);
  },
};

function latencyContenders({ place }: Bench, { socket }: Portal, crowded: Portal): Contender[] {
  const cold = place.path("run/cold.sock");
  return [
    { name: NATIVE, command: ["true"] },
    { name: DENO, command: [place.deno, "run", place.path("app/hello.js")] },
    { name: JAIL, command: inStemjail(place, socket, ["true"]) },
    { name: BUBBLEWRAP, command: inBubblewrap(["true"]) },
    { name: FIREJAIL, command: inFirejail(["true"]) },
    {
      name: SHIPPED,
      command: [place.stemjail, "run", `--socket=${socket}`, "-p", "dev", "--", "true"],
    },
    { name: MANY, command: inStemjail(place, crowded.socket, ["true"]) },
    { name: "stemjail ps", command: [place.stemjail, "ps", `--socket=${socket}`] },
    { name: "stemjail info", command: [place.stemjail, "info", `--socket=${socket}`] },
    {
      name: COLD,
      command: [place.stemjail, "run", `--socket=${cold}`, "-p", "dev", "--", "true"],
      after: stopPortalText(cold),
    },
  ];
}

async function measureLatency(bench: Bench, portal: Portal, crowded: Portal): Promise<void> {
  const { findings, runner, isQuick } = bench;
  const plan = { rounds: isQuick ? 9 : 300, warmups: isQuick ? 1 : 5, pause: QUIET_MILLISECONDS };
  const table: Comparison = {
    kind: "comparison",
    id: "launch",
    title: "Launch to exit of `true`",
    unit: "ms",
    baseline: DENO,
    series: await runner.compare(
      plan,
      latencyContenders(bench, portal, crowded),
      (reason) => findings.missing(reason),
    ),
  };
  findings.table(table);
  findings.ratioGoal(table, JAIL, FIREJAIL, 1);
  findings.ratioGoal(table, JAIL, DENO, 1.35);
  findings.ratioGoal(table, COLD, DENO, 3);
  findings.ratioGoal(table, "stemjail ps", DENO, 1.25);
  findings.ratioGoal(table, "stemjail info", DENO, 1.25);
  const jail = summaryOf(table, JAIL);
  if (jail?.p99 == null) return;
  const text = `${table.title}: ${JAIL}, 99th percentile to median`;
  findings.goal({ text, value: jail.p99 / jail.median, limit: 2, kind: "at most", unit: "" });
}

/**
 * Launches per second.
 *
 * @param clients how many launch at once
 * @param limit the least that StemJail's rate is to be of firejail's; 0 for no goal
 */
async function measureRate(
  { findings, runner, place, isQuick }: Bench,
  portal: Portal,
  clients: number,
  limit: number,
): Promise<void> {
  const batch = isQuick ? 20 : 200;
  const series = await runner.compare(
    {
      rounds: isQuick ? 2 : 7,
      warmups: isQuick ? 0 : 1,
      batch,
      parallel: clients,
      pause: QUIET_MILLISECONDS,
    },
    [
      { name: JAIL, command: inStemjail(place, portal.socket, ["true"]) },
      { name: FIREJAIL, command: inFirejail(["true"]) },
      { name: BUBBLEWRAP, command: inBubblewrap(["true"]) },
    ],
    (reason) => findings.missing(reason),
  );
  const table: Comparison = {
    kind: "comparison",
    id: `rate-${clients}`,
    title: `Launches per second, ${clients === 1 ? "one client" : `${clients} clients at once`}`,
    unit: "launches per second",
    baseline: FIREJAIL,
    series: series.map(({ name, samples }) => ({
      name,
      samples: samples.map((time) => batch / (time / MILLISECONDS_PER_SECOND)),
    })),
  };
  findings.table(table);
  const [jail, firejail] = [summaryOf(table, JAIL), summaryOf(table, FIREJAIL)];
  if (limit === 0 || jail === null || firejail === null) return;
  const text = `${table.title}: ${JAIL} to ${FIREJAIL}`;
  findings.goal({ text, value: jail.median / firejail.median, limit, kind: "at least", unit: "" });
}

/**
 * From the client's request to the application. The client is traced for the moment of its request,
 * by a filter that stops it at no other call; the application, a static program, prints the clock.
 */
async function measureFirstInstruction(
  { findings, place, isQuick }: Bench,
  { socket }: Portal,
): Promise<void> {
  const clock = await place.compile("calls", { as: "clock", flags: ["-static"] });
  const tracer = ["strace", "--follow-forks", "--seccomp-bpf", "--trace=sendmsg", "-ttt"];
  const command = [...tracer, ...inStemjail(place, socket, [clock, "now"])];
  const title = "From the client's request to the application's first instruction";
  const samples: number[] = [];
  for (let round = 0; round < (isQuick ? 10 : 100); round++) {
    const { code, stdout, stderr } = await place.output(command);
    const sent = requestTime(stderr);
    if (code !== 0 || sent === null) return findings.missing(`${title}: ${lastLine(stderr)}`);
    samples.push(Number(stdout) / NANOSECONDS_PER_MILLISECOND - sent * MILLISECONDS_PER_SECOND);
    await untilQuiet();
  }
  const series = [{ name: JAIL, samples }];
  findings.table({
    kind: "comparison",
    id: "first-instruction",
    title,
    unit: "ms",
    baseline: JAIL,
    series,
  });
  findings.goal({ text: title, value: median(samples), limit: 5, kind: "at most", unit: "ms" });
}

/**
 * When a traced client sent its request.
 *
 * @param trace what `strace -ttt` printed
 * @returns seconds since the epoch, or null if it sent none
 */
export function requestTime(trace: string): number | null {
  const sent = /(\d+\.\d+) sendmsg\(.*\{\\"type\\":\\"run\\"/.exec(trace);
  return sent === null ? null : Number(sent[1]);
}
