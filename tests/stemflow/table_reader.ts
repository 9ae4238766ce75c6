/** The C reader of policy tables, compiled for the tests and the benchmark. */

import type { Access } from "../../src/stemflow/domain.ts";
import { encodePath } from "../../src/stemflow/path.ts";
import { mappingBytes, TableWriter } from "../../src/stemflow/table_writer.ts";
import { memoryOf } from "./memory.ts";

/** A question in bytes, for what no access can be. */
export interface RawQuestion {
  readonly write: boolean;
  readonly path: Uint8Array;
}

/** What the C reader says of a table. */
export interface Answers {
  readonly generation: number;
  readonly isFinal: boolean;
  /** A letter for each question: granted, impossible or ask. */
  readonly verdicts: string;
}

/** The compiled reader, in a directory that goes when it is disposed of. */
export class TableReader implements Disposable {
  private constructor(readonly directory: string) {}

  /** Compiles the reader with `cc` and the given flags beside those of the shim. */
  static async compile(flags: readonly string[] = ["-O2"]): Promise<TableReader> {
    const reader = new TableReader(await Deno.makeTempDir({ prefix: "stemjail-table-" }));
    const source = (path: string) => new URL(path, import.meta.url).pathname;
    const strict = ["-std=gnu11", "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror"];
    const files = [source("table_reader.c"), source("../../shim/table.c")];
    try {
      await run("cc", [...strict, ...flags, ...files, "-o", reader.#program]);
    } catch (error) {
      reader[Symbol.dispose]();
      throw error;
    }
    return reader;
  }

  get #program(): string {
    return `${this.directory}/reader`;
  }

  /** Writes bytes to a file of its own and gives the name. */
  async fileOf(bytes: Uint8Array): Promise<string> {
    const file = `${this.directory}/${crypto.randomUUID()}`;
    await Deno.writeFile(file, bytes);
    return file;
  }

  /** Asks the reader about a file that holds a mapping. */
  async look(file: string, questions: readonly RawQuestion[]): Promise<Answers> {
    const text = await this.run(["look", file], questions);
    const [head, verdicts] = text.split("\n");
    const [generation, isFinal] = head.split(" ").map(Number);
    return { generation, isFinal: isFinal === 1, verdicts };
  }

  /** Runs the reader with any arguments; gives its output. */
  run(words: readonly string[], questions: readonly RawQuestion[]): Promise<string> {
    return run(this.#program, words, encodeQuestions(questions));
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.directory, { recursive: true });
  }
}

async function run(program: string, words: readonly string[], input?: Uint8Array): Promise<string> {
  const child = new Deno.Command(program, {
    args: [...words],
    stdin: input === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.output();
  if (input !== undefined) {
    const writer = child.stdin.getWriter();
    // A reader that fails early breaks the pipe; its own message says more than that.
    await writer.write(input).then(() => writer.close()).catch(() => {});
  }
  const { success, stdout, stderr } = await output;
  if (!success) throw new Error(`${program} failed: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/** An access as a question. */
export function questionOf({ action, path }: Access): RawQuestion {
  return { write: action === "write", path: encodePath(path) };
}

function encodeQuestions(questions: readonly RawQuestion[]): Uint8Array {
  const size = questions.reduce((sum, { path }) => sum + 3 + path.length, 0);
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const { write, path } of questions) {
    bytes.set([write ? 1 : 0, path.length & 0xff, path.length >>> 8], at);
    bytes.set(path, at + 3);
    at += 3 + path.length;
  }
  return bytes;
}

/** A mapping that holds one table, in ordinary memory. */
export function mappingOf(table: Uint8Array<ArrayBuffer>): Uint8Array {
  const mapping = new Uint8Array(mappingBytes(table.length));
  new TableWriter(memoryOf(mapping), table);
  return mapping;
}
