/**
 * The options of `deno task bench`.
 *
 * @module
 */
import { BuildError } from "../command.ts";

/** What was asked for. */
export interface Options {
  /** Few rounds and small sizes. */
  readonly isQuick: boolean;
  /** The suites to run, in the order of the list of all. */
  readonly only: readonly string[];
  /** Where the report goes. */
  readonly json?: string;
  /** Where the chart goes. */
  readonly svg?: string;
  /** Draw the chart from this report, and measure nothing. */
  readonly from?: string;
}

const usage = "[--quick] [--only SUITE,...] [--json FILE] [--svg FILE] [--from FILE]";

/**
 * Reads the options.
 *
 * @param args of the command line
 * @param suites the names of all suites
 * @throws BuildError for an option that there is not, one without its value, or a suite unknown
 */
export function readOptions(args: readonly string[], suites: readonly string[]): Options {
  const values: Record<string, string> = {};
  let isQuick = false;
  for (let at = 0; at < args.length; at++) {
    const [option, ...rest] = args[at].split("=");
    if (option === "--quick" && rest.length === 0) {
      isQuick = true;
      continue;
    }
    if (!["--only", "--json", "--svg", "--from"].includes(option)) {
      throw new BuildError(`bench: no option ${JSON.stringify(args[at])}; it takes ${usage}`);
    }
    const value = rest.length > 0 ? rest.join("=") : args[++at];
    if (value === undefined || value === "") {
      throw new BuildError(`bench: ${option} wants a value; it takes ${usage}`);
    }
    values[option.slice(2)] = value;
  }
  const { only, ...files } = values;
  return { isQuick, only: chosen(only, suites), ...files };
}

function chosen(only: string | undefined, suites: readonly string[]): readonly string[] {
  if (only === undefined) return suites;
  const names = only.split(",");
  const unknown = names.find((name) => !suites.includes(name));
  if (unknown !== undefined) {
    throw new BuildError(
      `bench: no suite ${JSON.stringify(unknown)}; there are ${suites.join(", ")}`,
    );
  }
  return suites.filter((name) => names.includes(name));
}
