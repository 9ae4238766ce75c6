/**
 * Programs at work on a client's files, as a user has them after a download: in the profiles that come
 * along, with two clients' profiles of the user's own.
 */

import assert from "node:assert/strict";
import type { Program } from "../../scripts/program_table.ts";
import type { World } from "../system/harness.ts";
import { eventually, type Outcome } from "../system/process.ts";
import { note } from "./seen.ts";

/** A program at work. */
export interface Work {
  /** As the README's table has it. */
  readonly program: Program;
  /** What must be installed. */
  readonly needs: readonly string[];
  /** The shipped profile that the clients' extend. */
  readonly profile: string;
  /** Commands that the clients' profiles are for. */
  readonly match: readonly string[];
  /** TOML that follows in the clients' profiles. */
  readonly more?: string;
  /** What is there before, in the left client's directory. */
  readonly files?: Readonly<Record<string, string>>;
  /** What is run outside first, in that directory. */
  readonly before?: string;
  /**
   * The command lines, each in a jail of its own, with `@` for the left client's directory and `#` for
   * the one around the home.
   */
  readonly lines: readonly (readonly string[])[];
  /** A file that is there afterwards, and how it begins. */
  readonly result: readonly [path: string, begin: string];
}

/** As for a user who has everything in its usual place. */
export const usual = {
  STEMJAIL_PROFILES: undefined,
  XDG_CONFIG_HOME: undefined,
  XDG_STATE_HOME: undefined,
};

/** Makes the clients' directories and profiles; returns the left one's directory. */
export function prepareClients(
  world: World,
  { profile, match, more = "" }: Pick<Work, "profile" | "match" | "more">,
): string {
  for (const path of [".config", ".config/stemjail", ".config/stemjail/profiles", "Clients"]) {
    world.directory(`${world.home}/${path}`);
  }
  for (const client of ["left", "right"]) {
    world.directory(`${world.home}/Clients/${client}`);
    world.write(
      `${world.home}/.config/stemjail/profiles/${client}.toml`,
      `name = "${client}"\nextends = ["${profile}"]\nrun.match = ${JSON.stringify(match)}
       fs.bind = [{ path = "~/Clients/${client}", write = true }]\n${more}`,
    );
  }
  return `${world.home}/Clients/left`;
}

/** The transitions that the portal's log tells of. */
function transitionsOf(world: World): { from: string; to: string }[] {
  const log = Deno.readTextFileSync(`${world.home}/.local/state/stemjail/portal.log`);
  return [...log.matchAll(/ transition .*? from="([^"]*)" to="([^"]*)"/g)]
    .map(([, from, to]) => ({ from, to }));
}

/**
 * Has a program do its work: each of its jails moves to the left client, once, and what it saw is noted.
 *
 * @param run runs `stemjail ARGS` with the usual environment
 */
export async function doWork(
  world: World,
  work: Work,
  run: (args: readonly string[]) => Promise<Outcome>,
): Promise<void> {
  const left = prepareClients(world, work);
  for (const [name, text] of Object.entries(work.files ?? {})) world.write(`${left}/${name}`, text);
  if (work.before !== undefined) {
    const { status, stderr } = await world.shell(`set -e; ${work.before}`, { cwd: left });
    assert.equal(status, 0, stderr);
  }
  for (const line of work.lines) {
    const { status, stdout, stderr } = await run([
      "run",
      "--",
      ...line.map((word) => word.replaceAll("@", left).replaceAll("#", world.base)),
    ]);
    assert.equal(status, 0, `${line.join(" ")}\n${stdout}${stderr}`);
  }
  const [path, begin] = work.result;
  assert.equal(Deno.readTextFileSync(`${left}/${path}`).slice(0, begin.length), begin);
  // The portal may hear of a transition after the client heard of the jail's end.
  await eventually("each jail moves", () => transitionsOf(world).length >= work.lines.length);
  const transitions = transitionsOf(world);
  const [{ from, to }] = transitions;
  assert.deepEqual(transitions, work.lines.map(() => ({ from, to: "left" })));
  assert.ok(from.split(" ∩ ").includes("right"));
  note({ program: work.program, profile: work.profile, transitions: [from, to] });
}
