/**
 * The daemons' own walls: code that runs with the very options that the launcher gives to portal and
 * monitor is refused by the runtime what neither of them ever does.
 */

import assert from "node:assert/strict";
import { testAsEveryone, type World } from "../system/harness.ts";
import { eventually } from "../system/process.ts";
import { monitorsOf, portalsOf } from "../system/traces.ts";
import { assertRan } from "./attacker.ts";

/** What the runtime throws for want of a permission. */
const REFUSED = "NotCapable";

/** Each tries something; names of modules are put together, since literal ones are loaded ahead. */
const ATTEMPTS = {
  connect: `await Deno.connect({ hostname: "127.0.0.1", port: 1 })`,
  listen: `Deno.listen({ port: 0 })`,
  datagram: `await fetch("http://127.0.0.1:8765/")`,
  "unix socket": `await Deno.connect({ transport: "unix", path: "/nowhere" })`,
  resolve: `await Deno.resolveDns("localhost", "A")`,
  command: `await new Deno.Command("true").output()`,
  kill: `Deno.kill(Deno.ppid, "SIGCONT")`,
  "remote module": `await import(["http://127.0.0.1:8765", "module.js"].join("/"))`,
  "secure module": `await import(["https://127.0.0.1:8765", "module.js"].join("/"))`,
  "registry module": `await import(["jsr:@std", "path"].join("/"))`,
  "local module": `await import(["OUTSIDE", "module.js"].join("/"))`,
  worker: `await new Promise((done, fail) => {
    const worker = new Worker("file://OUTSIDE/module.js", { type: "module" });
    worker.onmessage = done;
    worker.onerror = (event) => { event.preventDefault(); fail(new Deno.errors.NotCapable()); };
    setTimeout(fail, 5000, new Error("neither"));
  })`,
  "another library": `Deno.dlopen("libc.so.6", { getpid: { parameters: [], result: "i32" } })`,
  "write a file": `Deno.writeTextFileSync("OUTSIDE/written", "x")`,
  remove: `Deno.removeSync("OUTSIDE/module.js")`,
  link: `Deno.symlinkSync("/etc", "OUTSIDE/link")`,
  chmod: `Deno.chmodSync("OUTSIDE/module.js", 0o777)`,
};

const MONITOR_ATTEMPTS = {
  ...ATTEMPTS,
  "read a file": `Deno.readTextFileSync("/etc/passwd")`,
  "list a directory": `[...Deno.readDirSync("/")]`,
  "read a secret": `Deno.env.get("HOME")`,
  "read all variables": `Deno.env.toObject()`,
};

/** The options of a running daemon, and the runtime that it runs in. */
function commandOf(pid: number, role: string): { runtime: string; options: string[] } {
  const words = Deno.readTextFileSync(`/proc/${pid}/cmdline`).split("\0");
  const at = words.indexOf(role);
  const script = words[at - 1];
  return { runtime: `${script.replace(/\/js\/.*$/, "")}/deno`, options: words.slice(1, at - 1) };
}

/** A script that makes each attempt and prints what came of it. */
function scriptOf(attempts: Readonly<Record<string, string>>, outside: string): string {
  const lines = Object.entries(attempts).map(([name, code]) =>
    `try { ${code.replaceAll("OUTSIDE", outside)}; results[${
      JSON.stringify(name)
    }] = "allowed"; } ` +
    `catch (error) { results[${JSON.stringify(name)}] = nameOf(error); }`
  );
  return [
    "const results = {};",
    // What a module cannot be had for is told in the words of a TypeError.
    "const refusal = /NotCapable|Requires \\w+ access|--no-remote is specified/;",
    `const nameOf = (error) => refusal.test(String(error)) ? "${REFUSED}" : String(error);`,
    ...lines,
    "console.log(JSON.stringify(results)); Deno.exit(0);",
  ].join("\n");
}

async function attempt(
  world: World,
  command: { runtime: string; options: string[] },
  attempts: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const outside = `${world.base}/outside`;
  world.directory(outside);
  world.write(`${outside}/module.js`, "globalThis.postMessage?.('loaded'); export default 1;\n");
  world.write(`${outside}/attempts.js`, scriptOf(attempts, outside));
  const outcome = await world.start(
    [command.runtime, ...command.options, `${outside}/attempts.js`],
    { cwd: "/", env: { DENO_DIR: `${world.base}/outside` } },
  ).outcome;
  assertRan(outcome);
  assert.deepEqual(
    [...Deno.readDirSync(outside)].map(({ name }) => name).filter((name) =>
      name === "written" || name === "link"
    ),
    [],
  );
  return JSON.parse(outcome.stdout);
}

function allRefused(attempts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.keys(attempts).map((name) => [name, REFUSED]));
}

testAsEveryone(
  "the runtime refuses the portal network, programs, modules and writing",
  async (world) => {
    assertRan(await world.run(["info"]));
    const command = commandOf(portalsOf(world)[0].pid, "portal");
    assert.deepEqual(await attempt(world, command, ATTEMPTS), allRefused(ATTEMPTS));
  },
);

testAsEveryone("the runtime refuses the monitor all that, and reading", async (world) => {
  assertRan(await world.run(["info"]));
  await eventually("a monitor waits", () => monitorsOf(world).length > 0);
  const command = commandOf(monitorsOf(world)[0].pid, "monitor");
  assert.deepEqual(await attempt(world, command, MONITOR_ATTEMPTS), allRefused(MONITOR_ATTEMPTS));
});
