/**
 * StemJail: isolates processes by activity. Here a command line becomes a role.
 *
 * @module
 */
import { findCommand } from "./src/cli/commands.ts";
import { type Given, readOptions } from "./src/cli/options.ts";
import { escapeControl, messageOf, Status, UserError } from "./src/errors.ts";
import { run } from "./src/kage/run.ts";

/** Carries out one command; the result is the exit status. */
type Role = (given: Given) => number | Promise<number>;

/** Each part but a launch's own is loaded when it is wanted, so that a launch reads one file. */
const roles: Readonly<Record<string, () => Promise<Role>>> = {
  run: () => Promise.resolve(run),
  portal: async () => (await import("./src/portal/portal.ts")).portal,
  monitor: async () => (await import("./src/monitor/monitor.ts")).monitor,
  info: async () => (await import("./src/kage/info.ts")).info,
  ps: async () => (await import("./src/kage/ps.ts")).ps,
  stop: async () => (await import("./src/kage/stop.ts")).stop,
  profile: async () => (await import("./src/kage/profile.ts")).profile,
  desktop: async () => (await import("./src/kage/desktop.ts")).desktop,
  doctor: async () => (await import("./src/kage/doctor.ts")).doctor,
  shim: async () => (await import("./src/kage/inside.ts")).inside,
  mount: async () => (await import("./src/kage/inside.ts")).inside,
  completions: async () => (await import("./src/cli/completions/completions.ts")).completions,
};

async function dispatch(args: readonly string[]): Promise<number> {
  const [name = "--help", ...rest] = args;
  const role = Object.hasOwn(roles, name) ? roles[name] : undefined;
  if (role === undefined) return (await import("./src/cli/general.ts")).general(name, rest);
  const command = findCommand(name)!;
  const given = readOptions(command, rest);
  if (given.has("help")) {
    const { commandHelp } = await import("./src/cli/help.ts");
    return (await import("./src/cli/output.ts")).print(commandHelp(command));
  }
  return (await role())(given);
}

/** The one place that prints an error and decides the exit status. */
function report(error: unknown): number {
  const message = messageOf(error);
  try {
    console.error(`stemjail: ${escapeControl(message)}`);
  } catch {
    // Without a standard error there is still the status.
  }
  if (error instanceof UserError) return error.status;
  // 1 is the application's own to use.
  return Deno.args[0] === "run" ? Status.notStarted : Status.failure;
}

// Nobody sees a stack trace, and taking one costs more than most calls that fail.
Error.stackTraceLimit = 0;

if (import.meta.main) Deno.exit(await dispatch(Deno.args).catch(report));
