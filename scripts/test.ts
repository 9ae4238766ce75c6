/**
 * Runs the tests, all of them or those named, and ends with `N passed, N failed` alone on a line.
 *
 *     deno task test [--no-build] [FILE|DIRECTORY...] [-- OPTION OF deno test...]
 *
 * @module
 */
import { buildIfNeeded } from "./build.ts";
import { BuildError, runScript } from "./command.ts";
import { root } from "./paths.ts";

/** How many tests ended how. */
interface Tally {
  passed: number;
  failed: number;
  ignored: number;
  /** What the failures printed, one text a file. */
  reports: string[];
}

/** The last line of `deno test`, such as `ok | 3 passed (2 steps) | 0 failed | 1 ignored (9ms)`. */
const SUMMARY =
  /^(?:ok|FAILED) \| (\d+) passed(?: \(\d+ steps?\))? \| (\d+) failed(?: \(\d+ steps?\))?(?: \| (\d+) ignored)?/m;

// deno-lint-ignore no-control-regex -- colours are made of control characters
const COLOUR = /\u001b\[[0-9;]*m/g;

/** How much of a file's failures is said again at the end, in lines. */
const REPORT_LINES = 60;

async function setUp(): Promise<void> {
  const { success } = await new Deno.Command(`${root}scripts/setup_tests.sh`, { stdin: "null" })
    .spawn().status;
  if (!success) throw new BuildError("Cannot set up the tests: scripts/setup_tests.sh failed");
}

/** Passes a stream through to the terminal, and returns it as text. */
async function copyOut(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    for (let done = 0; done < chunk.length;) done += Deno.stdout.writeSync(chunk.subarray(done));
  }
  return text;
}

/** A run that ended without a summary did not test what it was to test: that is a failure. */
function readTally(file: string, coloured: string, success: boolean): Tally {
  const text = coloured.replaceAll(COLOUR, "");
  const found = SUMMARY.exec(text);
  const [passed, failed, ignored] = [1, 2, 3].map((group) => Number(found?.[group] ?? 0));
  const tally: Tally = {
    passed: passed ?? 0,
    failed: failed ?? 0,
    ignored: ignored ?? 0,
    reports: [],
  };
  if (tally.failed === 0 && (!success || found === null)) tally.failed = 1;
  if (tally.failed > 0) tally.reports.push(`${file}:\n${failuresOf(text)}`);
  return tally;
}

/** What `deno test` says of its failures, which it does last, or the last that it said at all. */
function failuresOf(text: string): string {
  const errors = text.indexOf("\n ERRORS");
  const lines = (errors === -1 ? text : text.slice(errors)).trim().split("\n");
  return (errors === -1 ? lines.slice(-REPORT_LINES) : lines.slice(0, REPORT_LINES)).join("\n");
}

async function runFile(file: string, options: readonly string[]): Promise<Tally> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "--allow-all", "--no-check", ...options, file],
    cwd: root,
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const text = await copyOut(child.stdout);
  return readTally(file, text, (await child.status).success);
}

/**
 * Runs one file, and once more if it fails: these tests share a machine, its processes and its
 * clock with whatever else runs there. What fails twice has failed.
 */
async function runFileTwice(file: string, options: readonly string[]): Promise<Tally> {
  const first = await runFile(file, options);
  if (first.failed === 0) return first;
  console.log(`\n${file}: ${first.failed} failed; once more\n`);
  return await runFile(file, options);
}

/** The test files at and below paths, in order. */
function* testFiles(paths: readonly string[]): Generator<string> {
  for (const path of paths) {
    const { isDirectory } = Deno.statSync(`${root}${path}`);
    if (!isDirectory) yield path;
    else {
      const names = Array.from(Deno.readDirSync(`${root}${path}`))
        .filter(({ isDirectory, name }) => isDirectory || name.endsWith("_test.ts"))
        .map(({ name }) => `${path.replace(/\/$/, "")}/${name}`);
      yield* testFiles(names.sort());
    }
  }
}

async function runTests(paths: readonly string[], options: readonly string[]): Promise<Tally> {
  const total: Tally = { passed: 0, failed: 0, ignored: 0, reports: [] };
  for (const file of testFiles(paths.length === 0 ? ["tests"] : paths)) {
    const { passed, failed, ignored, reports } = await runFileTwice(file, options);
    total.passed += passed;
    total.failed += failed;
    total.ignored += ignored;
    total.reports.push(...reports);
  }
  return total;
}

async function checkTypes(): Promise<void> {
  const { success } = await new Deno.Command(Deno.execPath(), { args: ["check"], cwd: root })
    .spawn().status;
  if (!success) throw new BuildError("Cannot test: the types do not check");
}

function splitArguments(args: readonly string[]) {
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  const own = args.slice(0, end);
  return {
    build: !own.includes("--no-build"),
    files: own.filter((argument) => argument !== "--no-build"),
    options: args.slice(end + 1),
  };
}

await runScript(async () => {
  const { build, files, options } = splitArguments(Deno.args);
  await setUp();
  await checkTypes();
  if (build) await buildIfNeeded();
  const tally = await runTests(files, options);
  // Said again where whoever reads only the end of a long run finds it.
  for (const report of tally.reports) console.log(`\n${report}\n`);
  const ignored = tally.ignored === 0 ? "" : `, ${tally.ignored} skipped`;
  console.log(`${tally.passed} passed, ${tally.failed} failed${ignored}`);
  if (tally.failed > 0) Deno.exitCode = 1;
});
