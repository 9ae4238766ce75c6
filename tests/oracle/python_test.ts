/**
 * CPython's own tests of files, processes and sockets end in a jail as they do outside of it. The jail's
 * policy table is not final, so that the shim looks up each path, and asks where it must.
 */

import assert from "node:assert/strict";
import { testAsUser } from "../system/harness.ts";
import type { World } from "../system/world.ts";
import { parseResults, type Results } from "./junit.ts";
import { runOutside } from "./outside.ts";

/** From Debian's libpython3.13-testsuite. */
const MODULES = [
  ...["test_os", "test_posix", "test_pathlib", "test_posixpath", "test_genericpath", "test_glob"],
  ...["test_shutil", "test_tempfile", "test_filecmp", "test_fileinput", "test_fileio", "test_stat"],
  ...["test_fcntl", "test_mmap", "test_pty", "test_subprocess", "test_import"],
  ...["test_runpy", "test_zipfile", "test_tarfile", "test_mailbox", "test_dbm"],
  ...["test_sqlite3"],
];

const SKIPPED_BY_NUMBERS = "skipped or not by the numbers of the descriptors that the runner uses";

/** Tests that end otherwise in a jail, and why that is as it should be. */
const DIFFERENT: Readonly<Record<string, string>> = {
  "test.test_os.FileTests.test_closerange": SKIPPED_BY_NUMBERS,
  "test.test_os.TestInvalidFD.test_closerange": SKIPPED_BY_NUMBERS,
  "test.test_posixpath.PosixPathTest.test_realpath_invalid_paths":
    "fails where the host has a /nonexistent, which no profile grants",
};

const PATIENCE = 170_000;

async function results(
  world: World,
  place: string,
  start: (line: string[]) => Promise<unknown>,
): Promise<Results> {
  world.directory(place);
  const report = `${place}/report.xml`;
  const options = ["--junit-xml", report, "-j4", "--timeout", "100"];
  await start(["/usr/bin/python3", "-m", "test", ...options, ...MODULES]);
  return parseResults(await Deno.readTextFile(report));
}

testAsUser("CPython's tests end in a jail as they do outside", async (world) => {
  const granted = `${world.home}/granted-by-the-other`;
  world.directory(granted);
  world.profile("other", { [world.work]: "write", [granted]: "write" });
  const [outside, inside] = [`${world.work}/outside`, `${world.work}/inside`];
  const env = (place: string) => ({ TMPDIR: place, SHELL: "/bin/sh" });
  // Both at once: most of the time is spent in waiting.
  const [expected, found] = await Promise.all([
    results(
      world,
      outside,
      (line) => runOutside(world, line, { cwd: outside, env: env(outside), patience: PATIENCE }),
    ),
    results(world, inside, (line) =>
      world.run(["run", `--env=TMPDIR=${inside}`, "--", ...line], {
        cwd: inside,
        patience: PATIENCE,
      })),
  ]);
  assert.ok(expected.size > 3000, `only ${expected.size} tests were run`);
  const different = [...new Set([...expected.keys(), ...found.keys()])].sort()
    .filter((name) => expected.get(name) !== found.get(name) && DIFFERENT[name] === undefined)
    .map((name) => `${name}: ${expected.get(name)} outside, ${found.get(name)} in the jail`);
  assert.deepEqual(different, []);
});
