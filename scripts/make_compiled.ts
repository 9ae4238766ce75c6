/**
 * The file that `deno compile` makes. It needs the `denort` base executable: from $DENORT_BIN, from
 * Deno's cache, or downloaded.
 *
 * Permissions are fixed when such a file is made, so it gets what any subcommand needs, and a first
 * module gives up what this one does not, by the same table that the launcher goes by.
 *
 * @module
 */
import { BuildError, run } from "./command.ts";
import { computeBuildId } from "./image.ts";
import { type Maker, type Parts, partsInOrder, stampBuild } from "./maker.ts";
import { buildDirectory } from "./paths.ts";
import { denials, permissionTable } from "./permissions.ts";

const name = "compiled";
const DOWNLOAD_SECONDS = 120;

/** The kinds of permission that a subcommand does not need at all. */
function needless(): Record<string, string[]> {
  const kinds = ["env", "ffi", "read", "write"];
  return Object.fromEntries(
    permissionTable.map(([subcommand, permissions]) => [
      subcommand ?? "",
      kinds.filter((kind) =>
        !permissions.some(({ option }) => option.startsWith(`--allow-${kind}`))
      ),
    ]),
  );
}

function firstModule(): string {
  return [
    `const needless = ${JSON.stringify(needless())};`,
    'const directory = decodeURIComponent(new URL(".", import.meta.url).pathname).slice(0, -1);',
    'Deno.env.set("STEMJAIL_DIR", directory);',
    'Deno.env.set("STEMJAIL_EXE", Deno.execPath());',
    'Deno.env.set("STEMJAIL_INSTALLED", Deno.execPath());',
    'const subcommand = Object.hasOwn(needless, Deno.args[0] ?? "") ? Deno.args[0] : "";',
    "for (const name of needless[subcommand]) Deno.permissions.revokeSync({ name });",
    'await import("./js/main.js");',
    "",
  ].join("\n");
}

function writeParts(parts: Parts, directory: string, buildId: string): void {
  for (const child of ["js", "profiles"]) {
    Deno.mkdirSync(`${directory}/${child}`, { recursive: true });
  }
  Deno.writeTextFileSync(`${directory}/first.js`, firstModule());
  for (const [file, text] of parts.split) {
    Deno.writeTextFileSync(`${directory}/js/${file}`, stampBuild(text, name, buildId));
  }
  for (const [file, bytes] of parts.native) Deno.writeFileSync(`${directory}/${file}`, bytes);
  for (const [file, bytes] of parts.profiles) {
    Deno.writeFileSync(`${directory}/profiles/${file}`, bytes);
  }
}

function compileArguments(parts: Parts, output: string): string[] {
  const included = ["js", "profiles", ...parts.native.keys()].flatMap((path) => [
    "--include",
    path,
  ]);
  const allowed = ["--allow-env", "--allow-ffi", "--allow-read", "--allow-write"];
  return [
    ...["compile", "--no-config", "--no-lock", "--no-check", "--no-remote", "--no-npm"],
    // Real files, since the dynamic loader and the jail open them.
    "--self-extracting",
    ...denials,
    ...allowed,
    ...included,
    ...["--output", output, "first.js"],
  ];
}

/** Whether the words of `deno compile` say that there is no base executable to be had. */
function lacksBase(text: string): boolean {
  return /denort|base binary/i.test(text);
}

/** Available where `denort` is. */
export const compiled: Maker = {
  name,
  async make(parts, path) {
    const directory = `${buildDirectory}/compiled`;
    const buildId = computeBuildId(partsInOrder(parts));
    await Deno.remove(directory, { recursive: true }).catch(() => {});
    writeParts(parts, directory, buildId);
    const temporary = `${path}.${Deno.pid}`;
    const outcome = await run(Deno.execPath(), compileArguments(parts, temporary), {
      cwd: directory,
      seconds: DOWNLOAD_SECONDS,
    });
    if (!outcome?.success) {
      const text = outcome?.text ?? "";
      if (lacksBase(text)) return { unavailable: "there is no denort to be had" };
      throw new BuildError(`Cannot compile the executable:\n${text.trimEnd()}`);
    }
    Deno.renameSync(temporary, path);
    return { buildId, size: Deno.statSync(path).size };
  },
};
