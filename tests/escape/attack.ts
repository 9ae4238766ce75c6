/** Runs the probe's modes in a contender's jail and says what came of each attack. */

import { exists } from "../system/world.ts";
import { commandLine, type Contender, stemjailCopy, stemjailExecutable } from "./contenders.ts";
import { type Fixture, settings } from "./fixture.ts";
import { hostState, processesWith, settledState, waitFor, wasChanged } from "./host.ts";

/** How a mode is run. */
interface Manner {
  /** What the standard input is, opened for reading by the user's shell. */
  readonly stdin?: "file" | "directory";
  /** Whether it has a terminal. */
  readonly terminal?: boolean;
}

/** The probe's modes, each with how it is run. */
export const MODES = {
  proc: {},
  kill1: {},
  nested: {},
  sys: {},
  kernel: {},
  conn: {},
  zombies: {},
  forks: {},
  daemon: {},
  strangers: {},
  fds: { stdin: "file" },
  "fds-directory": { stdin: "directory" },
  link: {},
  mounts: {},
  env: {},
  tty: { terminal: true },
} as const satisfies Record<string, Manner>;

/** A theme of attacks. */
export type Mode = keyof typeof MODES;

/** What came of one attack, as the probe prints it, or as the host shows afterwards. */
export interface Outcome {
  readonly number: string;
  readonly name: string;
  readonly verdict: "ok" | "FAIL" | "same" | "skip";
  readonly detail: string;
}

/** A whole run takes seconds; what takes longer than this hangs. */
const PATIENCE_MILLISECONDS = 60_000;

let runs = 0;

/** Runs one mode, and then looks at the host. */
export async function attack(
  contender: Contender,
  fixture: Fixture,
  mode: Mode,
): Promise<Outcome[]> {
  const planted = settings(fixture, ++runs);
  const inside = [fixture.probe, mode, ...planted];
  const jail = commandLine(contender, fixture, inside);
  const before = hostState(fixture);
  const { text, hung } = await run(fixture, wrap(fixture, mode, planted, jail));
  const outcomes = parse(text).map((outcome) => withoutEffect(outcome, fixture));
  if (hung) outcomes.push(outcome(mode, "ends", "FAIL", "hangs"));
  const ended = /^probe-ended\r?$/m.test(text);
  if (/^stemjail: Descriptor 0 is a directory/m.test(text)) {
    const detail = "not-started-with-it";
    outcomes.push({ number: "A64", name: "directory-as-stdin", verdict: "ok", detail });
  } else if (!hung && !ended) outcomes.push(outcome(mode, "ends", "FAIL", lastLine(text)));
  const after = await settledState(fixture, before);
  const same = after === before;
  outcomes.push(outcome(mode, "host-unchanged", same ? "ok" : "FAIL", same ? "same" : "changed"));
  if (mode === "daemon") outcomes.push(await daemonOutcome(planted));
  return worst(outcomes);
}

