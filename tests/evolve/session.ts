/**
 * A jail with a shell in it that is given one script after another. After each, what the jail shows is
 * compared with what the engine says that it must show, for every state that it went through.
 */

import assert from "node:assert/strict";
import { hostNameOf } from "../../src/monitor/host_name.ts";
import type { JailStatus } from "../../src/protocol/messages.ts";
import type { World } from "../system/harness.ts";
import { eventually } from "../system/process.ts";
import { Expectation, hostMounts } from "./expectation.ts";
import { type Mount, type MountTree, readMounts } from "./mounts.ts";

/** How a session differs from the usual. */
export interface SessionOptions {
  /** Of `stemjail run`, before the command. */
  readonly options?: readonly string[];
  /** Whether the profiles that come with the executable are loaded as well. */
  readonly shipped?: boolean;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The shell; it must read scripts from its standard input. */
  readonly shell?: string;
}

/** What came of a script. */
export interface Result {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const PATIENCE_MILLISECONDS = 60_000;

/** Collects a stream, and waits for marks in it. */
class Collector {
  #text = "";
  #isOver = false;
  #wake = () => {};

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.#collect(stream.pipeThrough(new TextDecoderStream()));
  }

  async #collect(stream: ReadableStream<string>): Promise<void> {
    for await (const chunk of stream) {
      this.#text += chunk;
      this.#wake();
    }
    this.#isOver = true;
    this.#wake();
  }

  /** Everything so far, where the stream has ended. */
  get end(): string | null {
    return this.#isOver ? this.#text : null;
  }

  /** What came before a line that begins with a mark, and the rest of that line. */
  async until(mark: string): Promise<{ before: string; line: string }> {
    const deadline = setTimeout(() => {
      this.#isOver = true;
      this.#wake();
    }, PATIENCE_MILLISECONDS);
    const pattern = new RegExp(`^([^]*?)\\n${mark}(.*)\\n`);
    try {
      for (;;) {
        const found = pattern.exec(this.#text);
        if (found !== null) {
          this.#text = this.#text.slice(found[0].length);
          return { before: found[1], line: found[2] };
        }
        if (this.#isOver) throw new Error(`The shell ended or hangs: ${this.#text}`);
        await new Promise<void>((resolve) => this.#wake = resolve);
      }
    } finally {
      clearTimeout(deadline);
    }
  }
}

/** One jail. */
export class Session {
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #stdout: Collector;
  readonly #stderr: Collector;
  readonly #first: string;
  readonly #id: string;
  #pid = 0;
  #host: MountTree | null = null;
  #count = 0;
  #hostName = "";

  private constructor(
    private readonly world: World,
    private readonly child: Deno.ChildProcess,
    first: JailStatus,
    /** What its profiles make it show. */
    readonly expectation: Expectation,
    streams: { stdout: Collector; stderr: Collector },
  ) {
    this.#input = child.stdin.getWriter();
    this.#stdout = streams.stdout;
    this.#stderr = streams.stderr;
    this.#first = first.domain;
    this.#id = first.id;
  }

  /** Starts a jail, and looks at its first state. */
  static async start(world: World, options: SessionOptions = {}): Promise<Session> {
    const { shell = "/bin/sh" } = options;
    const expectation = new Expectation(world, options.shipped ?? false);
    const child = spawn(world, options, shell);
    const streams = { stdout: new Collector(child.stdout), stderr: new Collector(child.stderr) };
    const jail = await appear(world, streams.stderr);
    const session = new Session(world, child, jail, expectation, streams);
    await session.runUnverified(":");
    session.#pid = applicationOf(jail.pid);
    await session.verify();
    return session;
  }

  /** Runs a script in the shell itself, and verifies what the jail shows after it. */
  async run(script: string): Promise<Result> {
    const result = await this.runUnverified(script);
    await this.verify();
    return result;
  }

  /** Runs a script that must succeed without a word of complaint; returns what it says. */
  async output(script: string): Promise<string> {
    const { status, stdout, stderr } = await this.run(script);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: "" }, `${script}\n${stdout}`);
    return stdout;
  }

  /** Runs a script, and compares nothing: for jails that are not as the profiles say. */
  async runUnverified(script: string): Promise<Result> {
    const mark = `@@${++this.#count} `;
    const line =
      `{ ${script}\n} < /dev/null\n_status=$?; read -r _name < /proc/sys/kernel/hostname\n` +
      `printf '\\n${mark}%s %s\\n' "$_status" "$_name"; printf '\\n${mark}\\n' >&2\n`;
    await this.#input.write(new TextEncoder().encode(line));
    const [stdout, stderr] = await Promise.all([
      this.#stdout.until(mark),
      this.#stderr.until(mark),
    ]);
    const [status, hostName] = stdout.line.split(" ");
    this.#hostName = hostName;
    return { status: Number(status), stdout: stdout.before, stderr: stderr.before };
  }

  /** What `ps --json` says of the jail. */
  async status(): Promise<JailStatus> {
    const jail = (await jailsOf(this.world)).find(({ id }) => id === this.#id);
    assert.notEqual(jail, undefined, "The jail has ended");
    return jail!;
  }

  /** The names of the states that the jail went through, the first one included. */
  async states(): Promise<string[]> {
    const { history } = await this.status();
    return [this.#first, ...history.map(({ to }) => to)];
  }

  /** The shell, as the host numbers it. */
  get pid(): number {
    return this.#pid;
  }

  /** The jail's mounts. */
  mounts(): Mount[] {
    return readMounts(`/proc/${this.pid}/mountinfo`);
  }

  /** Compares the jail with what the engine says of each of its states. */
  async verify(): Promise<void> {
    const { domain, history } = await this.status();
    const states = [this.#first, ...history.map(({ to }) => to)];
    assert.deepEqual(history.map(({ from }) => from), states.slice(0, -1));
    assert.equal(domain, states.at(-1));
    assert.equal(this.#hostName, hostNameOf(domain));
    this.#verifyMounts(states);
    assert.deepEqual(this.expectation.wrongPaths(domain, `/proc/${this.pid}/root`), []);
  }

  /** From now on what the host mounts and unmounts makes no difference to what is expected. */
  holdHost(): void {
    this.#host = hostMounts();
  }

  /** Ends the shell, and with it the jail. */
  async end(): Promise<void> {
    await this.#input.close();
    await this.child.status;
  }

  /**
   * Nothing is ever unmounted, so the table holds all that was mounted, in that order: for each state
   * there must have been a moment at which what was visible was E(S) exactly, and for the last one it is
   * now.
   */
  #verifyMounts(states: readonly string[]): void {
    const mounts = this.mounts();
    const host = this.#host ?? hostMounts();
    const last = states.at(-1)!;
    assert.deepEqual(this.expectation.differences(last, mounts, host), [], `E(${last})`);
    let from = 1;
    for (const state of states.slice(0, -1)) {
      const fits = (length: number) =>
        this.expectation.differences(state, mounts.slice(0, length), host).length === 0;
      while (from <= mounts.length && !fits(from)) from++;
      assert.ok(from <= mounts.length, `The jail never was as E(${state}) says`);
    }
  }
}

function spawn(world: World, { options = [], env = {}, shipped }: SessionOptions, shell: string) {
  const all = Object.entries({
    ...world.env,
    ...shipped ? { STEMJAIL_PROFILES: undefined } : {},
    ...env,
  });
  const { uid, gid } = world.user;
  return new Deno.Command(world.executable, {
    args: ["run", ...options, "--", shell],
    cwd: world.work,
    clearEnv: true,
    env: Object.fromEntries(
      all.filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
    ...(uid === Deno.uid() ? {} : { uid, gid }),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function jailsOf(world: World): Promise<JailStatus[]> {
  const { status, stdout, stderr } = await world.run(["ps", "--json"]);
  assert.deepEqual([status, stderr], [0, ""]);
  return JSON.parse(stdout);
}

const known = new Set<string>();

/** The jail that has just been started, by a client that writes its errors to a stream. */
function appear(world: World, errors: Collector): Promise<JailStatus> {
  return soon("a jail appears", async () => {
    if (errors.end !== null) throw new Error(`The client ended: ${errors.end}`);
    const jail = (await jailsOf(world)).at(-1);
    if (jail === undefined || known.has(`${world.base} ${jail.id}`)) return null;
    known.add(`${world.base} ${jail.id}`);
    return jail;
  });
}

/** The monitor's child; it is listed below the thread that made it. */
function applicationOf(monitor: number): number {
  const threads = [...Deno.readDirSync(`/proc/${monitor}/task`)].map(({ name }) => name);
  const children = threads.flatMap((thread) =>
    Deno.readTextFileSync(`/proc/${monitor}/task/${thread}/children`).trim().split(" ")
  ).filter((child) => child !== "");
  assert.equal(children.length, 1);
  return Number(children[0]);
}

async function soon<T>(what: string, find: () => T | null | Promise<T | null>): Promise<T> {
  let found: T | null = null;
  await eventually(what, async () => (found = await find()) !== null, PATIENCE_MILLISECONDS);
  return found!;
}
