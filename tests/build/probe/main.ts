/**
 * A stand-in for main.ts that tells what it was started with. The tests of the launcher carry it in
 * an image of their own, so that they need no other part of StemJail.
 *
 * @module
 */
import { versionLine } from "../../../src/build_info.ts";

/** The path of an unpacked file, whether it lies in a directory or in memory. */
function installedFile(name: string): string {
  const directory = Deno.env.get("STEMJAIL_DIR");
  if (directory !== undefined) return `${directory}/${name}`;
  const inMemory = new Map(
    (Deno.env.get("STEMJAIL_FILES") ?? "").split(":").map((item) =>
      item.split("=") as [string, string]
    ),
  );
  return inMemory.get(name) ?? "";
}

function processIdThroughLibrary(): number {
  const library = Deno.dlopen(installedFile("libstemjail.so"), {
    getpid: { parameters: [], result: "i32" },
  });
  return library.symbols.getpid();
}

function permissionStates(): Record<string, string> {
  const names = ["net", "run", "import", "env", "ffi", "read", "write", "sys"] as const;
  return Object.fromEntries(
    names.map((name) => [name, Deno.permissions.querySync({ name }).state]),
  );
}

if (Deno.args[0] === "run") {
  const { lazyWord } = await import("./lazy.ts");
  console.log(JSON.stringify({
    args: Deno.args,
    build: versionLine(),
    environment: Deno.env.toObject(),
    lazyWord,
    permissions: permissionStates(),
    samePid: processIdThroughLibrary() === Deno.pid,
  }));
} else {
  console.log(JSON.stringify({ args: Deno.args, permissions: permissionStates() }));
}
