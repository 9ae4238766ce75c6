import assert from "node:assert/strict";
import { readOptions } from "../../scripts/bench/options.ts";
import { BuildError } from "../../scripts/command.ts";

const suites = ["launch", "calls", "memory"];

Deno.test("without options every suite runs, in full", () => {
  assert.deepEqual(readOptions([], suites), { isQuick: false, only: suites });
});

Deno.test("options take their value after a space or an equals sign", () => {
  assert.deepEqual(
    readOptions(["--quick", "--json", "a=b.json", "--svg=c=d.svg", "--from=r"], suites),
    { isQuick: true, only: suites, json: "a=b.json", svg: "c=d.svg", from: "r" },
  );
});

Deno.test("the chosen suites run in the order of all of them", () => {
  assert.deepEqual(readOptions(["--only", "memory,launch"], suites).only, ["launch", "memory"]);
});

for (
  const [args, message] of [
    [["--slow"], /no option "--slow"/],
    [["--quick=yes"], /no option "--quick=yes"/],
    [["launch"], /no option "launch"/],
    [["--json"], /--json wants a value/],
    [["--svg="], /--svg wants a value/],
    [["--only", "launch,dance"], /no suite "dance"; there are launch, calls, memory/],
  ] as const
) {
  Deno.test(`the options ${args.join(" ")} are refused in one line`, () => {
    assert.throws(() => readOptions(args, suites), (error) => {
      assert.ok(error instanceof BuildError);
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });
  });
}
