/** Compiles the shim, and C programs for its tests. */

import { artefacts, commonFlags } from "../../scripts/native_table.ts";
import { root } from "../../scripts/paths.ts";

const STRICT = ["-std=gnu11", "-Wall", "-Wextra", "-Werror"];

const SANITIZED = [
  ...["-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
  "-fno-omit-frame-pointer",
];

/** Runs a program to its end, from the top of the tree; throws with its output unless it succeeds. */
export async function run(program: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    cwd: root,
    stdin: "null",
  }).output();
  const text = new TextDecoder().decode(stdout);
  if (success) return text;
  throw new Error(`${program} ${args.join(" ")}:\n${text}${new TextDecoder().decode(stderr)}`);
}

/** A file of the tests, by its name from this directory. */
function here(name: string): string {
  return new URL(name, import.meta.url).pathname;
}

function artefact(name: string) {
  return artefacts().find((artefact) => artefact.name === name)!;
}

/** Where the shim and the client look for the table and the socket. */
function definition(runDirectory: string): string {
  return `-DSTEMJAIL_RUN_DIRECTORY="${runDirectory}"`;
}

async function compileArtefact(name: string, output: string, runDirectory: string) {
  const { flags, sources } = artefact(name);
  await run("cc", ...commonFlags, ...flags, definition(runDirectory), ...sources, "-o", output);
}

/** Compiles stemshim.so as it is shipped, but for its run directory. */
export async function compileShim(output: string, runDirectory: string): Promise<void> {
  await compileArtefact("stemshim.so", output, runDirectory);
}

/** Compiles the client for use inside a jail as it is shipped, but for its run directory. */
export async function compileInside(output: string, runDirectory: string): Promise<void> {
  await compileArtefact("stemjail-inside", output, runDirectory);
}

/** Compiles stemshim.so with the address and undefined behaviour sanitizers. */
export async function compileSanitizedShim(output: string, runDirectory: string): Promise<void> {
  const flags = [...STRICT, ...SANITIZED, "-fPIC", "-shared", "-fvisibility=hidden"];
  const sources = [...artefact("stemshim.so").sources, here("sanitizer_options.c")];
  await run("cc", ...flags, definition(runDirectory), ...sources, "-o", output);
}

/**
 * Compiles a program of the tests.
 *
 * @param source Its file, from this directory.
 * @param options `shim`: the shim's files that it tests; `flags`: what it needs to be linked.
 */
export async function compileProgram(
  output: string,
  source: string,
  options: { shim?: string[]; sanitized?: boolean; flags?: string[] } = {},
): Promise<void> {
  const sources = [here(source), ...(options.shim ?? []).map((name) => `shim/${name}`)];
  const flags = options.sanitized === true ? SANITIZED : ["-O2"];
  await run("cc", ...STRICT, ...flags, ...sources, "-o", output, ...(options.flags ?? []));
}
