/** The program `stemjail` as it is inside a jail. */

import assert from "node:assert/strict";
import { compileInside } from "./build.ts";
import { type PeerMode, Workshop, World } from "./world.ts";

const [workshop] = await Workshop.openBoth();
const program = `${workshop.directory}/stemjail`;
await compileInside(program, `${workshop.directory}/run`);

/** Runs it in a world of its own, without the shim; BASE stands for the world's directory. */
async function stemjail(args: string[], mode: PeerMode | "deaf" = "answer") {
  await using world = await World.make(workshop, mode);
  const words = args.map((word) => word.replaceAll("BASE", world.base));
  const outcome = await world.run([program, ...words], { env: { LD_PRELOAD: "" }, cwd: "open" });
  const clean = (text: string) =>
    text.replaceAll(world.base, "BASE").replaceAll(workshop.directory, "");
  return { ...outcome, stdout: clean(outcome.stdout), stderr: clean(outcome.stderr) };
}

Deno.test("an access that a profile allows is granted", async () => {
  assert.deepEqual(await stemjail(["shim", "--access", "BASE/alpha/file"]), {
    code: 0,
    stdout: "granted\n",
    stderr: "",
    requests: ["1 0 /alpha/file"],
  });
});

Deno.test("an access that none allows is denied", async () => {
  for (const option of ["-w", "--write"]) {
    assert.deepEqual(await stemjail(["shim", option, "--access", "BASE/beta"]), {
      code: 1,
      stdout: "denied\n",
      stderr: "",
      requests: ["1 1 /beta"],
    });
  }
});

Deno.test("relative paths start in the working directory", async () => {
  const { requests } = await stemjail(["shim", "--access", "../alpha", "-w"]);
  assert.deepEqual(requests, ["1 1 /open/../alpha"]);
});

Deno.test("a list is printed entry by entry", async () => {
  assert.deepEqual(await stemjail(["shim", "--list", "BASE/alpha"]), {
    code: 0,
    stdout: "one\ntwo\n",
    stderr: "",
    requests: ["2 0 /alpha"],
  });
});

Deno.test("what a confined portal refuses is said with the remedy", async () => {
  const why = "refused: the portal runs confined; start it with --unconfined";
  const list = await stemjail(["shim", "--list", "BASE/nowhere"]);
  assert.deepEqual([list.code, list.stderr], [1, `stemjail: shim: ${why}\n`]);
  const mount = await stemjail(["mount", "-s", "BASE/a", "-d", "b", "-w", "--parent"]);
  assert.deepEqual(mount, {
    code: 1,
    stdout: "",
    stderr: `stemjail: mount: ${why}\n`,
    requests: ["3 3 /a|/open/b"],
  });
});

Deno.test("the long options of mount mean the same", async () => {
  const { requests } = await stemjail(["mount", "--source", "/a", "--destination", "/b"]);
  assert.deepEqual(requests, ["3 0 /a|/b"]);
});

Deno.test("without an answer that is said, and it counts as denied", async () => {
  for (const mode of ["close", "garbage"] as const) {
    const { code, stderr } = await stemjail(["shim", "--access", "/usr"], mode);
    assert.equal(stderr, "stemjail: shim: no answer from the monitor of this jail\n");
    assert.equal(code, 1);
  }
  const { code, stderr } = await stemjail(["shim", "--access", "/usr"], "deaf");
  assert.equal(code, 1);
  assert.match(stderr, /^stemjail: \/run\/socket: no monitor listens; .* inside a jail\n$/);
});

Deno.test("a wrong command line is told in one line, with status 2", async () => {
  const wrong = [
    [],
    ["shim"],
    ["shim", "--access"],
    ["shim", "--access", "/a", "--list", "/b"],
    ["shim", "--list", "/a", "-w"],
    ["shim", "--access", "/a", "-p"],
    ["shim", "--access", "x".repeat(4096)],
    ["shim", "--access", ""],
    ["mount", "-s", "/a"],
    ["mount", "-s", "/a", "-d", "/b", "-x"],
    ["run", "--", "true"],
    ["portal"],
  ];
  for (const args of wrong) {
    const { code, stdout, stderr, requests } = await stemjail(args);
    assert.equal(code, 2, args.join(" "));
    assert.match(stderr, /^stemjail: .*\n$/);
    assert.deepEqual({ stdout, requests }, { stdout: "", requests: [] });
  }
});

Deno.test("help is printed, and names every option", async () => {
  for (const args of [["--help"], ["-h"], ["shim", "--help"], ["mount", "-h"]]) {
    const { code, stdout } = await stemjail(args);
    assert.equal(code, 0);
    for (const option of ["--access", "--list", "--write", "--source", "--parent"]) {
      assert.ok(stdout.includes(option), option);
    }
  }
});
