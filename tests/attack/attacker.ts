/** The attacking program, and jails with it inside. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Difference, Outcome, World } from "../system/world.ts";

const SOURCES = new URL("program/", import.meta.url).pathname;

let compiled: string | null = null;

/** Compiles the program once; statically, so that no shim is loaded into it. */
function compile(): string {
  if (compiled !== null) return compiled;
  const output = Deno.makeTempFileSync({ prefix: "attacker-" });
  const sources = [...Deno.readDirSync(SOURCES)].map(({ name }) => SOURCES + name)
    .filter((name) => name.endsWith(".c"));
  const flags = ["-O1", "-std=gnu11", "-D_GNU_SOURCE", "-static", "-Wall", "-Wextra", "-Werror"];
  const { success, stderr } = new Deno.Command("cc", { args: [...flags, "-o", output, ...sources] })
    .outputSync();
  if (!success) throw new Error(`Cannot compile:\n${new TextDecoder().decode(stderr)}`);
  return compiled = output;
}

Deno.test.afterAll(() => {
  if (compiled !== null) Deno.removeSync(compiled);
  compiled = null;
});

/** Puts the program where every profile of a world lets programs be read; its path. */
export function install(world: World): string {
  const directory = `${world.base}/attacker`;
  const path = `${directory}/attacker`;
  world.directory(directory);
  Deno.copyFileSync(compile(), path);
  Deno.chmodSync(path, 0o755);
  Deno.chownSync(path, world.user.uid, world.user.gid);
  return path;
}

/** Writes a profile that has the attacking program beside what it grants. */
export function profile(
  world: World,
  name: string,
  paths: Readonly<Record<string, "read" | "write">>,
  more = "",
): void {
  world.profile(name, { [`${world.base}/attacker`]: "read", ...paths }, more);
}

/** Removes the profile that every world begins with. */
export function withoutPlainProfile(world: World): void {
  Deno.removeSync(`${world.profiles}/plain.toml`);
}

/** Runs a mode of the program in a jail; its output. */
export async function attack(
  world: World,
  args: readonly string[],
  { profile, ...difference }: Difference & { profile?: string } = {},
): Promise<string> {
  const choice = profile === undefined ? [] : ["-p", profile];
  const program = `${world.base}/attacker/attacker`;
  const outcome = await world.run(["run", ...choice, "--", program, ...args], difference);
  assertRan(outcome);
  return outcome.stdout;
}

/** Fails where a program did not come to its end. */
export function assertRan({ status, stdout, stderr }: Outcome): void {
  assert.equal(status, 0, `${stdout}\n${stderr}`);
}

/** What the program says of one attack. */
export interface Judgement {
  readonly number: string;
  readonly name: string;
  readonly verdict: string;
  readonly detail: string;
}

/** The lines of a mode that judges. */
export function judgements(output: string): Judgement[] {
  return [...output.matchAll(/^(A\w+) (\S+) (ok|FAIL) (.*)$/gm)]
    .map(([, number, name, verdict, detail]) => ({ number, name, verdict, detail }));
}

/** Fails where an attack worked, or where fewer were tried than there are. */
export function assertAllFailed(output: string, atLeast: number): void {
  const all = judgements(output);
  assert.deepEqual(
    all.filter(({ verdict }) => verdict !== "ok").map(({ number, name, detail }) =>
      `${number} ${name} ${detail}`
    ),
    [],
  );
  assert.ok(all.length >= atLeast, `only ${all.length} attacks were tried:\n${output}`);
}

/** Writes records of bytes for the modes that replay; the file's path. */
export function corpus(world: World, name: string, messages: readonly Uint8Array[]): string {
  const path = `${world.base}/attacker/${name}`;
  const parts = messages.flatMap((message) => {
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, message.length, true);
    return [length, message];
  });
  Deno.writeFileSync(path, Buffer.concat(parts));
  Deno.chownSync(path, world.user.uid, world.user.gid);
  return path;
}

/** The monitor's and the client's view of the jails that run. */
export async function runningJails(
  world: World,
): Promise<{ pid: number; domain: string; candidates: string[] }[]> {
  const outcome = await world.run(["ps", "--json"]);
  assertRan(outcome);
  return JSON.parse(outcome.stdout);
}
