/**
 * What the figures were taken on.
 *
 * @module
 */
import type { Place } from "./place.ts";

function readOrNull(path: string): string | null {
  try {
    return Deno.readTextFileSync(path).trim();
  } catch {
    return null;
  }
}

function processor(): string {
  const text = readOrNull("/proc/cpuinfo") ?? "";
  return /^model name\s*:\s*(.*)$/m.exec(text)?.[1] ?? "unknown";
}

function memory(): string {
  return `${(Deno.systemMemoryInfo().total / 2 ** 30).toFixed(1)} GiB`;
}

function system(): string {
  const text = readOrNull("/etc/os-release") ?? "";
  return /^PRETTY_NAME="?([^"\n]*)/m.exec(text)?.[1] ?? "unknown";
}

function load(): string {
  return Deno.loadavg().map((value) => value.toFixed(2)).join(" ");
}

/** The first line of what a program says of its version. */
async function version(place: Place, ...argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await place.output(argv);
  const lines = (stdout + stderr).split("\n").map((line) => line.trim());
  if (code === 127) return "not installed";
  const line = lines.find((text) => /\d+\.\d+/.test(text)) ?? "unknown";
  // PRoot draws its name beside it.
  return line.replace(/^[^\w]*[|_\\/ ]{4,}/, "");
}

/**
 * Machine and versions, as a report states them.
 *
 * @param place where the programs run
 */
export async function describeMachine(
  place: Place,
): Promise<readonly (readonly [name: string, value: string])[]> {
  return [
    ["processor", processor()],
    ["cores", String(navigator.hardwareConcurrency)],
    ["memory", memory()],
    ["system", system()],
    ["kernel", Deno.osRelease()],
    ["load before", load()],
    ["user", `an ordinary one, uid ${place.user.uid}`],
    ["stemjail", await version(place, place.stemjail, "--version")],
    ["deno", await version(place, place.deno, "--version")],
    ["bwrap", await version(place, "bwrap", "--version")],
    ["firejail", await version(place, "firejail", "--version")],
    ["proot", await version(place, "proot", "--version")],
    ["script", await version(place, "script", "--version")],
    ["cc", await version(place, "cc", "--version")],
  ];
}
