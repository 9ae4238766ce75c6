/**
 * Builds dist/stemjail: one file that runs when it is copied alone to another place.
 *
 *     deno task build [--maker compiled|self-extracting]
 *
 * It is made anew each time; the tests call {@link buildIfNeeded}.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { buildNative } from "./build_native.ts";
import { bundleSingle, bundleSplit } from "./bundle.ts";
import { BuildError, runScript } from "./command.ts";
import { compiled } from "./make_compiled.ts";
import { selfExtracting } from "./make_self_extracting.ts";
import type { Maker, Parts } from "./maker.ts";
import { buildDirectory, productPath, root } from "./paths.ts";

const makers: readonly Maker[] = [compiled, selfExtracting];
const OLDEST_RUNTIME = [2, 9, 6];
/** What the product is made from. */
const sourceRoots = ["main.ts", "src", "ffi", "shim", "profiles", "scripts", "deno.json"];
const stampPath = `${buildDirectory}/stemjail.stamp`;

function checkRuntime(): void {
  const version = Deno.version.deno.split(".").map(Number);
  for (const [index, wanted] of OLDEST_RUNTIME.entries()) {
    const found = version[index] ?? 0;
    if (found > wanted) return;
    if (found < wanted) {
      throw new BuildError(
        `Cannot build with Deno ${Deno.version.deno}: ${OLDEST_RUNTIME.join(".")} or newer is ` +
          "needed; run `npx --yes deno@2.9.6 task build`",
      );
    }
  }
}

function filesBelow(path: string): string[] {
  if (!Deno.statSync(path).isDirectory) return [path];
  return Array.from(Deno.readDirSync(path), ({ name }) => filesBelow(`${path}/${name}`)).flat();
}

/** A hash of every source file, and of the runtime that the product carries. */
function sourcesFingerprint(): string {
  const hash = createHash("sha256").update(Deno.version.deno).update(Deno.env.get("CC") ?? "");
  for (const path of sourceRoots.flatMap((name) => filesBelow(`${root}${name}`)).sort()) {
    hash.update(`\0${path}\0`).update(Deno.readFileSync(path));
  }
  return hash.digest("hex");
}

function readAll(directory: string, names: readonly string[]): Map<string, Uint8Array> {
  return new Map(names.map((name) => [name, Deno.readFileSync(`${directory}/${name}`)]));
}

/**
 * Collects what goes into the file, building what is not built.
 *
 * @param entry the main module, from the top of the tree
 * @returns the parts
 * @throws BuildError in one line, or with the words of the compiler or bundler
 */
export async function collectParts(entry = "main.ts"): Promise<Parts> {
  checkRuntime();
  await buildNative();
  const profiles = Array.from(Deno.readDirSync(`${root}profiles`), ({ name }) => name)
    .filter((name) => name.endsWith(".toml")).sort();
  return {
    split: await bundleSplit(entry),
    single: await bundleSingle(entry),
    native: readAll(buildDirectory, ["libstemjail.so", "stemshim.so", "stemjail-inside"]),
    launcher: Deno.readFileSync(`${buildDirectory}/launcher`),
    profiles: readAll(`${root}profiles`, profiles),
  };
}

function chosenMakers(args: readonly string[]): readonly Maker[] {
  if (args.length === 0) return makers;
  const [option, name] = args;
  const chosen = makers.filter((maker) => maker.name === name);
  if (args.length === 2 && option === "--maker" && chosen.length === 1) return chosen;
  throw new BuildError(
    `Cannot build with "${args.join(" ")}": the one option is --maker ` +
      makers.map((maker) => maker.name).join("|"),
  );
}

function describeSize(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/**
 * Makes the file with the first maker that has what it needs.
 *
 * @param parts what goes into it
 * @param path where it goes
 * @param candidates the makers to try, the preferred one first
 * @throws BuildError when none has what it needs, or the one that has failed
 */
export async function makeProduct(
  parts: Parts,
  path: string,
  candidates: readonly Maker[] = makers,
): Promise<void> {
  const reasons: string[] = [];
  for (const maker of candidates) {
    const product = await maker.make(parts, path);
    if ("buildId" in product) {
      const because = reasons.length === 0 ? "" : ` (${reasons.join("; ")})`;
      const runtime = `deno ${Deno.version.deno}`;
      const size = describeSize(product.size);
      console.log(
        `${path}: ${maker.name}, ${runtime}, build ${product.buildId}, ${size}${because}`,
      );
      return;
    }
    reasons.push(`not ${maker.name}: ${product.unavailable}`);
  }
  throw new BuildError(`Cannot build: ${reasons.join("; ")}`);
}

/** Whether the file is there and was made from what is there now. */
function isUpToDate(expected: string): boolean {
  try {
    return Deno.statSync(productPath).isFile && Deno.readTextFileSync(stampPath) === expected;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * Builds dist/stemjail.
 *
 * @param candidates the makers to try, the preferred one first
 * @throws BuildError in one line, or with the words of the compiler or bundler
 */
export async function build(candidates: readonly Maker[] = makers): Promise<void> {
  const parts = await collectParts();
  Deno.mkdirSync(`${root}dist`, { recursive: true });
  await makeProduct(parts, productPath, candidates);
  Deno.writeTextFileSync(stampPath, sourcesFingerprint());
}

/**
 * Builds dist/stemjail unless it was built from these very sources.
 *
 * @throws BuildError in one line, or with the words of the compiler or bundler
 */
export async function buildIfNeeded(): Promise<void> {
  if (!isUpToDate(sourcesFingerprint())) await build();
}

if (import.meta.main) await runScript(() => build(chosenMakers(Deno.args)));
