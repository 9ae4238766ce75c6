import assert from "node:assert/strict";
import { run } from "../../scripts/command.ts";

async function compiled(name: string): Promise<AsyncDisposable & { readonly program: string }> {
  const directory = await Deno.makeTempDir({ prefix: "stemjail-bench-" });
  const program = `${directory}/${name}`;
  const source = new URL(`../../scripts/bench/${name}.c`, import.meta.url).pathname;
  const flags = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror"];
  assert.deepEqual(await run("cc", [...flags, source, "-o", program]), { success: true, text: "" });
  return { program, [Symbol.asyncDispose]: () => Deno.remove(directory, { recursive: true }) };
}

async function output(program: string, ...args: string[]) {
  const decoder = new TextDecoder();
  const { code, stdout, stderr } = await new Deno.Command(program, { args }).output();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

const contenders = (text: string) => text.trimEnd().split("\n").map((line) => line.split(" ")[0]);

Deno.test("the runner lets contenders take turns, and does not print its warm-up", async () => {
  await using runner = await compiled("runner");
  const args = ["--rounds", "3", "--warmups", "2", ",", "true", ",", "sh", "-c", "exit 0"];
  const { code, stdout } = await output(runner.program, ...args);
  assert.deepEqual(contenders(stdout), ["0", "1", "0", "1", "0", "1"]);
  assert.equal(code, 0);
  assert.match(stdout, /^(\d \d{4,}\n){6}$/);
});

Deno.test("the runner drops a contender that fails, and goes on with the others", async () => {
  await using runner = await compiled("runner");
  const args = ["--rounds", "2", ",", "false", ",", "true"];
  const { code, stdout } = await output(runner.program, ...args);
  assert.match(stdout, /^0 failed\n1 \d+\n1 \d+\n$/);
  assert.equal(code, 1);
});

Deno.test("the runner names a program that is not there", async () => {
  await using runner = await compiled("runner");
  const { code, stderr } = await output(runner.program, ",", "no-such-program");
  assert.equal(stderr, "runner: no-such-program: No such file or directory\n");
  assert.equal(code, 2);
});

Deno.test("the runner runs what goes before and after each run, for every round", async () => {
  await using runner = await compiled("runner");
  const log = `${runner.program}.log`;
  const write = (word: string) => `printf ${word} >> ${log}`;
  const contender = ["--before", write("b"), "--after", write("a"), "sh", "-c", write("x")];
  await output(runner.program, "--rounds", "2", "--warmups", "1", ",", ...contender);
  assert.equal(await Deno.readTextFile(log), "bxabxabxa");
});

Deno.test("a batch starts its commands at most so many at once, and waits for all", async () => {
  await using runner = await compiled("runner");
  const log = `${runner.program}.log`;
  const command = `printf + >> ${log}; sleep 0.05; printf - >> ${log}`;
  const args = ["--batch", "7", "--parallel", "3", ",", "sh", "-c", command];
  assert.equal((await output(runner.program, ...args)).code, 0);
  const marks = [...await Deno.readTextFile(log)];
  assert.equal(marks.filter((mark) => mark === "-").length, 7);
  let running = 0;
  for (const mark of marks) {
    running += mark === "+" ? 1 : -1;
    assert.ok(running <= 3, marks.join(""));
  }
});

Deno.test("the timer of calls prints a figure for each kind of call", async () => {
  await using calls = await compiled("calls");
  const { code, stdout } = await output(calls.program, "measure", "/etc/passwd", "/no-such/file");
  const names = ["open-granted", "open-absent", "stat-granted", "fork-exec"];
  assert.deepEqual(contenders(stdout), names);
  assert.match(stdout, /^([a-z-]+ [1-9]\d*\.\d\n){4}$/);
  assert.equal(code, 0);
});

Deno.test("the timer of calls refuses a file that should open and does not, and the reverse", async () => {
  await using calls = await compiled("calls");
  const absent = await output(calls.program, "measure", "/no-such/file", "/no-such/file");
  assert.deepEqual([absent.code, absent.stderr], [
    1,
    "calls: /no-such/file: No such file or directory\n",
  ]);
  const present = await output(calls.program, "measure", "/etc/passwd", "/etc/passwd");
  assert.deepEqual([present.code, present.stderr], [1, "calls: /etc/passwd: File exists\n"]);
  const first = await output(calls.program, "first", "/no-such/file");
  assert.deepEqual([first.code, first.stdout], [1, ""]);
});
