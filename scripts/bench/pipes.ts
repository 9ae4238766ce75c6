/**
 * What passes through a jail's standard streams: a pipe, which the application has itself, and a
 * pseudoterminal, which the client relays.
 *
 * @module
 */
import { type Contender, inStemjail } from "./contenders.ts";
import { summaryOf } from "./findings.ts";
import type { Place } from "./place.ts";
import { Portal } from "./portal.ts";
import { twoActivities } from "./profiles.ts";
import type { Comparison } from "./report.ts";
import type { Bench, Suite } from "./suite.ts";

const MEBIBYTES_PER_GIBIBYTE = 1024;
const MILLISECONDS_PER_SECOND = 1000;

/** Throughput. */
export const pipes: Suite = {
  name: "pipes",
  title: "gigabytes through a jail's standard streams",
  async run(bench) {
    const { place } = bench;
    await using portal = await Portal.start(place, "pipes", [await twoActivities(place)]);
    await measurePipe(bench, portal);
    await measureTerminal(bench, portal);
  },
};

/** A script that fails unless all bytes arrive. */
function counted(pipeline: string, mebibytes: number): readonly string[] {
  return ["sh", "-c", `test "$(${pipeline} | wc -c)" = ${mebibytes * 2 ** 20}`];
}

async function measurePipe(bench: Bench, { socket }: Portal): Promise<void> {
  const mebibytes = (bench.isQuick ? 2 : 10) * MEBIBYTES_PER_GIBIBYTE;
  const source = `dd if=/dev/zero bs=1M count=${mebibytes} status=none`;
  const through = (name: string, command: readonly string[]): Contender => ({
    name,
    command: counted(`${source} | ${command.join(" ")}`, mebibytes),
  });
  const table = await throughput(bench, "pipe", "`cat` between two pipes", mebibytes, [
    through("cat, natively", ["cat"]),
    through("stemjail run -- cat", inStemjail(bench.place, socket, ["cat"])),
  ]);
  rateGoal(bench, table, 0.95);
}

/** Lines of text, as a terminal has them: it turns each end of line into two bytes. */
async function measureTerminal(bench: Bench, { socket }: Portal): Promise<void> {
  const { place } = bench;
  const mebibytes = bench.isQuick ? 64 : 512;
  await writeLines(place, mebibytes);
  const lines = place.path("app/lines");
  const jail = [place.stemjail, "run", "--tty", `--socket=${socket}`, "--", "cat", lines];
  const table = await throughput(bench, "terminal", "`cat` of text to a terminal", mebibytes, [
    { name: "script", command: ["script", "-qec", `cat ${lines}`, "/dev/null"] },
    { name: "stemjail run --tty", command: jail },
  ]);
  rateGoal(bench, table, 1);
}

/** Writes a file of text; its lines have 64 bytes. */
async function writeLines(place: Place, mebibytes: number): Promise<void> {
  const block = new TextEncoder().encode(`${"x".repeat(63)}\n`.repeat(2 ** 20 / 64));
  using file = await Deno.create(place.path("app/lines"));
  for (let written = 0; written < mebibytes; written++) {
    for (let done = 0; done < block.length;) done += file.writeSync(block.subarray(done));
  }
}

async function throughput(
  { runner, findings, isQuick }: Bench,
  id: string,
  title: string,
  mebibytes: number,
  contenders: readonly Contender[],
): Promise<Comparison> {
  const plan = { rounds: isQuick ? 2 : 9, warmups: isQuick ? 0 : 1, pause: 100 };
  const series = await runner.compare(plan, contenders, (reason) => findings.missing(reason));
  const table: Comparison = {
    kind: "comparison",
    id,
    title: `${title}, ${mebibytes.toLocaleString("en")} MiB, the launch included`,
    unit: "GiB/s",
    baseline: contenders[0].name,
    series: series.map(({ name, samples }) => ({
      name,
      samples: samples.map((time) =>
        mebibytes / MEBIBYTES_PER_GIBIBYTE / (time / MILLISECONDS_PER_SECOND)
      ),
    })),
  };
  findings.table(table);
  return table;
}

function rateGoal({ findings }: Bench, table: Comparison, limit: number): void {
  const [base, jail] = table.series.map(({ name }) => summaryOf(table, name));
  if (!base || !jail || table.series.length < 2) return;
  const value = jail.median / base.median;
  const text = `${table.title}: ${table.series[1].name} to ${table.series[0].name}`;
  findings.goal({ text, value, limit, kind: "at least", unit: "" });
}
