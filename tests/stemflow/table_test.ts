import assert from "node:assert/strict";
import fc from "fast-check";
import type { CandidateSet } from "../../src/stemflow/candidates.ts";
import type { Access, Bind } from "../../src/stemflow/domain.ts";
import { Pool } from "../../src/stemflow/pool.ts";
import { serialiseTable, tableCapacity } from "../../src/stemflow/table.ts";
import { mappingBytes, TableWriter } from "../../src/stemflow/table_writer.ts";
import { memoryOf } from "./memory.ts";
import { access, domains as domainsArbitrary, tellingAccesses } from "./reference.ts";
import { mappingOf, questionOf, TableReader } from "./table_reader.ts";

const ro = (path: string): Bind => ({ path, write: false });
const rw = (path: string): Bind => ({ path, write: true });

/** What the engine says of accesses, in the reader's letters. */
function expectedVerdicts(pool: Pool, set: CandidateSet, accesses: readonly Access[]): string {
  const letters = { unchanged: "g", denied: "i", transition: "a" };
  return accesses.map((one) => letters[pool.request(set, one).kind]).join("");
}

/** The states that a jail goes through. */
function statesOf(pool: Pool, accesses: readonly Access[]): CandidateSet[] {
  const states = [pool.all()];
  for (const access of accesses) {
    const decision = pool.request(states.at(-1)!, access);
    if (decision.kind === "transition") states.push(decision.next);
  }
  return states;
}

