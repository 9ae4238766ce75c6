/**
 * The policy engine's decisions against the number of profiles.
 *
 * @module
 */
import { type EngineFigures, measureAll } from "../../tests/bench/stemflow_bench.ts";
import type { Suite } from "./suite.ts";

type Row = readonly [name: string, figure: (figures: EngineFigures) => number];

const rows: readonly Row[] = [
  ["pool built, ms", (at) => at.buildMilliseconds],
  ["heap of the pool, MiB", (at) => at.heapMebibytes],
  ["decision: granted, ns", (at) => at.grantedNanoseconds],
  ["decision: denied, ns", (at) => at.deniedNanoseconds],
  ["decision: transition, ns", (at) => at.transitionNanoseconds],
  ["effective access of all, ms", (at) => at.effectiveMilliseconds],
  ["policy table of all, ms", (at) => at.tableMilliseconds],
  ["policy table of all, KiB", (at) => at.tableKibibytes],
  ["look-up in C: granted, ns", (at) => at.lookupNanoseconds.granted],
  ["look-up in C: to be asked, ns", (at) => at.lookupNanoseconds.ask],
];

/** Decisions. */
export const decisions: Suite = {
  name: "decisions",
  title: "the policy engine against the number of profiles, of 20 paths each",
  async run({ findings }) {
    const figures = await measureAll();
    findings.table({
      kind: "grid",
      id: "decisions",
      title: "By the number of profiles",
      columns: [...figures.map(({ profiles }) => profiles.toLocaleString("en")), "growth"],
      rows: rows.map(([name, figure]) => {
        const values = figures.map(figure);
        return { name, values: [...values, values.at(-1)! / values[0]] };
      }),
    });
    const [fewest, most] = [figures[0], figures.at(-1)!];
    const limit = (text: string, value: number, limit: number, unit: string) =>
      findings.goal({ text, value, limit, kind: "at most", unit });
    limit(`Pool of ${most.profiles} built`, most.buildMilliseconds, 1000, "ms");
    limit(`Slowest decision at ${most.profiles}`, slowest(most), 2000, "ns");
    limit(`Slowest decision at ${fewest.profiles}`, slowest(fewest), 500, "ns");
  },
};

function slowest(figures: EngineFigures): number {
  const { grantedNanoseconds, deniedNanoseconds, transitionNanoseconds } = figures;
  return Math.max(grantedNanoseconds, deniedNanoseconds, transitionNanoseconds);
}
