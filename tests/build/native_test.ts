import assert from "node:assert/strict";
import { buildDirectory, root } from "../../scripts/paths.ts";
import { start } from "./fixture.ts";

const script = `${root}scripts/build_native.ts`;
const environment = { PATH: Deno.env.get("PATH") ?? "", HOME: Deno.env.get("HOME") ?? "" };

function buildWith(variables: Record<string, string>, ...names: string[]) {
  return start(Deno.execPath(), ["run", "--allow-all", script, ...names], {
    ...environment,
    ...variables,
  });
}

Deno.test("a missing C compiler is one line with the remedy", async () => {
  const ended = await buildWith({ CC: "no-such-compiler" }, "launcher");
  assert.deepEqual(ended, {
    code: 1,
    stdout: "",
    stderr: "stemjail: Cannot build launcher: there is no C compiler `no-such-compiler`; " +
      "install one with `apt-get install gcc libc6-dev`\n",
  });
});

Deno.test("a compiler's error is shown, and what was built before stays", async () => {
  await buildWith({}, "launcher");
  const before = Deno.readFileSync(`${buildDirectory}/launcher`);
  const ended = await buildWith({ CC: "cc -DLAUNCHER_H -D_FORTIFY_SOURCE=0" }, "launcher");
  assert.equal(ended.code, 1);
  assert.match(ended.stderr, /^stemjail: Cannot compile launcher:\n.*error/s);
  assert.deepEqual(Deno.readFileSync(`${buildDirectory}/launcher`), before);
});

Deno.test("what is up to date is not compiled again", async () => {
  await buildWith({}, "launcher");
  const before = Deno.statSync(`${buildDirectory}/launcher`).ino;
  const ended = await buildWith({}, "launcher");
  assert.deepEqual(ended, { code: 0, stdout: "", stderr: "" });
  assert.equal(Deno.statSync(`${buildDirectory}/launcher`).ino, before);
});

Deno.test("a product whose file is not what was compiled last is compiled again", async () => {
  await buildWith({}, "launcher");
  Deno.removeSync(`${buildDirectory}/launcher`);
  const ended = await buildWith({}, "launcher");
  assert.equal(ended.stdout, "built launcher\n");
});
