/**
 * Runs the tests of real programs, and writes what they saw into the README's table.
 *
 *     deno task programs
 *
 * @module
 */
import { BuildError, runScript } from "./command.ts";
import { root } from "./paths.ts";
import { programs, type Seen, withTable } from "./program_table.ts";

const tests = ["browser", "connected", "shipped"].map((name) => `tests/desktop/${name}_test.ts`);

async function deno(args: readonly string[], env: Record<string, string> = {}): Promise<void> {
  const options: Deno.CommandOptions = { args: [...args], cwd: root, env, stdin: "null" };
  const { success } = await new Deno.Command(Deno.execPath(), options).spawn().status;
  if (!success) throw new BuildError(`Cannot make the table: deno ${args[0]} failed`);
}

function readSeen(directory: string): Seen[] {
  const names = [...Deno.readDirSync(directory)].map(({ name }) => name);
  const seen: Seen[] = names.map((name) =>
    JSON.parse(Deno.readTextFileSync(`${directory}/${name}`))
  );
  const missing = programs.filter((each) => !seen.some(({ program }) => program === each));
  if (missing.length === 0) {
    return seen.sort((one, other) =>
      programs.indexOf(one.program) - programs.indexOf(other.program)
    );
  }
  throw new BuildError(`Cannot make the table: no test saw ${missing.join("; ")}`);
}

async function main(): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "stemjail-programs-" });
  try {
    await deno(["task", "test", ...tests], { STEMJAIL_PROGRAMS: directory });
    const readme = await Deno.readTextFile(`${root}README.md`);
    await Deno.writeTextFile(`${root}README.md`, withTable(readme, readSeen(directory)));
    await deno(["fmt", "--quiet", "README.md"]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

await runScript(main);
