/** The calls of a portal's start, and those of a client, made to fail in turn. */

import assert from "node:assert/strict";
import { createWorld, exists, testWithRoot } from "../system/harness.ts";
import { eventually } from "../system/process.ts";
import { assertNothingLeft, portalsOf } from "../system/traces.ts";
import { ordinaryUser } from "../system/users.ts";
import type { Outcome, World } from "../system/world.ts";
import type { Row } from "./faults.ts";
import {
  assertAllOrNothing,
  describe,
  isServed,
  occurrencesOf,
  type Recording,
  settledTraces,
  startColdPortal,
  Walls,
} from "./launch.ts";
import { callsOf, type Fault, faultOptions, wasInjected } from "./strace.ts";

const PORTAL_CALLS: readonly Row[] = [
  { call: "mkdirat", error: "EROFS", most: 3 },
  { call: "openat", error: "EMFILE", most: 6 },
  { call: "flock", error: "ENOLCK", most: 2 },
  { call: "ftruncate", error: "ENOSPC", most: 2 },
  { call: "unlinkat", error: "EROFS", most: 2 },
  { call: "socket", error: "EMFILE", most: 2 },
  { call: "bind", error: "EADDRINUSE", most: 2 },
  { call: "listen", error: "EADDRINUSE", most: 2 },
];

const CLIENT_CALLS: readonly Row[] = [
  { call: "socket", error: "EMFILE", most: 2 },
  { call: "connect", error: "EACCES", most: 2 },
  { call: "sendmsg", error: "ENOBUFS", most: 2 },
  { call: "recvmsg", error: "ENOMEM", most: 4 },
  { call: "pipe2", error: "EMFILE", most: 2 },
  { call: "poll", error: "ENOMEM", most: 3 },
  { call: "recvfrom", error: "ENOMEM", most: 3 },
];

function traced(world: World, options: readonly string[], line: readonly string[]): string[] {
  return ["strace", "-f", "-s", "0", "-o", `${world.base}/trace`, ...options, "--", ...line];
}

function takeTrace(world: World): string {
  const trace = Deno.readTextFileSync(`${world.base}/trace`);
  Deno.removeSync(`${world.base}/trace`);
  return trace;
}

/** The calls of a program's main thread, from one on that StemJail makes and not the runtime. */
function callsSince(trace: string, first: RegExp): Recording {
  const calls = callsOf(trace);
  const own = calls.filter(({ pid }) => pid === calls[0].pid);
  const start = own.findIndex(({ name, text }) => first.test(`${name}(${text}`));
  assert.ok(start >= 0, `${first} is not in the trace`);
  return { walls: "", calls: own.slice(start), foreign: [] };
}

/** Runs `stemjail portal` until it serves, and then ends it; or until it gives up. */
async function runPortal(world: World, options: readonly string[]): Promise<Outcome> {
  const { outcome } = world.start(traced(world, options, portalLine(world)));
  let isOver = false;
  outcome.finally(() => isOver = true).catch(() => {});
  // One that answers will also end when it is asked to.
  const isDecided = async () =>
    isOver || await isServed(world) && (await world.run(["ps"])).status === 0;
  await eventually("the portal serves or ends", isDecided);
  for (const { pid } of portalsOf(world)) Deno.kill(pid, "SIGTERM");
  return await outcome;
}

function portalLine(world: World): string[] {
  return [world.executable, "portal", "--warm", "0"];
}

/** It served and ended when it was asked to, or it said in one line why it does not serve. */
function assertServedOrTold(fault: Fault, { status, stderr }: Outcome): void {
  const told = `${describe(fault)}: status ${status}, ${JSON.stringify(stderr)}`;
  const lines = stderr.split("\n").filter((line) => line !== "" && !/^\d{4}-/.test(line));
  if (status === 0) return assert.deepEqual(lines, [], told);
  assert.equal(lines.length, 1, told);
  assert.match(lines[0], /^stemjail: .*/, told);
  assert.ok(lines[0].includes(fault.error), told);
}

let portalRecording: Promise<Recording> | null = null;

function recordPortal(): Promise<Recording> {
  return portalRecording ??= (async () => {
    const world = createWorld(ordinaryUser());
    try {
      await world.run(["--version"]); // the first start unpacks
      await runPortal(world, []);
      return callsSince(takeTrace(world), /^mkdirat\(.*\/run\/stemjail"/);
    } finally {
      await world.dispose();
    }
  })();
}

for (const row of PORTAL_CALLS) {
  testWithRoot(`A portal whose ${row.call} fails with ${row.error} says so or serves`, async (
    world,
  ) => {
    const recording = await recordPortal();
    for (const occurrence of occurrencesOf(recording, row)) {
      const fault = { call: row.call, error: row.error, when: String(occurrence) };
      const outcome = await runPortal(world, faultOptions(fault));
      assert.ok(wasInjected(takeTrace(world)), describe(fault));
      assertServedOrTold(fault, outcome);
      await eventually("nothing is left", () => portalsOf(world).length === 0);
      // Where taking the socket away is what fails, the next portal does it.
      const mayBeLeft = row.call === "unlinkat";
      assert.ok(mayBeLeft || !exists(world.socket), `a socket is left: ${describe(fault)}`);
    }
  });
}

for (const row of CLIENT_CALLS) {
  testWithRoot(
    `A client whose ${row.call} fails with ${row.error} says so, and leaves nothing`,
    async (
      world,
    ) => {
      const walls = new Walls(world);
      await startColdPortal(world);
      const line = [world.executable, "run", "--", ...walls.command];
      const usual = await world.start(traced(world, [], line)).outcome;
      const recording = callsSince(takeTrace(world), /^socket\(AF_UNIX/);
      const before = await settledTraces(world);
      for (const occurrence of occurrencesOf(recording, row)) {
        const fault = { call: row.call, error: row.error, when: String(occurrence) };
        const outcome = await world.start(traced(world, faultOptions(fault), line)).outcome;
        const happened = wasInjected(takeTrace(world));
        assert.ok(happened, describe(fault));
        assertAllOrNothing({ fault, outcome, happened }, usual.stdout, false);
        await assertNothingLeft(world, before);
      }
    },
  );
}
