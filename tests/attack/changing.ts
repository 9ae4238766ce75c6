/** Helpers for jails in which something changes while they run. */

import { exists, type World } from "../system/harness.ts";
import { eventually } from "../system/process.ts";
import { assertRan } from "./attacker.ts";

/** Makes a directory with a file `secret` in it. */
export function fill(world: World, directory: string, text: string): void {
  world.directory(directory);
  world.write(`${directory}/secret`, text);
}

/** Starts a script in a jail, which waits for `go` in the directory `work`, and runs `act` meanwhile. */
export async function whileWaiting(
  world: World,
  script: string,
  act: () => void | Promise<void>,
): Promise<string> {
  const waiting = `touch up; while [ ! -e go ]; do sleep 0.02; done; ${script}`;
  const jail = world.start([world.executable, "run", "--", "/bin/sh", "-c", waiting]);
  await eventually("the jail runs", () => exists(`${world.work}/up`));
  await act();
  world.write(`${world.work}/go`, "");
  const outcome = await jail.outcome;
  assertRan(outcome);
  return outcome.stdout;
}
