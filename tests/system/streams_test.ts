/** Without a terminal: the application has the client's own descriptors. */

import assert from "node:assert/strict";
import { testAsEveryone, testAsUser } from "./harness.ts";

const everyByte = Uint8Array.from({ length: 256 * 1024 }, (_, index) => index % 256);

testAsEveryone("what goes through cat comes out, byte by byte", async (world) => {
  const { status, bytes } = await world.jail(["cat"], { stdin: everyByte });
  assert.equal(status, 0);
  assert.deepEqual(bytes, everyByte);
});

testAsUser("a gigabyte goes through", async (world) => {
  const { stdout, stderr } = await world.shell(
    "head -c 1G /dev/zero | stemjail run -- cat | stemjail run -- cat | wc -c",
  );
  assert.equal(stdout, `${1024 ** 3}\n`, stderr);
});

testAsUser("the descriptors inside are the very ones outside", async (world) => {
  world.write(`${world.work}/in`, "from a file\n");
  const { stdout } = await world.shell(
    `stemjail run -- /bin/sh -c 'readlink /proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2' \\
       < in > out 2> err; cat out`,
  );
  assert.equal(stdout, ["in", "out", "err"].map((name) => `${world.work}/${name}\n`).join(""));
});

testAsUser("standard input is read from where it was, and left where it was", async (world) => {
  world.write(`${world.work}/in`, "one\ntwo\nthree\n");
  const { stdout } = await world.shell(
    `{ read first; stemjail run -- sh -c 'read second; echo "$second"'; cat; } < in | head -c 4`,
  );
  assert.equal(stdout, "two\n");
});

testAsUser("standard output is appended to where it is opened so", async (world) => {
  await world.shell("echo before > out; stemjail run -- echo inside >> out; echo after >> out");
  assert.equal(Deno.readTextFileSync(`${world.work}/out`), "before\ninside\nafter\n");
});

testAsUser("standard error is apart from standard output", async (world) => {
  const { stdout, stderr } = await world.inside("echo out; echo err >&2");
  assert.deepEqual([stdout, stderr], ["out\n", "err\n"]);
});

testAsUser("a reader that leaves ends the writer by SIGPIPE", async (world) => {
  const { stdout, stderr } = await world.shell(
    "set -o pipefail; stemjail run -- yes | head -n 2; echo ${PIPESTATUS[0]}",
  );
  assert.deepEqual([stdout, stderr], ["y\ny\n141\n", ""]);
});

testAsUser("closed descriptors are no obstacle", async (world) => {
  const { stdout } = await world.shell(
    `stemjail run -- echo without input <&-
     stemjail run -- echo without error 2>&-
     stemjail run -- sh -c 'echo lost; echo without output >&2' 2>&1 >&-; echo $?`,
  );
  assert.equal(stdout, "without input\nwithout error\nwithout output\n0\n");
});

testAsUser("with all of them closed the status still arrives", async (world) => {
  const { stdout } = await world.shell("stemjail run -- sh -c 'exit 7' <&- >&- 2>&-; echo $?");
  assert.equal(stdout, "7\n");
});

testAsUser("a terminal for output alone is not one to read from", async (world) => {
  const script = `printf 'typed' | stemjail run -- sh -c 'cat; [ -t 1 ] && echo terminal'`;
  const { stdout } = await world.start(["script", "-qec", script, "/dev/null"]).outcome;
  assert.equal(stdout, "typedterminal\r\n");
});

testAsUser("--no-tty passes the terminal on as it is", async (world) => {
  const identify = "stat -Lc %d:%i /proc/self/fd/0";
  const script = `${identify}; stemjail run -T -- ${identify}; stemjail run -- ${identify}`;
  const { stdout } = await world.start(["script", "-qec", script, "/dev/null"]).outcome;
  const [outside, passed, own] = stdout.trim().split("\r\n");
  assert.equal(passed, outside);
  assert.notEqual(own, outside);
});

testAsUser("--tty gives a terminal where there is none", async (world) => {
  const { stdout, stderr, status } = await world.run(
    [
      "run",
      "--tty",
      "--",
      "sh",
      "-c",
      "tty; test -t 0 && test -t 1 && test -t 2; echo $?; cat; exit 4",
    ],
    { stdin: "typed\n" },
  );
  assert.equal(stderr, "");
  assert.equal(status, 4);
  assert.deepEqual(stdout.split("\r\n").filter((line) => line !== "typed"), [
    "/dev/pts/0",
    "0",
    "",
  ]);
  assert.match(stdout, /typed\r\n/);
});

testAsUser("what comes to a terminal ends where it ends, also within a line", async (world) => {
  for (const stdin of ["", "\n", "a line\n", "a line\nand a part"]) {
    const { stdout } = await world.run(["run", "--tty", "--", "sh", "-c", "cat > copy"], { stdin });
    assert.equal(Deno.readTextFileSync(`${world.work}/copy`), stdin, stdout);
  }
});

testAsUser("many lines through a terminal all arrive", async (world) => {
  const { stdout } = await world.run(["run", "--tty", "--", "seq", "200000"]);
  const lines = stdout.trimEnd().split("\r\n");
  assert.deepEqual([lines.length, lines[0], lines.at(-1)], [200_000, "1", "200000"]);
});
