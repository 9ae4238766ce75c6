/**
 * Measures StemJail against doing without, and against its peers.
 *
 *     deno task bench [--quick] [--only SUITE,...] [--json FILE] [--svg FILE]
 *     deno task bench --from FILE --svg FILE
 *
 * Contenders take turns within one run, as an ordinary user. Tables show medians, minima, maxima
 * and ratios; what could not be run is said. The second form draws the chart of an earlier report.
 *
 * @module
 */
import { calls } from "./bench/calls.ts";
import { drawChart } from "./bench/chart.ts";
import { decisions } from "./bench/decisions.ts";
import { Findings } from "./bench/findings.ts";
import { launch } from "./bench/launch.ts";
import { describeMachine } from "./bench/machine.ts";
import { memory } from "./bench/memory.ts";
import { type Options, readOptions } from "./bench/options.ts";
import { pipes } from "./bench/pipes.ts";
import { Place } from "./bench/place.ts";
import type { Report, SuiteReport } from "./bench/report.ts";
import { Runner } from "./bench/runner.ts";
import type { Bench, Suite } from "./bench/suite.ts";
import { workloads } from "./bench/workloads.ts";
import { buildIfNeeded } from "./build.ts";
import { BuildError, runScript } from "./command.ts";

const suites: readonly Suite[] = [launch, pipes, memory, calls, workloads, decisions];

function write(text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let done = 0; done < bytes.length;) done += Deno.stdout.writeSync(bytes.subarray(done));
}

async function measure({ isQuick, only }: Options): Promise<Report> {
  await buildIfNeeded();
  const date = new Date().toISOString();
  await using place = await Place.make();
  using _interrupt = removeOnInterrupt(place);
  const machine = await describeMachine(place);
  write(`\nStemJail's benchmarks, ${isQuick ? "quick" : "full"}, ${date}\n\n`);
  for (const [name, value] of machine) write(`  ${name.padEnd(12)} ${value}\n`);
  const runner = await Runner.make(place);
  const reports: SuiteReport[] = [];
  for (const suite of suites.filter(({ name }) => only.includes(name))) {
    const findings = new Findings(suite.name, suite.title, write);
    await runSuite(suite, { place, runner, isQuick, findings });
    reports.push(findings.end());
  }
  return { format: 1, date, isQuick, machine, suites: reports };
}

/** A suite that cannot go on is no reason to lose what the others find. */
async function runSuite(suite: Suite, bench: Bench): Promise<void> {
  try {
    await suite.run(bench);
  } catch (error) {
    // Of two errors the later one is that of a portal which had ended, and the reason for the first.
    const reason = error instanceof SuppressedError ? error.error : error;
    if (!(reason instanceof BuildError)) throw error;
    bench.findings.missing(`the rest of this suite: ${reason.message}`);
  }
}

/** An interrupted run leaves nothing behind either. */
function removeOnInterrupt(place: Place): Disposable {
  const end = async () => {
    await place[Symbol.asyncDispose]();
    Deno.exit(130);
  };
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) Deno.addSignalListener(signal, end);
  return {
    [Symbol.dispose]: () => {
      for (const signal of signals) Deno.removeSignalListener(signal, end);
    },
  };
}

function summary({ suites }: Report): string {
  const missing = suites.flatMap(({ name, missing }) => missing.map((text) => `${name}: ${text}`));
  const heading = missing.length === 0 ? "Everything was run." : "Not run:";
  return `\n${[heading, ...missing.map((text) => `  ${text}`)].join("\n")}\n`;
}

await runScript(async () => {
  const options = readOptions(Deno.args, suites.map(({ name }) => name));
  const report = options.from === undefined
    ? await measure(options)
    : JSON.parse(await Deno.readTextFile(options.from)) as Report;
  if (options.from === undefined) write(summary(report));
  if (options.json !== undefined) {
    await Deno.writeTextFile(options.json, `${JSON.stringify(report, null, 1)}\n`);
  }
  if (options.svg !== undefined) await Deno.writeTextFile(options.svg, drawChart(report));
});
