/**
 * Running the programs that a build needs.
 *
 * @module
 */

/** A step of the build that failed: one line for the user. */
export class BuildError extends Error {
  /** Tells it from other errors. */
  override readonly name = "BuildError";
}

/** What a program did. */
export interface Outcome {
  /** Whether its exit status was 0. */
  readonly success: boolean;
  /** What it printed, stdout before stderr. */
  readonly text: string;
}

/**
 * Runs a program to its end.
 *
 * @param program its name or path
 * @param args its arguments
 * @param options working directory, and the seconds after which it is ended
 * @returns what it did, or `undefined` if there is no such program
 */
export async function run(
  program: string,
  args: readonly string[],
  options: { cwd?: string; seconds?: number } = {},
): Promise<Outcome | undefined> {
  const decoder = new TextDecoder();
  const signal = options.seconds === undefined
    ? undefined
    : AbortSignal.timeout(options.seconds * 1000);
  try {
    const output = await new Deno.Command(program, {
      args: [...args],
      cwd: options.cwd,
      env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", LC_ALL: "C" },
      stdin: "null",
      signal,
    }).output();
    return {
      success: output.success,
      text: decoder.decode(output.stdout) + decoder.decode(output.stderr),
    };
  } catch (error) {
    // What may not be executed is as good as not there.
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof Deno.errors.PermissionDenied) return undefined;
    throw error;
  }
}

/**
 * Runs the main function of a script: a {@link BuildError} becomes one line and exit status 1.
 *
 * @param main what to run
 */
export async function runScript(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    console.error(`stemjail: ${error.message}`);
    Deno.exit(1);
  }
}
