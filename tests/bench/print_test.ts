import assert from "node:assert/strict";
import { formatGoal, formatNumber, formatTable } from "../../scripts/bench/print.ts";
import type { Goal } from "../../scripts/bench/report.ts";

Deno.test("numbers have about three digits that count", () => {
  const numbers = [0, 3, 0.1234, 9.876, 56.78, 123.45, 1234567.8, -9.876];
  const texts = ["0", "3", "0.12", "9.88", "56.8", "123", "1,234,568", "-9.88"];
  assert.deepEqual(numbers.map(formatNumber), texts);
});

Deno.test("a comparison shows median, minimum, maximum and the ratio of medians to the baseline", () => {
  const text = formatTable({
    kind: "comparison",
    id: "x",
    title: "Title",
    unit: "ms",
    baseline: "native",
    series: [
      { name: "native", samples: [10, 20, 30] },
      { name: "a jail", samples: [30, 22, 26] },
    ],
  });
  assert.equal(
    text,
    [
      "Title [ms; ratio to native]",
      "          median  min  max  p99  runs  ratio  within a round",
      "  native      20   10   30          3  1.000  1.000 .. 1.000",
      "  a jail      26   22   30          3  1.300  0.867 .. 3.000",
      "",
    ].join("\n"),
  );
});

Deno.test("a ratio has three decimals while it is small", () => {
  const series = [{ name: "native", samples: [1] }, { name: "a jail", samples: [1234] }];
  const table = { kind: "comparison", id: "", title: "T", unit: "s", baseline: "native" } as const;
  assert.match(formatTable({ ...table, series }), / 1 {2}1,234 {2}1,234 \.\. 1,234\n$/);
});

Deno.test("a comparison whose baseline did not run has no ratios", () => {
  const series = [{ name: "a jail", samples: [1] }];
  const table = { kind: "comparison", id: "", title: "T", unit: "s", baseline: "native", series };
  const [, , row] = formatTable({ ...table, kind: "comparison" }).split("\n");
  assert.equal(row, "  a jail       1    1    1          1");
});

Deno.test("a grid shows a missing figure as a dash", () => {
  const rows = [{ name: "row", values: [1.5, null], remark: "seen" }];
  const text = formatTable({ kind: "grid", id: "", title: "T", columns: ["a", "b"], rows });
  assert.equal(text, "T\n          a  b\n  row  1.50  -  seen\n");
});

const goal: Goal = { text: "What", value: 1, limit: 1, kind: "at most", unit: "" };

Deno.test("a goal is reached at its limit, and missed beyond it", () => {
  assert.match(formatGoal(goal), /^ {2}reached {2}What: 1\.000, at most 1\n$/);
  assert.match(formatGoal({ ...goal, value: 1.001 }), /^ {2}MISSED /);
});

Deno.test("a goal that is a least is missed below it", () => {
  assert.match(
    formatGoal({ ...goal, kind: "at least", unit: "ms" }),
    /reached .*1 ms, at least 1 ms/,
  );
  assert.match(formatGoal({ ...goal, kind: "at least", value: 0.999 }), /^ {2}MISSED /);
});
