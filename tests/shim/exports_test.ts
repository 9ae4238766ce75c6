/** What the shim hooks, against what the installed C library exports. */

import assert from "node:assert/strict";
import { compileShim, run } from "./build.ts";

interface Symbol {
  readonly name: string;
  readonly version: string;
}

/** The functions that an object exports, of every version but those not meant for programs. */
async function functionsOf(object: string): Promise<Symbol[]> {
  const text = await run("nm", "-D", "--defined-only", "--with-symbol-versions", object);
  return text.trim().split("\n").map((line) => line.trim().split(/\s+/))
    .filter((fields) => /^[TWi]$/.test(fields[1]))
    .map((fields) => {
      const [name, version = ""] = fields[2].split(/@+/);
      return { name, version };
    })
    .filter(({ version }) => version !== "GLIBC_PRIVATE");
}

/** The C library that programs here are linked to. */
async function libraryPath(): Promise<string> {
  const text = await run("ldd", "/bin/sh");
  return text.match(/libc\.so\.6 => (\S+)/)![1];
}

/** The names and patterns of known_functions.txt, those with a star as regular expressions. */
function knownFunctions(): RegExp[] {
  const text = Deno.readTextFileSync(new URL("known_functions.txt", import.meta.url));
  return text.split("\n").filter((line) => !line.startsWith("#")).join(" ").split(/\s+/)
    .filter((pattern) => pattern !== "")
    .map((pattern) => new RegExp(`^${pattern.replaceAll("*", ".*")}$`));
}

async function hookedFunctions(): Promise<Set<string>> {
  const directory = await Deno.makeTempDir();
  try {
    await compileShim(`${directory}/stemshim.so`, directory);
    const symbols = await functionsOf(`${directory}/stemshim.so`);
    return new Set(symbols.map(({ name }) => name));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Those of some names that are neither hooked nor known. */
function unlisted(names: Iterable<string>, hooked: Set<string>): string[] {
  const known = knownFunctions();
  return [...new Set(names)].filter((name) =>
    !hooked.has(name) && !known.some((pattern) => pattern.test(name))
  );
}

Deno.test("every function of the C library is hooked, or known not to take a path", async () => {
  const exported = await functionsOf(await libraryPath());
  assert.ok(exported.length > 2000);
  assert.deepEqual(unlisted(exported.map(({ name }) => name), await hookedFunctions()), []);
});

Deno.test("a function that takes a path and is not listed is found", async () => {
  const names = ["open", "setxattrat", "statmount", "openat3", "strlen", "fopen128"];
  const hooked = await hookedFunctions();
  assert.deepEqual(unlisted(names, hooked), ["setxattrat", "statmount", "openat3", "fopen128"]);
});

Deno.test("the shim needs nothing of a particular version of the C library", async () => {
  const directory = await Deno.makeTempDir();
  try {
    await compileShim(`${directory}/stemshim.so`, directory);
    const text = await run("readelf", "-W", "-d", "--dyn-syms", `${directory}/stemshim.so`);
    assert.doesNotMatch(text, /NEEDED|VERNEED|GLIBC_/);
    const undefinedNames = [...text.matchAll(/ UND (\S+)/g)].map((match) => match[1]);
    assert.deepEqual(
      new Set(undefinedNames),
      new Set(["__errno_location", "_dl_debug_addr", "_r_debug", "environ"]),
    );
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
