/**
 * Compiles the C parts into build/, each only when something it is made of has changed.
 *
 *     deno run -A scripts/build_native.ts [--incomplete] [NAME...]
 *
 * The compiler is `cc`, or what $CC names.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { BuildError, run, runScript } from "./command.ts";
import { type Artefact, artefacts, commonFlags } from "./native_table.ts";
import { buildDirectory, root } from "./paths.ts";
import { permissionsHeader } from "./permissions.ts";

const compiler = Deno.env.get("CC")?.split(/\s+/).filter((word) => word !== "") ?? ["cc"];

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function headersIn(directory: string): string[] {
  return Array.from(Deno.readDirSync(`${root}${directory}`))
    .filter((entry) => /\.(h|inc|def)$/.test(entry.name))
    .map((entry) => `${directory}/${entry.name}`);
}

/** A hash of everything that the artefact depends on: times of files are not to be trusted. */
function fingerprint(artefact: Artefact, command: readonly string[]): string {
  const hash = createHash("sha256").update(JSON.stringify(command));
  const headers = ["shim", "shim/launcher", "build"].flatMap(headersIn).sort();
  for (const path of [...artefact.sources, ...headers]) {
    hash.update(`\0${path}\0`).update(Deno.readFileSync(`${root}${path}`));
  }
  return hash.digest("hex");
}

function isUpToDate(artefact: Artefact, expected: string): boolean {
  const stampPath = `${buildDirectory}/${artefact.name}.stamp`;
  return isThere(`${buildDirectory}/${artefact.name}`) && isThere(stampPath) &&
    Deno.readTextFileSync(stampPath) === expected;
}

async function compile(artefact: Artefact): Promise<void> {
  const [program = "cc", ...own] = compiler;
  const command = [...own, ...commonFlags, ...artefact.flags, ...artefact.sources];
  const expected = fingerprint(artefact, [program, ...command]);
  if (isUpToDate(artefact, expected)) return;
  const target = `${buildDirectory}/${artefact.name}`;
  // A name of its own, then a rename: the file may be mapped by a running program.
  const temporary = `${target}.${Deno.pid}`;
  const outcome = await run(program, [...command, "-o", temporary], { cwd: root });
  if (outcome === undefined) {
    throw new BuildError(
      `Cannot build ${artefact.name}: there is no C compiler \`${program}\`; ` +
        "install one with `apt-get install gcc libc6-dev`",
    );
  }
  if (!outcome.success) {
    throw new BuildError(`Cannot compile ${artefact.name}:\n${outcome.text.trimEnd()}`);
  }
  if (outcome.text !== "") console.error(outcome.text.trimEnd());
  Deno.renameSync(temporary, target);
  Deno.writeTextFileSync(`${target}.stamp`, expected);
  console.log(`built ${artefact.name}`);
}

function missingSources(artefact: Artefact): string[] {
  if (artefact.sources.length === 0) return ["shim/*.c"];
  return artefact.sources.filter((path) => !isThere(`${root}${path}`));
}

function writeHeader(): void {
  const path = `${buildDirectory}/permissions.h`;
  const text = permissionsHeader();
  if (!isThere(path) || Deno.readTextFileSync(path) !== text) Deno.writeTextFileSync(path, text);
}

/**
 * Compiles what is not up to date.
 *
 * @param options `only` these artefacts; `incomplete` leaves out one whose sources are not all there
 * @throws BuildError when there is no compiler, a source is missing, or one does not compile
 */
export async function buildNative(
  options: { only?: readonly string[]; incomplete?: boolean } = {},
): Promise<void> {
  Deno.mkdirSync(buildDirectory, { recursive: true });
  writeHeader();
  for (const artefact of artefacts()) {
    if (options.only?.length && !options.only.includes(artefact.name)) continue;
    const missing = missingSources(artefact);
    if (missing.length === 0) await compile(artefact);
    else if (!options.incomplete) {
      throw new BuildError(`Cannot build ${artefact.name}: ${missing.join(", ")} is missing`);
    }
  }
}

if (import.meta.main) {
  const incomplete = Deno.args.includes("--incomplete");
  const only = Deno.args.filter((argument) => argument !== "--incomplete");
  await runScript(() => buildNative({ only, incomplete }));
}
