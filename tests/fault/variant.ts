/** Executables with one wall taken out, built from a copy of the sources: for tests alone. */

import assert from "node:assert/strict";

const ROOT = new URL("../../", import.meta.url).pathname;

/** What a build reads. */
const SOURCES = ["main.ts", "deno.json", "deno.lock", "src", "ffi", "shim", "profiles", "scripts"];

/** A wall to take out: where, and how the text that stands for it is changed. */
export interface Removal {
  readonly file: string;
  change(text: string): string;
}

/** Makes `makeConfinement` give one of its parts up. */
function withoutPart(part: string): Removal {
  return {
    file: "src/monitor/confinement.ts",
    change: (text) => {
      const renamed = replaceOnce(text, "export function makeConfinement(", "function makeAll(");
      return `${renamed}
export function makeConfinement(...given: Parameters<typeof makeAll>): Confinement {
  return { ...makeAll(...given), ${part} };
}
`;
    },
  };
}

/** The walls that can be missing. */
export const REMOVALS = {
  seccomp: withoutPart("filter: undefined"),
  Landlock: withoutPart("ruleset: -1"),
  "the shim": {
    file: "src/monitor/prepare.ts",
    change: (text: string) => replaceOnce(text, 'runFile(SHIM_NAME, "stemshim.so"),', ""),
  },
} as const satisfies Record<string, Removal>;

/**
 * Builds an executable that lacks a wall.
 *
 * @param directory empty; the executable in it is returned
 */
export async function buildWithout(removal: Removal, directory: string): Promise<string> {
  await copy(directory);
  const path = `${directory}/${removal.file}`;
  await Deno.writeTextFile(path, removal.change(await Deno.readTextFile(path)));
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "build"],
    cwd: directory,
    stdout: "null",
    stderr: "piped",
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return `${directory}/dist/stemjail`;
}

async function copy(directory: string): Promise<void> {
  // What is compiled already need not be compiled again; the build sees what is not up to date.
  const names = [
    ...SOURCES,
    ...[...Deno.readDirSync(ROOT)].map(({ name }) => name)
      .filter((name) => name === "build"),
  ];
  const args = ["-a", ...names.map((name) => ROOT + name), directory];
  const { success, stderr } = await new Deno.Command("cp", { args }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

/** A patch that does not apply any more would leave the wall standing, and the test without meaning. */
function replaceOnce(text: string, what: string, by: string): string {
  assert.equal(text.split(what).length, 2, `${JSON.stringify(what)} is not there once`);
  return text.replace(what, by);
}
