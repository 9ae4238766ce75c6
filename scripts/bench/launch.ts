/**
 * Launch latency: from the start of a command that runs `true` to its end.
 *
 * @module
 */
import { type Contender, inBubblewrap, inFirejail, inStemjail } from "./contenders.ts";
import { summaryOf } from "./findings.ts";
import { Portal, stopPortalText } from "./portal.ts";
import type { Comparison } from "./report.ts";
import { median } from "./statistics.ts";
import type { Bench, Suite } from "./suite.ts";

const NATIVE = "true, natively";
const DENO = "deno run hello.js";
const JAIL = "stemjail run";
const COLD = "stemjail run, no portal";
const BUBBLEWRAP = "bwrap --unshare-all";
const FIREJAIL = "firejail --noprofile";
/** What a launch leaves to be done, such as a monitor to replace the used one, ends in this time. */
const QUIET_MILLISECONDS = 100;
const MILLISECONDS_PER_SECOND = 1000;

/** Launches. */
export const launch: Suite = {
  name: "launch",
  title: "from the start of the command to its end",
  async run(bench) {
    await using portal = await Portal.start(bench.place, "launch");
    await measureLatency(bench, portal);
    await measureRate(bench, portal, 1, 0);
    await measureRate(bench, portal, 8, 1.5);
    await measureFirstInstruction(bench, portal);
  },
};

function latencyContenders({ place }: Bench, { socket }: Portal): Contender[] {
  const cold = place.path("run/cold.sock");
  return [
    { name: NATIVE, command: ["true"] },
    { name: DENO, command: [place.deno, "run", place.path("app/hello.js")] },
    { name: JAIL, command: inStemjail(place, socket, ["true"]) },
    { name: BUBBLEWRAP, command: inBubblewrap(["true"]) },
    { name: FIREJAIL, command: inFirejail(["true"]) },
    { name: "stemjail ps", command: [place.stemjail, "ps", `--socket=${socket}`] },
    { name: "stemjail info", command: [place.stemjail, "info", `--socket=${socket}`] },
    {
      name: COLD,
      command: inStemjail(place, cold, ["true"]),
      after: stopPortalText(cold),
    },
  ];
}

async function measureLatency(bench: Bench, portal: Portal): Promise<void> {
  const { findings, runner, isQuick } = bench;
  const plan = { rounds: isQuick ? 20 : 300, warmups: isQuick ? 2 : 5, pause: QUIET_MILLISECONDS };
  const table: Comparison = {
    kind: "comparison",
    id: "launch",
    title: "Launch to exit of `true`",
    unit: "ms",
    baseline: DENO,
    series: await runner.compare(
      plan,
      latencyContenders(bench, portal),
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
  const batch = isQuick ? 40 : 200;
  const series = await runner.compare(
    { rounds: isQuick ? 2 : 7, warmups: 1, batch, parallel: clients, pause: QUIET_MILLISECONDS },
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
async function measureFirstInstruction(bench: Bench, portal: Portal): Promise<void> {
  const { findings, place, isQuick } = bench;
  const clock = await place.compile("clock", ["-static"]);
  const shown = await grantedCopy(bench, clock);
  const tracer = ["strace", "--follow-forks", "--seccomp-bpf", "--trace=sendmsg", "-ttt"];
  const samples: number[] = [];
  for (let round = 0; round < (isQuick ? 10 : 100); round++) {
    const command = [...tracer, ...inStemjail(place, portal.socket, [shown])];
    const { code, stdout, stderr } = await place.output(command);
    const sent = requestTime(stderr);
    if (code !== 0 || sent === null) {
      findings.missing(`request to first instruction: ${stderr.trimEnd().split("\n").at(-1)}`);
      return;
    }
    samples.push((Number(stdout) / 1e9 - sent) * MILLISECONDS_PER_SECOND);
    await new Promise((wake) => setTimeout(wake, QUIET_MILLISECONDS));
  }
  const title = "From the client's request to the application's first instruction";
  findings.table({
    kind: "comparison",
    id: "first-instruction",
    title,
    unit: "ms",
    baseline: "",
    series: [{ name: JAIL, samples }],
  });
  findings.goal({ text: title, value: median(samples), limit: 5, kind: "at most", unit: "ms" });
}
