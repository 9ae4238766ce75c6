/**
 * Grants that are mounted over the directory that a process is in, or holds open: relative paths lead to
 * the mount below, where the wider access is not to be had.
 */

import assert from "node:assert/strict";
import { Workshop, World } from "./world.ts";

/** Whether mounts can be made here, in namespaces of our own. */
const canMount = (await new Deno.Command("unshare", {
  args: ["--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"],
  stdin: "null",
  stdout: "null",
  stderr: "null",
}).output()).success;

/** Defines the tests for one build of the shim. */
function defineTests(workshop: Workshop, program: string): void {
  /**
   * Runs a command where work/ is first mounted read-only, and then again writable, as a transition does
   * it, when the command creates the file `go` next to it.
   */
  async function runUnderCover(initial: string, ...args: string[]) {
    await using world = await World.make(workshop, "answer", initial);
    const script = `
    mkdir $BASE/real && mount --bind -o ro $BASE/real $BASE/work || exit 99
    mkfifo $BASE/go $BASE/gone
    (read x < $BASE/go; mount --bind $BASE/real $BASE/work; echo > $BASE/gone) &
    LD_PRELOAD=$SHIM "$@"`;
    const outcome = await world.run([
      ...["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"],
      ...[program, ...args, world.base],
    ], { env: { LD_PRELOAD: "", SHIM: world.shim, BASE: world.base } });
    return { code: outcome.code, stdout: outcome.stdout, stderr: outcome.stderr };
  }

  for (const initial of ["ABC", "C"]) {
    const state = initial === "C" ? "with nothing left to ask" : "with more left to ask";
    for (const way of ["directory", "descriptor"]) {
      workshop.test(`a ${way} under a new mount leads to it ${state}`, async () => {
        const outcome = await runUnderCover(initial, way);
        assert.deepEqual(outcome, { code: 0, stdout: "ok\n", stderr: "" });
      }, !canMount); // without user namespaces there is no mounting for an ordinary user
    }
  }
}

for (const workshop of await Workshop.openBoth()) {
  defineTests(workshop, await workshop.program("hold"));
}
