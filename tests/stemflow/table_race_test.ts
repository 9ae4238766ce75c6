import assert from "node:assert/strict";
import { Pool } from "../../src/stemflow/pool.ts";
import { serialiseTable } from "../../src/stemflow/table.ts";
import { mappingBytes, TableWriter } from "../../src/stemflow/table_writer.ts";
import { memoryOf } from "./memory.ts";
import { questionOf, TableReader } from "./table_reader.ts";

const O_RDWR = 2;
const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;

/** Maps a file for writing as the monitor does, so that another process sees each store. */
async function mapFile(path: string, size: number): Promise<Uint8Array & Disposable> {
  await Deno.writeFile(path, new Uint8Array(size));
  const libc = Deno.dlopen("libc.so.6", {
    open: { parameters: ["buffer", "i32"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
    mmap: { parameters: ["usize", "usize", "i32", "i32", "i32", "i64"], result: "pointer" },
    munmap: { parameters: ["pointer", "usize"], result: "i32" },
  });
  const fd = libc.symbols.open(new TextEncoder().encode(`${path}\0`), O_RDWR);
  assert.ok(fd >= 0);
  const pointer = libc.symbols.mmap(0n, BigInt(size), PROT_READ_WRITE, MAP_SHARED, fd, 0n);
  libc.symbols.close(fd);
  assert.ok(pointer !== null);
  const bytes = new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(pointer, size));
  return Object.assign(bytes, {
    [Symbol.dispose]() {
      libc.symbols.munmap(pointer, BigInt(size));
      libc.close();
    },
  });
}

/** Tables that all grant the same two paths, with the nodes and slots in ever other places. */
function tablesThatAgree(count: number): Uint8Array<ArrayBuffer>[] {
  return Array.from({ length: count }, (_, table) => {
    const fillers = Array.from({ length: 20 + 30 * table }, (_, at) => ({
      path: `/${(at * 7919 + table) % 1000}/${table}/${at}`,
      write: false,
    }));
    const granted = [{ path: "/x/y/z", write: true }, { path: "/home/user/file", write: false }];
    const pool = Pool.build([{ name: "A", binds: [...fillers, ...granted] }]);
    return serialiseTable(pool, pool.all());
  });
}

Deno.test("a reader never sees a table half replaced, while a writer replaces it all the time", async () => {
  using reader = await TableReader.compile();
  const tables = tablesThatAgree(6);
  const size = mappingBytes(Math.max(...tables.map(({ length }) => length)));
  const path = `${reader.directory}/shared`;
  using mapping = await mapFile(path, size);
  const writer = new TableWriter(memoryOf(mapping), tables[0]);
  const questions = ["/x/y/z/file", "/home/user/file"].map((path) =>
    questionOf({ action: "read", path })
  );
  let isRunning = true;
  const counted = reader.run(["race", path, "3000000"], questions)
    .finally(() => isRunning = false);
  for (let round = 1; isRunning; round++) {
    for (let turn = 0; turn < 200; turn++) writer.replace(tables[(round + turn) % tables.length]);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  const [granted, impossible, ask] = (await counted).trim().split(" ").map(Number);
  assert.equal(impossible, 0, "a torn table was believed");
  assert.equal(granted + ask, 6_000_000);
  assert.ok(granted > 0);
  assert.ok(writer.generation > 100, "nothing was replaced meanwhile: the test shows nothing");
});
