/**
 * A small world for the shim: directories that are there from the start, and others that a protocol peer
 * brings when they are asked for, with the policy tables that go with it.
 *
 * ```
 * open/    granted for reading to every profile; holds `file`, and links into the other directories
 * work/    granted for writing to every profile
 * alpha/   writable in profiles A and C     beta/   readable in profile B     gamma/  readable in C
 * ```
 *
 * A request for alpha leaves A and C, one for beta leaves B, one for gamma leaves C.
 */

import type { Domain } from "../../src/stemflow/domain.ts";
import { Pool } from "../../src/stemflow/pool.ts";
import { serialiseTable, tableCapacity } from "../../src/stemflow/table.ts";
import { mappingBytes, TableWriter } from "../../src/stemflow/table_writer.ts";
import { memoryOf } from "../stemflow/memory.ts";
import { compileProgram, compileSanitizedShim, compileShim } from "./build.ts";

/** How the peer treats requests. */
export type PeerMode = "answer" | "silent" | "garbage" | "close";

/** What a program did. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The requests that the peer got meanwhile, in order: kind, flags, path. */
  readonly requests: readonly string[];
}

function profiles(base: string): Domain[] {
  const system = ["/usr", "/etc", "/bin", "/lib", "/lib64", "/opt", "/sys"];
  const common = [
    ...[...system, `${base}/open`].map((path) => ({ path, write: false })),
    { path: `${base}/work`, write: true },
  ];
  const alpha = { path: `${base}/alpha`, write: true };
  return [
    { name: "A", binds: [...common, alpha] },
    { name: "B", binds: [...common, { path: `${base}/beta`, write: false }] },
    { name: "C", binds: [...common, alpha, { path: `${base}/gamma`, write: false }] },
  ];
}

/** The bytes of the mapping before and after a transition. */
function mappings(pool: Pool, transitions: readonly string[][]): Uint8Array[] {
  const capacity = tableCapacity(pool, pool.all());
  return transitions.map((path) => {
    const bytes = new Uint8Array(mappingBytes(capacity));
    const writer = new TableWriter(memoryOf(bytes), serialiseTable(pool, pool.all()));
    for (const names of path) writer.replace(serialiseTable(pool, pool.setOf(names.split(""))));
    return bytes;
  });
}

/** Reads lines from a stream as they come. */
class Lines {
  #text = "";
  readonly #reader: ReadableStreamDefaultReader<string>;

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.#reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  }

  async next(): Promise<string | undefined> {
    while (!this.#text.includes("\n")) {
      const { value, done } = await this.#reader.read();
      if (done) return undefined;
      this.#text += value;
    }
    const end = this.#text.indexOf("\n");
    const line = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + 1);
    return line;
  }

  async rest(): Promise<string[]> {
    const lines: string[] = [];
    for (let line = await this.next(); line !== undefined; line = await this.next()) {
      lines.push(line);
    }
    return lines;
  }
}

/** The compiled parts, which the worlds of one test file share. */
export class Workshop implements Disposable {
  private constructor(readonly directory: string, readonly build: string) {}

  /** Opens one with the shim as it is shipped, and one with the sanitizers, until the tests are over. */
  static async openBoth(): Promise<Workshop[]> {
    const workshops = await Promise.all([
      Workshop.open("plain", compileShim),
      Workshop.open("sanitized", compileSanitizedShim),
    ]);
    globalThis.addEventListener("unload", () => {
      for (const workshop of workshops) workshop[Symbol.dispose]();
    });
    return workshops;
  }

  /** Makes a directory outside /tmp, which the shim takes for the jail's own, and compiles the shim. */
  static async open(build: string, compile: typeof compileShim): Promise<Workshop> {
    const directory = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "stemjail-shim-" });
    await Deno.chmod(directory, 0o755);
    await Deno.mkdir(`${directory}/run`);
    await Promise.all([
      compile(`${directory}/run/stemshim.so`, `${directory}/run`),
      compileProgram(`${directory}/peer`, "peer.c"),
    ]);
    return new Workshop(directory, build);
  }

  /** Defines a test, named after the build; `ignore` it where the machine cannot run it. */
  test(name: string, fn: () => Promise<void>, ignore = false): void {
    Deno.test({ name: `${name} (${this.build})`, fn, ignore });
  }

  /** Compiles a program under programs/ once; gives where it is. */
  async program(name: string, ...flags: string[]): Promise<string> {
    const output = `${this.directory}/${name}`;
    try {
      await Deno.stat(output);
    } catch {
      await compileProgram(output, `programs/${name}.c`, { flags });
    }
    return output;
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.directory, { recursive: true });
  }
}

/** A world with its peer. */
export class World implements AsyncDisposable {
  readonly #workshop: Workshop;
  readonly #peer: Deno.ChildProcess | undefined;
  readonly #lines: Lines | undefined;