Deno.test("the C reader answers as the engine, for any pool, state and access", async () => {
  using reader = await TableReader.compile();
  const walk = fc.tuple(domainsArbitrary, fc.array(access, { maxLength: 6 }), fc.array(access));
  // Each case starts a process with all of a state's accesses: dozens of questions a run.
  await fc.assert(
    fc.asyncProperty(walk, async ([domains, accesses, others]) => {
      const pool = Pool.build(domains);
      const states = statesOf(pool, accesses);
      const set = states.at(-1)!;
      const asked = [...tellingAccesses(domains), ...others];
      const file = await reader.fileOf(mappingOf(serialiseTable(pool, set)));
      const answers = await reader.look(file, asked.map(questionOf));
      assert.equal(answers.verdicts, expectedVerdicts(pool, set, asked));
      assert.equal(answers.isFinal, set.size === 1);
      await Deno.remove(file);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("the C reader finds each of thousands of paths, whatever their bytes", async () => {
  using reader = await TableReader.compile();
  const names = ["é", "日本", "\udcff\udc80", "a\nb", 'q"\\', "x".repeat(255), "."];
  const domains = Array.from({ length: 40 }, (_, at) => ({
    name: `p${at}`,
    binds: Array.from({ length: 100 }, (_, bind) => ({
      path: `/h/${bind % 25}/${names[bind % names.length]}.${at % 20}/${bind}`,
      write: (at + bind) % 3 === 0,
    })),
  }));
  const pool = Pool.build(domains);
  const asked = tellingAccesses(domains);
  assert.ok(asked.length > 5000);
  const file = await reader.fileOf(mappingOf(serialiseTable(pool, pool.all())));
  const { verdicts } = await reader.look(file, asked.map(questionOf));
  assert.equal(verdicts, expectedVerdicts(pool, pool.all(), asked));
});

Deno.test("the C reader finds the longest name and the deepest path", async () => {
  using reader = await TableReader.compile();
  const [longest, deepest] = [`/${"n".repeat(4094)}`, "/a".repeat(2047)];
  const pool = Pool.build([{ name: "A", binds: [ro(longest), rw(deepest)] }, {
    name: "B",
    binds: [ro("/b")],
  }]);
  const asked: Access[] = [longest, longest.slice(1), deepest, "/a".repeat(2046), "/b"].map((
    path,
  ) => ({ action: "read", path }));
  const file = await reader.fileOf(mappingOf(serialiseTable(pool, pool.all())));
  const { verdicts } = await reader.look(file, asked.map(questionOf));
  // A relative path is none: all that a reader can do is to leave the answer to the monitor.
  assert.equal(verdicts, "aaaia");
});

Deno.test("repeated and trailing slashes do no harm to a look-up", async () => {
  using reader = await TableReader.compile();
  const pool = Pool.build([{ name: "A", binds: [ro("/a/b"), ro("/")] }, {
    name: "B",
    binds: [rw("/a/b")],
  }]);
  const file = await reader.fileOf(mappingOf(serialiseTable(pool, pool.all())));
  const paths = ["/a/b", "//a///b//", "/a/b/", "/a/", "//", ""];
  const questions = paths.map((path) => questionOf({ action: "read", path }));
  assert.equal((await reader.look(file, questions)).verdicts, "gggaaa");
});

Deno.test("a mapping that holds no valid table leaves every answer to the monitor", async () => {
  using reader = await TableReader.compile();
  const pool = Pool.build([{ name: "A", binds: [ro("/")] }]);
  const valid = mappingOf(serialiseTable(pool, pool.all()));
  const change = (at: number, value: number) => {
    const bytes = valid.slice();
    new DataView(bytes.buffer).setUint32(at, value, true);
    return bytes;
  };
  const invalid = [
    new Uint8Array(200),
    valid.slice(0, 12),
    valid.slice(0, 63),
    change(0, 1),
    change(4, 2),
    change(8, 0xffffffff),
    change(8, 30),
  ];
  const question = [questionOf({ action: "read", path: "/a" })];
  assert.equal((await reader.look(await reader.fileOf(valid), question)).verdicts, "g");
  for (const bytes of invalid) {
    const answers = await reader.look(await reader.fileOf(bytes), question);
    assert.equal(answers.verdicts, "a");
    assert.equal(answers.isFinal, false);
  }
});

Deno.test("the reader stays within a damaged mapping, and ends", async () => {
  using reader = await TableReader.compile([
    "-O1",
    "-g",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover",
  ]);
  const domains = Array.from({ length: 10 }, (_, at) => ({
    name: `p${at}`,
    binds: [ro("/usr"), rw(`/home/u/Clients/${at}`), ro(`/home/u/${at}/file`)],
  }));
  const pool = Pool.build(domains);
  const mapping = mappingOf(serialiseTable(pool, pool.all()));
  const questions = tellingAccesses(domains).map(questionOf);
  const file = await reader.fileOf(mapping);
  for (const seed of ["1", "2", "3"]) {
    assert.equal(await reader.run(["corrupt", file, "5000", seed], questions), "survived\n");
  }
});

Deno.test("the reader stays within the mapping when a name is said to go on beyond its end", async () => {
  using reader = await TableReader.compile();
  const name = "a".repeat(40);
  const pool = Pool.build([{ name: "A", binds: [ro(`/${name}`)] }]);
  const mapping = mappingOf(serialiseTable(pool, pool.all()));
  const words = new DataView(mapping.buffer);
  // The first generation lies in the second half, which ends where the mapping does.
  const half = words.getUint32(8, true);
  const table = 64 + half;
  const [nodeBytes, slotBytes] = [16 * words.getUint32(table + 8, true), 4];
  const names = table + 32 + nodeBytes + slotBytes * (words.getUint32(table + 12, true) + 1);
  mapping.fill(name.charCodeAt(0), names);
  words.setUint32(table, half, true);
  const nameOffset = table + 32 + 16 + 8;
  const question = [questionOf({ action: "read", path: `/${name}` })];
  const verdictAt = async (fromEnd: number) => {
    words.setUint32(nameOffset, mapping.length - names - fromEnd, true);
    return (await reader.look(await reader.fileOf(mapping), question)).verdicts;
  };
  assert.equal(await verdictAt(name.length), "g");
  assert.equal(await verdictAt(name.length - 1), "i");
  assert.equal(await verdictAt(1), "i");
  assert.equal(await verdictAt(-1), "i");
});

Deno.test("any later table fits in the capacity of the first, though it can be the larger", () => {
  let larger = 0;
  fc.assert(
    fc.property(domainsArbitrary, fc.array(access, { maxLength: 12 }), (domains, accesses) => {
      const pool = Pool.build(domains);
      const states = statesOf(pool, accesses);
      const sizes = states.map((set) => serialiseTable(pool, set).length);
      const capacity = tableCapacity(pool, states[0]);
      for (const size of sizes) assert.ok(size <= capacity);
      if (sizes.some((size) => size > sizes[0])) larger++;
    }),
    { numRuns: 3000 },
  );
  assert.ok(larger > 0, "no case had a later table that is larger: the test shows nothing");
});

Deno.test("each replacement is a generation of its own, and readers see the last", async () => {
  using reader = await TableReader.compile();
  const pool = Pool.build([{ name: "A", binds: [ro("/a")] }, { name: "B", binds: [ro("/b")] }]);
  const all = pool.all();
  const tables = [all, pool.setOf(["A"]), pool.setOf(["A"])].map((set) =>
    serialiseTable(pool, set)
  );
  const mapping = new Uint8Array(mappingBytes(tableCapacity(pool, all)));
  const questions = ["/a", "/b"].map((path) => questionOf({ action: "read", path }));
  const writer = new TableWriter(memoryOf(mapping), tables[0]);
  const look = async () => await reader.look(await reader.fileOf(mapping), questions);
  assert.deepEqual(await look(), { generation: 1, isFinal: false, verdicts: "aa" });
  assert.equal(writer.replace(tables[1]), 2);
  assert.deepEqual(await look(), { generation: 2, isFinal: true, verdicts: "gi" });
  assert.equal(writer.replace(tables[2]), 3);
  assert.deepEqual(await look(), { generation: 3, isFinal: true, verdicts: "gi" });
  assert.equal(writer.generation, 3);
});

Deno.test("a table larger than the mapping was made for is refused, and the last one stays", async () => {
  using reader = await TableReader.compile();
  const pool = Pool.build([{ name: "A", binds: [ro("/a")] }]);
  const mapping = new Uint8Array(mappingBytes(tableCapacity(pool, pool.all())));
  const writer = new TableWriter(memoryOf(mapping), serialiseTable(pool, pool.all()));
  assert.throws(() => writer.replace(new Uint8Array(mapping.length)), RangeError);
  assert.throws(
    () => new TableWriter(memoryOf(new Uint8Array(100)), new Uint8Array(64)),
    RangeError,
  );
  const question = [questionOf({ action: "read", path: "/a/x" })];
  const answers = await reader.look(await reader.fileOf(mapping), question);
  assert.deepEqual(answers, { generation: 1, isFinal: true, verdicts: "g" });
});