/** Starts a portal for the contender that needs one; the result ends it. */
export async function prepare(
  contender: Contender,
  fixture: Fixture,
): Promise<() => Promise<void>> {
  if (contender !== "stemjail") return async () => {};
  await Deno.mkdir(`${fixture.base}/app`, { recursive: true });
  await Deno.copyFile(stemjailExecutable(), stemjailCopy(fixture));
  await Deno.chmod(stemjailCopy(fixture), 0o755);
  const [command, ...args] = asUser(fixture, [
    stemjailCopy(fixture),
    "portal",
    "--log-level",
    "warning",
  ]);
  const portal = new Deno.Command(command, {
    args,
    cwd: fixture.work,
    clearEnv: true,
    env: environment(fixture),
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  await waitFor(() => exists(`${fixture.runtime}/portal.sock`), 10_000);
  if (!exists(`${fixture.runtime}/portal.sock`)) throw new Error("The portal did not start");
  return async () => {
    portal.kill("SIGTERM");
    await portal.status;
  };
}

/** Whether the portal that `prepare` started still answers. */
export async function askPortal(fixture: Fixture): Promise<boolean> {
  const [command, ...args] = asUser(fixture, [stemjailCopy(fixture), "ps"]);
  const options = { args, clearEnv: true, env: environment(fixture), stdin: "null" } as const;
  return (await new Deno.Command(command, options).output()).success;
}

function outcome(
  mode: string,
  name: string,
  verdict: Outcome["verdict"],
  detail: string,
): Outcome {
  return { number: "host", name: `${mode}-${name}`, verdict, detail };
}

function environment(fixture: Fixture): Record<string, string> {
  return {
    PATH: "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
    HOME: fixture.user.home,
    USER: fixture.user.name,
    LOGNAME: fixture.user.name,
    SHELL: "/bin/sh",
    TERM: "xterm",
    LANG: "C.UTF-8",
    XDG_RUNTIME_DIR: fixture.runtime,
    XDG_CACHE_HOME: `${fixture.base}/cache`,
    XDG_STATE_HOME: `${fixture.base}/state`,
    STEMJAIL_PROFILES: fixture.profiles,
    STEMJAIL_SOCKET: `${fixture.runtime}/portal.sock`,
  };
}

function asUser({ user }: Fixture, command: string[]): string[] {
  if (user.uid === Deno.uid()) return command;
  return ["setpriv", `--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups", ...command];
}

/** The jail's command line, with things planted outside, and with the standard input that the mode needs. */
function wrap(fixture: Fixture, mode: Mode, planted: string[], jail: string[]): string[] {
  const how: Manner = MODES[mode];
  const attacked = [fixture.probe, "plant", ...planted, "--", ...jail];
  const input = how.terminal === true
    ? `<> '${fixture.keyboard}'`
    : { none: "< /dev/null", file: `< '${fixture.secret}'`, directory: "< /" }[how.stdin ?? "none"];
  const line = how.terminal === true ? inTerminal(attacked) : attacked;
  // To a file: a pipe would have its end only when the last process that the jail left behind ends.
  return ["sh", "-c", `exec "$@" ${input} > '${outputOf(fixture)}' 2>&1`, "sh", ...line];
}

function outputOf(fixture: Fixture): string {
  return `${fixture.base}/output`;
}

/** A shell in a terminal, as the user's: what it finds to read after the jail's end was injected. */
function inTerminal(attacked: string[]): string[] {
  const quoted = attacked.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  const shell =
    `${quoted}; if IFS= read -r -t 1 line; then echo "A01 outer-queue FAIL injected"; ` +
    `else echo "A01 outer-queue ok empty"; fi`;
  return ["script", "-qec", `bash -c ${JSON.stringify(shell)}`, "/dev/null"];
}

async function run(fixture: Fixture, line: string[]): Promise<{ text: string; hung: boolean }> {
  const [command, ...args] = asUser(fixture, line);
  const child = new Deno.Command(command, {
    args,
    cwd: fixture.work,
    clearEnv: true,
    env: environment(fixture),
    stdin: "null",
    stdout: "null",
  }).spawn();
  let hung = false;
  const timer = setTimeout(() => {
    hung = true;
    child.kill("SIGKILL");
  }, PATIENCE_MILLISECONDS);
  await child.status;
  clearTimeout(timer);
  return { text: await Deno.readTextFile(outputOf(fixture)), hung };
}

function parse(text: string): Outcome[] {
  return [...text.matchAll(/^(A\w+) (\S+) (ok|FAIL|same|skip) (\S+)\r?$/gm)].map((match) => ({
    number: match[1],
    name: match[2],
    verdict: match[3] as Outcome["verdict"],
    detail: match[4],
  }));
}

/** Files that an attack wrote inside, and that the host does not have, went into the jail's own trees. */
function withoutEffect(outcome: Outcome, fixture: Fixture): Outcome {
  const effects: Record<string, string> = {
    "write-etc": "/etc/stemjail-escape",
    "write-usr": "/usr/stemjail-escape",
    "write-root": "/stemjail-escape",
    "write-submount": `${fixture.submount}/escaped`,
    "shell-start-up": `${fixture.home}/.bashrc`,
    "ssh-keys": `${fixture.home}/.ssh/authorized_keys`,
    "autostart": `${fixture.home}/.config/autostart/escape.desktop`,
    "own-profile": `${fixture.home}/.config/stemjail/profiles/escape.toml`,
    "used-profiles": `${fixture.profiles}/escape.toml`,
  };
  const path = effects[outcome.name];
  if (outcome.verdict !== "FAIL" || path === undefined || wasChanged(path)) return outcome;
  return { ...outcome, verdict: "same", detail: "in-the-jail's-own-tree" };
}

/** One line for each attack: the worst that came of it. */
function worst(outcomes: Outcome[]): Outcome[] {
  const rank = ["skip", "ok", "same", "FAIL"];
  const byName = new Map<string, Outcome>();
  for (const one of outcomes) {
    const key = `${one.number} ${one.name}`;
    const known = byName.get(key);
    if (known === undefined || rank.indexOf(known.verdict) < rank.indexOf(one.verdict)) {
      byName.set(key, one);
    }
  }
  return [...byName.values()];
}

/** Ends a daemon that outlived its jail by more than a second. */
async function daemonOutcome(planted: string[]): Promise<Outcome> {
  const token = planted.find((one) => one.startsWith("token="))!;
  await waitFor(() => processesWith(token).length === 0, 1_000);
  const left = processesWith(token);
  left.forEach((pid) => Deno.kill(pid, "SIGKILL"));
  const verdict = left.length === 0 ? "ok" : "FAIL";
  return { number: "A63", name: "outlives-jail", verdict, detail: `${left.length}-left` };
}

/** What was said last, where that was the end. */
function lastLine(text: string): string {
  return text.trim().split("\n").at(-1)!.trim().replaceAll(" ", "-").slice(0, 80) || "no-output";
}
