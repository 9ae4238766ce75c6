/**
 * Runs the fuzz targets of the shim.
 *
 *     deno run -A tests/shim/fuzz.ts [SECONDS]
 *
 * Each target runs for SECONDS, 60 unless told, and begins with a few inputs that reach its branches. A
 * finding ends the run with the input printed. Needs clang with its fuzzer runtime.
 */

import { run } from "./build.ts";

interface Target {
  /** The shim's files under test. */
  readonly sources: readonly string[];
  readonly seeds: readonly string[];
}

const RUN_DIRECTORY = "/dev/stemjail";

const SHIM = `${RUN_DIRECTORY}/stemshim.so`;

const TARGETS: Record<string, Target> = {
  fuzz_path: {
    sources: ["path.c"],
    seeds: ["/usr/../bin/sh", "a//b/./c/", "../../..", "/proc/self/cwd/..", "x".repeat(4096)],
  },
  fuzz_frame: {
    sources: ["conversation.c", "environment.c", "interpreter.c"],
    seeds: [
      "STJ1\0\x02\x03\0\x01\0\0\0one",
      "STJ1\x02\x02\0\0\x07\0\0\0",
      "#! /bin/sh -e\n",
      `A=1\nLD_PRELOAD=${SHIM}\nB=2`,
      `LD_PRELOAD=a.so:${SHIM} b.so`,
      "LD_PRELOAD=\nLD_PRELOAD=x",
    ],
  },
};

/** The names of the targets. */
export const targets: readonly string[] = Object.keys(TARGETS);

/** Whether a clang is there that can build the targets. */
export async function canFuzz(): Promise<boolean> {
  const source = "int LLVMFuzzerTestOneInput(void) { return 0; }";
  const command = `echo '${source}' | clang -x c -fsanitize=fuzzer,address - -o /dev/null`;
  return await run("sh", "-c", command).then(() => true, () => false);
}

/**
 * Runs one target; throws with the fuzzer's output if it finds anything.
 *
 * @param limit When to stop, as an option of libFuzzer.
 */
export async function fuzz(name: string, limit: string): Promise<string> {
  const { sources, seeds } = TARGETS[name];
  const directory = await Deno.makeTempDir({ prefix: "stemjail-fuzz-" });
  try {
    const flags = ["-std=gnu11", "-g", "-O1", "-fsanitize=fuzzer,address,undefined"];
    const files = sources.map((file) => `shim/${file}`);
    const target = new URL(`${name}.c`, import.meta.url).pathname;
    await run(
      "clang",
      ...flags,
      "-fno-sanitize-recover=all",
      target,
      ...files,
      "-o",
      `${directory}/x`,
    );
    await Deno.mkdir(`${directory}/corpus`);
    for (const [index, seed] of seeds.entries()) {
      await Deno.writeTextFile(`${directory}/corpus/${index}`, seed);
    }
    const options = [limit, "-max_len=9000", "-timeout=10", "-print_final_stats=1"];
    const command = `cd ${directory} && ./x ${options.join(" ")} corpus 2>&1`;
    return await run("sh", "-c", command);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

if (import.meta.main) {
  const seconds = Number(Deno.args[0] ?? 60);
  if (!await canFuzz()) {
    console.error(
      "Cannot fuzz: no clang with a fuzzer; install it with `apt-get install clang libclang-rt-dev`",
    );
    Deno.exit(1);
  }
  for (const name of targets) {
    const text = await fuzz(name, `-max_total_time=${seconds}`);
    const runs = /number_of_executed_units: (\d+)/.exec(text)?.[1];
    console.log(`${name}: ${runs} runs in ${seconds} s, nothing found`);
  }
}
