/**
 * An image that carries the probe instead of StemJail, and ways to start it.
 *
 * @module
 */
import { makeProduct } from "../../scripts/build.ts";
import { buildNative } from "../../scripts/build_native.ts";
import { bundleSingle, bundleSplit } from "../../scripts/bundle.ts";
import { selfExtracting } from "../../scripts/make_self_extracting.ts";
import type { Parts } from "../../scripts/maker.ts";
import { buildDirectory } from "../../scripts/paths.ts";

/** Whether the tests may make users and mounts. */
export const isRoot = Deno.uid() === 0;

/** What the launcher exits with when it cannot start the runtime. */
export const FAILED_BEFORE_START = 125;

/** What the probe told about the process that it was. */
export interface Report {
  args: string[];
  build: string;
  environment: Record<string, string>;
  lazyWord: string;
  permissions: Record<string, string>;
  samePid: boolean;
}

/** How a start ended. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** The parts of an image with the probe as its script. */
export async function probeParts(): Promise<Parts> {
  await buildNative({ only: ["launcher", "libstemjail.so"] });
  const entry = "tests/build/probe/main.ts";
  return {
    split: await bundleSplit(entry),
    single: await bundleSingle(entry),
    native: new Map([["libstemjail.so", Deno.readFileSync(`${buildDirectory}/libstemjail.so`)]]),
    launcher: Deno.readFileSync(`${buildDirectory}/launcher`),
    profiles: new Map([["empty.toml", new Uint8Array(0)]]),
  };
}

/** A directory for one test, with an image in it, and a cache that is empty at first. */
export class Place {
  readonly directory: string = Deno.makeTempDirSync({ prefix: "stemjail-build-test-" });
  readonly image: string = `${this.directory}/stemjail`;
  readonly cache: string = `${this.directory}/cache`;

  /** @param original the image to copy */
  constructor(original: string) {
    Deno.copyFileSync(original, this.image);
    Deno.chmodSync(this.image, 0o755);
    Deno.mkdirSync(this.cache, { mode: 0o700 });
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.directory, { recursive: true });
  }

  /** The cache's one directory of unpacked files. */
  get unpacked(): string {
    const builds = Array.from(Deno.readDirSync(`${this.cache}/stemjail`))
      .filter((entry) => entry.isDirectory);
    if (builds.length !== 1) throw new Error(`The cache holds ${builds.length} builds, not one`);
    return `${this.cache}/stemjail/${builds[0]?.name}`;
  }

  /** Starts the image, or another executable, with nothing in the environment but what is given. */
  start(args: readonly string[], env: Record<string, string> = {}, program = this.image) {
    return start(program, args, { XDG_CACHE_HOME: this.cache, ...env });
  }

  /** Starts `run` and reads what the probe reports. */
  async report(args: readonly string[] = [], env: Record<string, string> = {}): Promise<Report> {
    return readReport(await this.start(["run", ...args], env));
  }
}

/** Starts a program and waits for its end. */
export async function start(
  program: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<Ended> {
  const decoder = new TextDecoder();
  const output = await new Deno.Command(program, {
    args: [...args],
    clearEnv: true,
    env,
    stdin: "null",
  }).output();
  return {
    code: output.code,
    stdout: decoder.decode(output.stdout),
    stderr: decoder.decode(output.stderr),
  };
}

/** Reads the probe's report from a start that must have succeeded. */
export function readReport(ended: Ended): Report {
  if (ended.code !== 0) throw new Error(`The start ended with ${ended.code}: ${ended.stderr}`);
  return JSON.parse(ended.stdout);
}

/** Makes the probe's image; it is removed when the test process ends. */
export async function makeProbeImage(): Promise<string> {
  const directory = Deno.makeTempDirSync({ prefix: "stemjail-build-test-" });
  addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
  await makeProduct(await probeParts(), `${directory}/stemjail`, [selfExtracting]);
  return `${directory}/stemjail`;
}

/** Runs a command that must succeed, as part of a test's set-up. */
export async function must(program: string, ...args: string[]): Promise<string> {
  const decoder = new TextDecoder();
  const output = await new Deno.Command(program, { args, stdin: "null" }).output();
  if (!output.success) throw new Error(`${program}: ${decoder.decode(output.stderr)}`);
  return decoder.decode(output.stdout).trim();
}
