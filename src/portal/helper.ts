/**
 * Programs that the portal starts outside of a jail, for it: a way to the network, a filter of the
 * session bus. They say when they are ready, and end with the jail.
 *
 * @module
 */
import { Readiness } from "../../ffi/epoll.ts";
import { AT_FDCWD, close, openAt, OpenFlag, pipe, read } from "../../ffi/file.ts";
import { reap, Signal, signalProcess } from "../../ffi/process.ts";
import { spawn, SpawnStep } from "../../ffi/spawn.ts";
import { UserError } from "../errors.ts";
import { helperPath, processEnvironment } from "../protocol/locations.ts";
import type { Reactor } from "../protocol/reactor.ts";
import { findCommand } from "./command.ts";

/** How long a helper has to get ready, in milliseconds. */
const PATIENCE = 5000;

/** How much of what a helper complains about is kept. */
const MAXIMUM_WORDS = 4096;

/** Descriptors of a helper, beside 0 and 2. */
const STANDARD_OUTPUT = 1;
const EXTRA = 3;

/** How a helper is started. */
export interface HelperCommand {
  /** Its file, as {@link findHelper} found it. */
  readonly file: string;
  /** Its arguments, with its own name first. */
  readonly arguments: readonly string[];
  /** Where it writes a byte once it is ready: descriptor 1 or 3. */
  readonly ready: 1 | 3;
  /** A descriptor that it gets as its number 4. */
  readonly extra?: number;
}

/**
 * Looks for a program where {@link helperPath} says.
 *
 * @returns its file, or null
 */
export function findHelper(name: string): string | null {
  try {
    return findCommand(name, helperPath(processEnvironment), "/");
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

/** One helper, from its start to its end. */
export class Helper {
  /** Resolves when it is ready; rejects with its own words when it ends or takes too long before. */
  readonly ready: Promise<void>;
  readonly #pid: number;
  readonly #pidfd: number;
  #readiness: number;
  readonly #words: number;
  readonly #settled = Promise.withResolvers<void>();
  readonly #gone = Promise.withResolvers<void>();
  readonly #timer: ReturnType<typeof setTimeout>;
  /** What it wrote to its standard error, its last lines. */
  #said = "";
  #isGone = false;

  /**
   * Starts the program.
   *
   * @throws SpawnError when it cannot be started
   */
  constructor(private readonly reactor: Reactor, command: HelperCommand) {
    const [readiness, writer] = pipe();
    const [words, complaints] = pipe();
    const nothing = openAt(AT_FDCWD, "/dev/null", OpenFlag.readWrite);
    const output = command.ready === STANDARD_OUTPUT ? writer : nothing;
    const extra = command.extra === undefined ? [] : [command.extra];
    const third = command.ready === EXTRA || extra.length > 0 ? [writer] : [];
    try {
      ({ pid: this.#pid, pidfd: this.#pidfd } = spawn({
        file: command.file,
        arguments: command.arguments,
        environment: [`PATH=${processEnvironment("PATH") ?? "/usr/bin:/bin"}`],
        directory: "/",
        descriptors: [nothing, output, complaints, ...third, ...extra],
        steps: SpawnStep.newSession,
      }));
    } catch (error) {
      [readiness, words].forEach(close);
      throw error;
    } finally {
      [writer, complaints, nothing].forEach(close);
    }
    this.#readiness = readiness;
    this.#words = words;
    this.ready = this.#settled.promise;
    this.#timer = setTimeout(() => this.#fail("it did not get ready in time"), PATIENCE);
    reactor.watch(readiness, Readiness.readable, () => this.#hearReadiness());
    reactor.watch(words, Readiness.readable, () => this.#hearWords());
    reactor.watch(this.#pidfd, Readiness.readable, () => this.#end());
  }

  /** Gives away the other end of its descriptor 1 or 3: some helpers end when that is closed. */
  takeLifeline(): number {
    const lifeline = this.#readiness;
    this.#readiness = -1;
    return lifeline;
  }

  /** Ends it. */
  stop(): void {
    if (!this.#isGone) signalProcess(this.#pidfd, Signal.kill);
  }

  /** Ends it; resolves when nothing of it is left. */
  end(): Promise<void> {
    this.stop();
    return this.#gone.promise;
  }

  #hearReadiness(): void {
    const count = read(this.#readiness, new Uint8Array(64));
    this.reactor.unwatch(this.#readiness);
    if (count <= 0) return;
    clearTimeout(this.#timer);
    this.#settled.resolve();
  }

  #hearWords(): void {
    const bytes = new Uint8Array(MAXIMUM_WORDS);
    const count = read(this.#words, bytes);
    if (count <= 0) return this.reactor.unwatch(this.#words);
    const text = new TextDecoder().decode(bytes.subarray(0, count));
    this.#said = (this.#said + text).slice(-MAXIMUM_WORDS);
  }

  #fail(why: string): void {
    clearTimeout(this.#timer);
    this.#settled.reject(new Error(why));
    this.stop();
  }

  #end(): void {
    this.#isGone = true;
    for (const descriptor of [this.#pidfd, this.#readiness]) this.reactor.unwatch(descriptor);
    this.#hearWords();
    this.reactor.unwatch(this.#words);
    reap(this.#pid);
    [this.#pidfd, this.#readiness, this.#words].filter((each) => each >= 0).forEach(close);
    const last = this.#said.trim().split("\n").at(-1) ?? "";
    this.#fail(last === "" ? "it ended without a word" : last);
    this.#gone.resolve();
  }
}
