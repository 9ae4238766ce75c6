import assert from "node:assert/strict";
import { figureOf } from "../../scripts/bench/calls.ts";
import { requestTime } from "../../scripts/bench/launch.ts";
import { readSize } from "../../scripts/bench/memory.ts";
import { readTimes } from "../../scripts/bench/runner.ts";

Deno.test("the runner's lines become milliseconds for each contender", () => {
  assert.deepEqual(readTimes("0 1500000\n1 2000000\n0 500000\n1 1000000\n", 2), [
    [1.5, 0.5],
    [2, 1],
  ]);
});

Deno.test("a contender that failed once has no times", () => {
  assert.deepEqual(readTimes("0 1000000\n1 1000000\n0 1000000\n1 failed\n", 2), [[1, 1], null]);
});

Deno.test("a contender that printed nothing has no samples", () => {
  assert.deepEqual(readTimes("", 1), [[]]);
});

Deno.test("sizes are sums of the kernel's fields, in MiB", () => {
  const text = [
    "00400000-7fff0000 ---p 00000000 00:00 0    [rollup]",
    "Rss:               20480 kB",
    "Pss:                3072 kB",
    "Pss_Anon:           1024 kB",
    "Private_Clean:       512 kB",
    "Private_Dirty:      1536 kB",
  ].join("\n");
  assert.deepEqual(readSize(text), { proportional: 3, own: 2 });
});

Deno.test("the time of the request is that of the message that asks to run", () => {
  const trace = [
    '[pid 7] 1795547804.900000 sendmsg(9, {msg_iov=[{iov_base="other", iov_len=5}]}, 0) = 5',
    String
      .raw`[pid 7] 1795547804.985835 sendmsg(21, {msg_iov=[{iov_base="\220\1\0\3{\"type\":\"run\",\"c`,
  ].join("\n");
  assert.equal(requestTime(trace), 1795547804.985835);
});

Deno.test("a trace without a request has no time of one", () => {
  assert.equal(requestTime("1795547804.9 sendmsg(9, {}, 0) = 5\n+++ exited with 0 +++\n"), null);
});

Deno.test("a figure is found by its whole name", () => {
  const output = "open-granted-twice 3.0\nopen-granted 812.5\n";
  assert.equal(figureOf(output, "open-granted"), 812.5);
  assert.throws(() => figureOf(output, "open"), /no open/);
});
