/** A launch of which something fails: recorded once, done again and again, and judged. */

import assert from "node:assert/strict";
import { connect } from "node:net";
import { eventually } from "../system/process.ts";
import { monitorsOf, type Traces, tracesOf } from "../system/traces.ts";
import type { Outcome, World } from "../system/world.ts";
import type { Row } from "./faults.ts";
import { type Call, callsOf, type Fault, faultOptions, Tracer, wasInjected } from "./strace.ts";

const WALLS_SOURCE = new URL("walls.c", import.meta.url).pathname;

/** The program that says which walls stand around it, and what it is to try. */
export class Walls {
  readonly #program: string;
  readonly #secret: string;
  readonly #readOnly: string;

  /** Compiles it, and makes a profile that grants it what it says that it has. */
  constructor(private readonly world: World) {
    const granted = `${world.base}/granted`;
    this.#program = `${granted}/walls`;
    this.#secret = `${world.home}/secret`;
    this.#readOnly = granted;
    world.directory(granted);
    compile(this.#program);
    world.write(this.#secret, "nobody in a jail reads this\n");
    world.profile("plain", { [world.work]: "write", [granted]: "read" });
  }

  /** The command line. */
  get command(): string[] {
    return [this.#program, this.#secret, this.world.work, this.#readOnly];
  }
}

let compiled: Uint8Array<ArrayBuffer> | null = null;

function compile(path: string): void {
  if (compiled === null) {
    const flags = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O1", "-static"];
    const args = [...flags, "-o", path, WALLS_SOURCE];
    const { success, stderr } = new Deno.Command("cc", { args }).outputSync();
    assert.ok(success, new TextDecoder().decode(stderr));
    compiled = Deno.readFileSync(path);
  }
  Deno.writeFileSync(path, compiled, { mode: 0o755 });
}

/** Starts a portal that has no monitor waiting, so that each launch starts one; its process id. */
export async function startColdPortal(world: World): Promise<number> {
  const stale = timeOf(world.socket);
  const line = [world.executable, "portal", "--warm", "0"];
  const { pid, outcome } = world.start(line, { patience: 300_000 });
  outcome.catch(() => {}); // it is the test's end that ends it, and looks whether it does
  await eventually("a portal serves", () => ![null, stale].includes(timeOf(world.socket)));
  // The socket is there before the portal is ready, and this is answered when it is.
  assert.equal((await world.run(["ps"])).status, 0);
  // Where the portal drops a connection, its client may start another one, which writes a log.
  world.directory(`${world.state}/stemjail`);
  world.write(world.log, "");
  return pid;
}

function timeOf(path: string): number | null {
  try {
    return Deno.statSync(path).ctime!.getTime();
  } catch {
    return null;
  }
}

/** The launch without a fault: what it prints, and the calls that a fault may be in. */
export interface Recording {
  readonly walls: string;
  /** Of the portal, the monitor and the application's start, each with its occurrences. */
  readonly calls: readonly Call[];
  /** Of the application's program: it is not to be disturbed. */
  readonly foreign: readonly Call[];
}

/** Whether somebody accepts connections at the portal's socket. */
export function isServed(world: World): Promise<boolean> {
  return new Promise((resolve) => {
    const client = connect(world.socket, () => {
      client.destroy();
      resolve(true);
    });
    client.on("error", () => resolve(false));
  });
}

/** Launches with every call written down. */
export async function record(world: World, portal: number, walls: Walls): Promise<Recording> {
  await world.jail(walls.command); // the first one unpacks and warms caches
  await untilIdle(world);
  const tracer = await Tracer.attach(world, portal, ["-s", "0"]);
  const { status, stdout, stderr } = await world.jail(walls.command, { patience: 60_000 });
  assert.equal(status, 0, stderr);
  await untilIdle(world);
  return { walls: stdout, ...divide(callsOf(await tracer.detach()), portal) };
}

/** Waits until the portal has done all that the end of a jail is to it. */
async function untilIdle(world: World): Promise<void> {
  await eventually("the monitor ends", () => monitorsOf(world).length === 0);
  await settledTraces(world);
}

/**
 * The calls that StemJail's code makes, among those of the runtime that it is written for: those of the
 * portal's main thread, of the monitor's from the moment when its preparations begin, and of each
 * child up to the execution of its program.
 */
function divide(calls: readonly Call[], portal: number): Pick<Recording, "calls" | "foreign"> {
  const monitor = calls.find(({ name }) => name === "pivot_root")!.pid;
  const children = new Set(calls.filter(({ name }) => name === "keyctl").map(({ pid }) => pid));
  // The runtime has an epoll of its own; the monitor begins by making another one, for its signals.
  const signals = calls.findIndex(({ pid, name }) => pid === monitor && name === "signalfd4");
  const preparations = calls.findLastIndex(({ pid, name }, index) =>
    pid === monitor && name === "epoll_create1" && index < signals
  );
  const executed = new Set<number>();
  const own: Call[] = [];
  const foreign: Call[] = [];
  calls.forEach((call, index) => {
    const { pid, name } = call;
    const isStart = !executed.has(pid) && (children.has(pid) || pid === monitor);
    if (name === "execve") executed.add(pid);
    if (pid === portal || isStart || pid === monitor && index >= preparations) own.push(call);
    else if (children.has(pid)) foreign.push(call);
  });
  return { calls: own, foreign };
}

/**
 * The occurrences of a call in a recording, thinned out to a number of them. A fault happens in all
 * processes that come to that occurrence, so that it must be of the wanted kind in each.
 */
export function occurrencesOf({ calls, foreign }: Recording, row: Row): number[] {
  const { call: name, most, matching = /^/, least = 1 } = row;
  const kinds = new Map<number, boolean>();
  for (const { occurrence, text } of calls.filter((call) => call.name === name)) {
    kinds.set(occurrence, matching.test(text) && kinds.get(occurrence) !== false);
  }
  for (const call of foreign) if (call.name === name) kinds.delete(call.occurrence);
  const all = [...kinds].filter(([at, isWanted]) => isWanted && at >= least).map(([occurrence]) =>
    occurrence
  )
    .sort((left, right) => left - right);
  if (all.length <= most) return all;
  const first = all.slice(0, most >> 1);
  const rest = all.slice(most >> 1);
  const step = (rest.length - 1) / (most - first.length - 1);
  return [
    ...first,
    ...Array.from({ length: most - first.length }, (_, index) => rest[Math.round(index * step)]),
  ];
}

/** What came of a launch with a fault. */
export interface Faulty {
  readonly fault: Fault;
  readonly outcome: Outcome;
  /** Whether the fault happened at all: the runtime's calls before it differ from run to run. */
  readonly happened: boolean;
}

/** Launches once with a fault in the portal and in all that it starts. */
export async function launchWith(
  world: World,
  portal: number,
  walls: Walls,
  fault: Fault,
): Promise<Faulty> {
  const tracer = await Tracer.attach(world, portal, faultOptions(fault));
  const outcome = await world.jail(walls.command).catch((error) => {
    throw new Error(`${describe(fault)}: ${error.message}`);
  });
  return { fault, outcome, happened: wasInjected(await tracer.detach()) };
}

/** A fault in words. */
export function describe({ call, error, when }: Fault): string {
  return `${call} ${when}: ${error}`;
}

/** Before the application runs 125, 126 or 127; 137 where its monitor is gone. */
const STATUSES = [125, 126, 127, 137];

/**
 * Fails unless a launch ended in one of two ways: in a jail with all walls, or with one line
 * that says why there is none.
 *
 * @param isTold whether the line must name the errno
 */
export function assertAllOrNothing(
  { fault, outcome }: Faulty,
  walls: string,
  isTold: boolean,
): void {
  const { status, stdout, stderr } = outcome;
  const told = `${describe(fault)}: status ${status}, ${JSON.stringify(stderr)}`;
  if (status === 0) {
    assert.equal(stdout, walls, told);
    return assert.equal(stderr, "", told);
  }
  assert.ok(STATUSES.includes(status), told);
  assert.match(stderr, /^stemjail: [^\n]{10,}\n$/, told);
  // Where the connection itself fails, the client cannot know more than that.
  if (isTold) assert.ok(stderr.includes(fault.error), `it does not say why: ${told}`);
  // The monitor may fail when the application is done already.
  if (stdout !== "") assert.equal(stdout, walls, told);
}

/** Waits until a portal is as quiet as it will be: what it starts late has started. */
export async function settledTraces(world: World): Promise<Traces> {
  let traces = tracesOf(world);
  await eventually("the portal is quiet", async () => {
    const before = JSON.stringify(traces);
    await new Promise((resolve) => setTimeout(resolve, 50));
    traces = tracesOf(world);
    return JSON.stringify(traces) === before;
  });
  return traces;
}