  private constructor(
    readonly base: string,
    workshop: Workshop,
    peer?: Deno.ChildProcess,
    lines?: Lines,
  ) {
    this.#workshop = workshop;
    this.#peer = peer;
    this.#lines = lines;
  }

  /**
   * Makes a world. Only one may be alive in a workshop.
   *
   * @param mode How the peer treats requests; "absent" for no table and no peer, "deaf" for no peer.
   * @param initial The profiles that the jail could be, as letters.
   */
  static async make(
    workshop: Workshop,
    mode: PeerMode | "absent" | "deaf" = "answer",
    initial = "ABC",
  ): Promise<World> {
    const run = `${workshop.directory}/run`;
    const base = await Deno.makeTempDir({ dir: workshop.directory, prefix: "world-" });
    await Deno.chmod(base, 0o755);
    furnish(base);
    for (const name of ["table", "socket"]) {
      await Deno.remove(`${run}/${name}`).catch(() => {});
    }
    if (mode === "absent") return new World(base, workshop);
    const rules = writeTables(base, run, initial);
    if (mode === "deaf") return new World(base, workshop);
    const peer = new Deno.Command(`${workshop.directory}/peer`, {
      args: [run, mode, ...rules],
      stdin: "null",
      stdout: "piped",
    }).spawn();
    const lines = new Lines(peer.stdout);
    await lines.next();
    return new World(base, workshop, peer, lines);
  }

  /** The path of the shim. */
  get shim(): string {
    return `${this.#workshop.directory}/run/stemshim.so`;
  }

  /**
   * Runs a program with the shim in front, in the world's base, to its end.
   *
   * @param options `env` is all of the environment beside LD_PRELOAD and PATH; `cwd` counts from the base.
   */
  async run(
    command: readonly string[],
    options: { env?: Record<string, string>; cwd?: string } = {},
  ): Promise<Outcome> {
    const [program, ...args] = command;
    const { code, stdout, stderr } = await new Deno.Command(program, {
      args,
      cwd: `${this.base}/${options.cwd ?? ""}`,
      clearEnv: true,
      env: {
        PATH: "/usr/bin:/bin",
        LD_PRELOAD: this.shim,
        ...options.env,
      },
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    return {
      code,
      stdout: decoder.decode(stdout),
      stderr: decoder.decode(stderr),
      requests: await this.#takeRequests(),
    };
  }

  /** The requests since the last time, up to a marker that is sent now. */
  async #takeRequests(): Promise<string[]> {
    const requests: string[] = [];
    if (this.#peer === undefined || this.#lines === undefined) return requests;
    this.#peer.kill("SIGUSR1");
    for (;;) {
      const line = await this.#lines.next();
      if (line === undefined || line === "marker") return requests;
      requests.push(line.replaceAll(this.base, ""));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#peer?.kill("SIGKILL");
    await this.#lines?.rest();
    await this.#peer?.status;
    await Deno.remove(this.base, { recursive: true });
  }
}

/** Makes the directories, those not yet granted under a hidden name. */
function furnish(base: string): void {
  for (const name of ["open", "work", ".alpha", ".beta", ".gamma"]) {
    Deno.mkdirSync(`${base}/${name}/inner`, { recursive: true });
    Deno.writeTextFileSync(`${base}/${name}/file`, `${name.replace(".", "")}\n`);
  }
  Deno.symlinkSync("../alpha", `${base}/open/alpha`);
  Deno.symlinkSync(`${base}/alpha/file`, `${base}/open/alpha-file`);
  Deno.symlinkSync("/nowhere/at/all", `${base}/open/dangling`);
  Deno.symlinkSync("../gamma", `${base}/.alpha/gamma`);
}

/** Writes the first table, and those of the transitions; gives the peer's rules. */
function writeTables(base: string, run: string, initial: string): string[] {
  const pool = Pool.build(profiles(base));
  const start = initial === "ABC" ? [] : [initial];
  const [first, afterAlpha, afterBeta, afterGamma] = mappings(pool, [
    start,
    [...start, "AC"],
    [...start, "B"],
    [...start, "AC", "C"],
  ]);
  Deno.writeFileSync(`${run}/table`, first);
  const rule = (name: string, access: string, table: Uint8Array): string[] => {
    Deno.writeFileSync(`${run}/table.${name}`, table);
    return [
      `${base}/${name}`,
      access,
      `${run}/table.${name}`,
      `mv ${base}/.${name} ${base}/${name}`,
    ];
  };
  return [
    ...rule("alpha", "w", afterAlpha),
    ...rule("beta", "r", afterBeta),
    ...rule("gamma", "r", afterGamma),
  ];
}
