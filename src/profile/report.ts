/**
 * What `stemjail profile check|list|show` says, as text.
 *
 * @module
 */
import type { LoadedProfiles } from "./load.ts";
import { nearestNames } from "./nearest.ts";
import { formatFinding, type ProfileError, type Refusal } from "./problem.ts";
import type { DesktopSettings, LimitSettings, ResolvedBind, ResolvedProfile } from "./profile.ts";
import { escapeText, quote } from "./text.ts";

/**
 * Reports everything that is wrong with a set of profiles.
 *
 * @param loaded the set
 * @returns a line for each problem, each warning, and each pattern with what it matches, then
 *   `N profiles, N problems`, and the warnings' number if there are any
 */
export function checkReport(loaded: LoadedProfiles): string {
  const { examined, problems, warnings, matches } = loaded;
  const lines = [
    ...problems.map((problem) => problem.message),
    ...warnings.map((warning) => formatFinding({ ...warning, what: `warning: ${warning.what}` })),
    ...matches.map(formatFinding),
  ];
  const counts = [count(examined, "profile"), count(problems.length, "problem")];
  if (warnings.length > 0) counts.push(count(warnings.length, "warning"));
  return [...lines, counts.join(", ")].join("\n");
}

/**
 * Lists a set of profiles.
 *
 * @param loaded the set
 * @returns a table with name, number of grants, command and file; a line for each profile
 */
export function listReport(loaded: LoadedProfiles): string {
  const rows = loaded.profiles.map((profile) => [
    escapeText(profile.name),
    String(profile.binds.length),
    formatCommand(profile.run.cmd),
    escapeText(profile.file),
  ]);
  return formatTable([["NAME", "BINDS", "COMMAND", "FILE"], ...rows]);
}

/**
 * Names a set of profiles, for programs.
 *
 * @param loaded the set
 * @returns the names, one on each line
 */
export function namesReport(loaded: LoadedProfiles): string {
  return loaded.profiles.map(({ name }) => escapeText(name)).join("\n");
}

/**
 * Words problems on one line.
 *
 * @param problems at least one
 * @returns the first, and how many more there are
 */
export function problemsInShort([first, ...others]: readonly ProfileError[]): string {
  if (others.length === 0) return first.message;
  return `${first.message} (and ${others.length} more: \`stemjail profile check\`)`;
}

/**
 * Shows one profile as it is on this host.
 *
 * @param profile the profile
 * @returns its settings, one on each line, then its grants, links, and paths left out
 */
export function showReport(profile: ResolvedProfile): string {
  const { run, env, net, desktop, limits, sandbox } = profile;
  const settings = [
    ["name", escapeText(profile.name)],
    ["file", escapeText(profile.file)],
    ["extends", formatWords(profile.extends)],
    ["command", formatCommand(run.cmd)],
    ["match", run.match === undefined ? "what no profile names" : formatWords(run.match)],
    ["linger", formatBoolean(run.linger)],
    ["pass", formatWords(env.pass)],
    ["set", formatWords(Object.entries(env.set).map(([name, value]) => `${name}=${value}`))],
    ["unset", formatWords(env.unset)],
    ["network", net.loopback ? `${net.mode}, with the host's loopback` : net.mode],
    ["desktop", formatWords(desktopWords(desktop))],
    ["limits", formatLimits(limits)],
    ["nested namespaces", formatBoolean(sandbox.nestedNamespaces)],
  ];
  return [
    formatTable(settings),
    "",
    count(profile.binds.length, "bind"),
    formatTable(profile.binds.map(bindRow)),
    "",
    `${count(profile.skipped.length, "optional path")} left out`,
    formatTable(profile.skipped.map((path) => ["", escapeText(path)])),
  ].join("\n").trimEnd();
}

/**
 * Finds a profile by name.
 *
 * @param loaded the set
 * @param name the profile's name
 * @returns the profile, or why there is none, with the nearest names
 */
export function findProfile(loaded: LoadedProfiles, name: string): ResolvedProfile | Refusal {
  const found = loaded.profiles.find((profile) => profile.name === name);
  if (found !== undefined) return found;
  const refusal = refuseUnknown(name, loaded.profiles.map((profile) => profile.name));
  if (loaded.problems.length === 0) return refusal;
  return { what: `${refusal.what} without a mistake`, remedy: problemsInShort(loaded.problems) };
}

/**
 * Says that there is no profile of a name.
 *
 * @param name the name that was asked for
 * @param names the names that exist
 * @returns the refusal, with the nearest names, or where to look for all of them
 */
export function refuseUnknown(name: string, names: Iterable<string>): Refusal {
  const nearest = nearestNames(name, names).map(quote);
  return {
    what: `No such profile ${quote(name)}`,
    remedy: nearest.length === 0
      ? "`stemjail profile list` names those that exist"
      : `did you mean ${nearest.join(" or ")}?`,
  };
}

function bindRow(bind: ResolvedBind): string[] {
  const access = bind.kind === "link" ? "" : bind.write ? "write" : "read";
  const target = bind.target === undefined ? "" : ` -> ${escapeText(bind.target)}`;
  const made = bind.create ? " (made if it is missing)" : "";
  return ["", access, bind.kind, escapeText(bind.path) + target + made];
}

/** What of the session a jail takes part in, in the words of the file. */
function desktopWords({ dbus, dbusTalk, ...switches }: DesktopSettings): string[] {
  const words = Object.entries(switches).filter(([, value]) => value).map(([key]) => key);
  if (dbus === false) return words;
  return [...words, dbus === true ? "dbus" : "dbus=unfiltered", ...dbusTalk];
}

function formatLimits(limits: LimitSettings): string {
  const memory = limits.memoryMb === undefined
    ? "three quarters of all"
    : limits.memoryMb === 0
    ? "unlimited"
    : `${limits.memoryMb} MiB`;
  const space = limits.addressSpaceMb === 0 ? "unlimited" : `${limits.addressSpaceMb} MiB`;
  return [
    `memory ${memory}${limits.required ? " (a cgroup is required)" : ""}`,
    `${limits.processes} processes`,
    `${limits.openFiles} open files`,
    `address space ${space}`,
    limits.coreMb === 0 ? "no core files" : `core files of ${limits.coreMb} MiB`,
    `${limits.tmpMb === 0 ? "half the memory" : `${limits.tmpMb} MiB`} for files of its own`,
  ].join(", ");
}

function formatCommand(words: readonly string[]): string {
  return words.length === 0 ? "-" : words.map(formatWord).join(" ");
}

function formatWords(words: readonly string[]): string {
  return words.length === 0 ? "none" : words.map(formatWord).join(" ");
}

/** A word as it is where that is plain, else quoted, so that words can be told apart. */
function formatWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,.\/~*-]+$/.test(word) ? word : quote(word);
}

function formatBoolean(value: boolean): string {
  return value ? "yes" : "no";
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** Aligns columns with two spaces between; the last is not padded. */
function formatTable(rows: readonly (readonly string[])[]): string {
  const width = (column: number) =>
    Math.max(...rows.map((row) => Array.from(row[column] ?? "").length));
  const widths = (rows[0] ?? []).map((_, column) => width(column));
  return rows.map((row) =>
    row.map((cell, column) =>
      column === row.length - 1 ? cell : cell + " ".repeat(widths[column] - Array.from(cell).length)
    ).join("  ")
  ).join("\n");
}
