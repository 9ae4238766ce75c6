/**
 * Formats every C file with clang-format, by the style in .clang-format.
 *
 *     deno run -A scripts/format_c.ts [--check]
 *
 * @module
 */
import { BuildError, run, runScript } from "./command.ts";
import { root } from "./paths.ts";

function cFilesBelow(path: string): string[] {
  return Array.from(Deno.readDirSync(`${root}${path}`), (entry) => {
    const child = `${path}/${entry.name}`;
    if (entry.isDirectory) return cFilesBelow(child);
    return /\.[ch]$/.test(entry.name) ? [child] : [];
  }).flat().sort();
}

await runScript(async () => {
  const mode = Deno.args.includes("--check") ? ["--dry-run", "--Werror"] : ["-i"];
  const files = [...cFilesBelow("shim"), ...cFilesBelow("tests"), ...cFilesBelow("scripts")];
  const outcome = await run("clang-format", [...mode, ...files], { cwd: root });
  if (outcome === undefined) {
    throw new BuildError(
      "Cannot format C: there is no clang-format; install it with `apt-get install clang-format`",
    );
  }
  if (!outcome.success) {
    throw new BuildError(`C files are not formatted:\n${outcome.text.trimEnd()}`);
  }
});
