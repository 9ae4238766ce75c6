/** The ways to run a command that are attacked from inside: no jail, the peers, and StemJail. */

import type { Fixture } from "./fixture.ts";

/** The names that `--against` takes. */
export const CONTENDERS = ["native", "bwrap", "firejail", "stemjail"] as const;

/** One of them. */
export type Contender = typeof CONTENDERS[number];

/** The command line that runs `command` in the contender's jail, with what the fixture grants. */
export function commandLine(contender: Contender, fixture: Fixture, command: string[]): string[] {
  switch (contender) {
    case "native":
      return command;
    case "bwrap":
      return [...bwrap(fixture), "--", ...command];
    case "firejail":
      return [...firejail(fixture), "--", ...command];
    case "stemjail":
      return [stemjailCopy(fixture), "run", "-p", "escape", "--", ...command];
  }
}

/** Where the executable under test is copied to, alone. */
export function stemjailCopy(fixture: Fixture): string {
  return `${fixture.base}/app/stemjail`;
}

/** The executable under test: STEMJAIL, or what the build makes. */
export function stemjailExecutable(): string {
  return Deno.env.get("STEMJAIL") ?? new URL("../../dist/stemjail", import.meta.url).pathname;
}

/** Whether a contender can run here; native always can. */
export async function isAvailable(contender: Contender): Promise<boolean> {
  if (contender === "native") return true;
  const command = contender === "stemjail" ? stemjailExecutable() : contender;
  try {
    return (await new Deno.Command(command, { args: ["--version"], stderr: "null" }).output())
      .success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function bwrap({ work, readOnly, binaries }: Fixture): string[] {
  const bound = (path: string) => ["--ro-bind", path, path];
  const linked = ["bin", "sbin", "lib", "lib64"].flatMap((
    name,
  ) => ["--symlink", `usr/${name}`, `/${name}`]);
  return [
    ...["bwrap", "--unshare-all", ...bound("/usr"), ...bound("/etc"), ...linked],
    ...["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"],
    ...[...bound(binaries), ...bound(readOnly), "--bind", work, work],
  ];
}

function firejail({ work, readOnly, binaries }: Fixture): string[] {
  const whitelist = [work, readOnly, binaries].map((path) => `--whitelist=${path}`);
  const reading = [readOnly, binaries].map((path) => `--read-only=${path}`);
  return [
    ...["firejail", "--quiet", "--net=none", "--private-dev", "--private-tmp"],
    ...whitelist,
    ...reading,
  ];
}
