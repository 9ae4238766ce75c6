/**
 * The JavaScript of the product: main.ts with everything it imports, npm packages included.
 *
 * Two forms are made. The split one has a file for each part that is imported lazily, so that a
 * launch reads little. The single one is for a runtime that finds its script in a memory file, which
 * has no neighbours.
 *
 * The result depends on the sources alone. The bundler puts paths of this machine into comments and
 * into the hashes by which it names files: both are taken out again.
 *
 * @module
 */
import { BuildError, run } from "./command.ts";
import { root } from "./paths.ts";

/** File names to JavaScript text. */
export type Bundle = ReadonlyMap<string, string>;

async function bundler(args: readonly string[]): Promise<void> {
  const outcome = await run(Deno.execPath(), ["bundle", ...args], { cwd: root });
  if (!outcome?.success) {
    throw new BuildError(`Cannot bundle:\n${outcome?.text.trimEnd()}`);
  }
}

/** The bundler names the file that a stretch is from, in a comment or as a property. */
const FOREIGN_PATH = /(^\/\/ |")[^\s"]*\/npm\/registry\.npmjs\.org\//gm;

function withoutForeignPaths(text: string): string {
  return text.replace(FOREIGN_PATH, "$1npm:");
}

const HASHED_NAME = /^(.+)-[0-9A-Z]{8}\.js$/;

/** Gives each file a name that does not depend on this machine: its stem, and a number if needed. */
function planNames(files: Bundle): ReadonlyMap<string, string> {
  const stemOf = (name: string) => HASHED_NAME.exec(name)?.[1] ?? name.replace(/\.js$/, "");
  const textWithoutNames = (text: string) => text.replaceAll(/[\w.-]+-[0-9A-Z]{8}\.js/g, "");
  const ordered = Array.from(files, ([name, text]) => ({
    name,
    key: `${stemOf(name)}\0${textWithoutNames(text)}`,
  })).sort((left, right) => left.key < right.key ? -1 : 1);
  const counts = new Map<string, number>();
  return new Map(ordered.map(({ name }) => {
    const stem = stemOf(name);
    const count = (counts.get(stem) ?? 0) + 1;
    counts.set(stem, count);
    return [name, count === 1 ? `${stem}.js` : `${stem}-${count}.js`];
  }));
}

function renameFiles(files: Bundle): Bundle {
  const names = planNames(files);
  return new Map(Array.from(files, ([name, text]) => {
    for (const [old, renamed] of names) text = text.replaceAll(`"./${old}"`, `"./${renamed}"`);
    return [names.get(name) ?? name, text];
  }));
}

/**
 * Hides lazy imports from the runtime, which otherwise reads and parses every file it can foresee
 * before the first line runs: 2 ms for the SVG renderer alone.
 */
function hideLazyImports(text: string): string {
  return text.replaceAll(/\bimport\("\.\/([\w.-]+\.js)"\)/g, 'import(String("./$1"))');
}

/**
 * Bundles into one file for each part that is imported lazily.
 *
 * @param entry the main module, from the top of the tree
 * @returns the files; the entry's is named like it, with `.js`
 * @throws BuildError with the bundler's words
 */
export async function bundleSplit(entry: string): Promise<Bundle> {
  const directory = await Deno.makeTempDir({ prefix: "stemjail-bundle-" });
  try {
    await bundler(["--code-splitting", "--outdir", directory, entry]);
    const files = new Map<string, string>();
    const names = Array.from(Deno.readDirSync(directory), ({ name }) => name).sort();
    for (const name of names) {
      files.set(name, withoutForeignPaths(Deno.readTextFileSync(`${directory}/${name}`)));
    }
    return new Map(
      Array.from(renameFiles(files), ([name, text]) => [name, hideLazyImports(text)]),
    );
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/**
 * Bundles everything into one file.
 *
 * @param entry the main module, from the top of the tree
 * @returns its text
 * @throws BuildError with the bundler's words
 */
export async function bundleSingle(entry: string): Promise<string> {
  const path = await Deno.makeTempFile({ prefix: "stemjail-bundle-", suffix: ".js" });
  try {
    await bundler(["--output", path, entry]);
    return withoutForeignPaths(await Deno.readTextFile(path));
  } finally {
    await Deno.remove(path);
  }
}
