/** One test's own home, profiles, runtime directory and portal, and ways to run StemJail there. */

import { type Installation, makeOwned } from "./installation.ts";
import { eventually, type Outcome, type Running, start, type Started } from "./process.ts";
import { portalsOf, processesOf } from "./traces.ts";
import type { User } from "./users.ts";

export type { Outcome, Started } from "./process.ts";

/** How a program is run in a world, where it differs from the usual. */
export type Difference = Partial<Pick<Running, "stdin" | "cwd" | "patience">> & {
  /** Variables to add; one that is undefined is removed. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Whether it is run by root, in a world of somebody else. */
  readonly asRoot?: boolean;
};

/** Read by all that run programs; and what the tests read from. */
const systemPaths = ["/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc"];

let worlds = 0;

/** One test's surroundings. */
export class World {
  readonly user: User;
  /** All that follows lies below. */
  readonly base: string;
  readonly executable: string;
  /** HOME; of it only `work` is granted, by the profile "plain". */
  readonly home: string;
  readonly work: string;
  readonly profiles: string;
  readonly runtime: string;
  readonly state: string;
  readonly env: Readonly<Record<string, string>>;
  readonly #started: Promise<Outcome>[] = [];
  /** Those that are to end well. */
  readonly #portals = new Set<Promise<Outcome>>();

  constructor(readonly installation: Installation) {
    this.user = installation.user;
    this.executable = installation.executable;
    this.base = `${installation.base}/world-${++worlds}`;
    this.home = `${this.base}/home`;
    this.work = `${this.home}/work`;
    this.profiles = `${this.base}/profiles`;
    this.runtime = `${this.base}/run`;
    this.state = `${this.base}/state`;
    for (const path of [this.base, this.home, this.work, this.profiles, this.runtime, this.state]) {
      makeOwned(path, this.user);
    }
    this.env = {
      PATH: `${installation.base}/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`,
      HOME: this.home,
      USER: this.user.name,
      LOGNAME: this.user.name,
      SHELL: "/bin/sh",
      TERM: "xterm",
      LANG: "C.UTF-8",
      XDG_RUNTIME_DIR: this.runtime,
      XDG_CACHE_HOME: installation.cache,
      XDG_STATE_HOME: this.state,
      XDG_CONFIG_HOME: `${this.base}/config`,
      STEMJAIL_PROFILES: this.profiles,
    };
    this.profile("plain", { [this.work]: "write" });
  }

  /** The portal's socket, unless a test says otherwise. */
  get socket(): string {
    return `${this.runtime}/stemjail/portal.sock`;
  }

  /** The log of a portal that `run` started. */
  get log(): string {
    return `${this.state}/stemjail/portal.log`;
  }

  /** Runs `stemjail ARGS`. */
  run(args: readonly string[], difference: Difference = {}): Promise<Outcome> {
    return this.start([this.executable, ...args], difference).outcome;
  }

  /** Runs a command in a jail. */
  jail(command: readonly string[], difference: Difference = {}): Promise<Outcome> {
    return this.run(["run", "--", ...command], difference);
  }

  /** Runs a shell script in a jail. */
  inside(script: string, difference: Difference = {}): Promise<Outcome> {
    return this.jail(["/bin/sh", "-c", script], difference);
  }

  /** Runs a shell script outside, where `stemjail` is in the PATH. */
  shell(script: string, difference: Difference = {}): Promise<Outcome> {
    return this.start(["/bin/bash", "-c", script], difference).outcome;
  }

  /** Starts a portal in the foreground, and waits until it serves. */
  async startPortal(...options: string[]): Promise<Started> {
    const portal = this.start([this.executable, "portal", ...options], { patience: 120_000 });
    // Not by a command that would start another portal, should this one not be ready yet.
    const isServing = async () => (await this.run(["stop", "0"])).stderr.includes("No such jail");
    this.#portals.add(portal.outcome);
    await eventually("the portal makes its socket", () => exists(this.socket));
    await eventually("the portal serves", isServing);
    const kill = (signal: Deno.Signal) => {
      if (signal === "SIGKILL") this.#portals.delete(portal.outcome);
      portal.kill(signal);
    };
    return { ...portal, kill };
  }

  /** Starts a program outside. */
  start(line: readonly string[], { env = {}, asRoot, ...rest }: Difference = {}): Started {
    const { uid, gid } = asRoot ? { uid: 0, gid: 0 } : this.user;
    const all = Object.entries({ ...this.env, ...env });
    const set = all.filter((entry): entry is [string, string] => entry[1] !== undefined);
    const how = { uid, gid, env: Object.fromEntries(set), cwd: this.work, ...rest };
    const started = start(line, how);
    this.#started.push(started.outcome);
    return started;
  }

  /**
   * Writes a profile that grants the system's programs and some paths.
   *
   * @param more TOML to follow
   */
  profile(name: string, paths: Readonly<Record<string, "read" | "write">> = {}, more = ""): void {
    const system = systemPaths.map((path) => bind(path, "optional = true"));
    const own = Object.entries(paths).map(([path, mode]) =>
      bind(path, `write = ${mode !== "read"}`)
    );
    const name_ = `name = ${JSON.stringify(name)}`;
    this.write(`${this.profiles}/${name}.toml`, [name_, ...system, ...own, more].join("\n\n"));
  }

  /** Writes a file that belongs to the user. */
  write(path: string, text: string): void {
    Deno.writeTextFileSync(path, text);
    Deno.chownSync(path, this.user.uid, this.user.gid);
  }

  /** Makes a directory that belongs to the user. */
  directory(path: string): void {
    makeOwned(path, this.user);
  }

  /** Ends what runs, and removes the files; an error if something does not end with its portal. */
  async dispose(): Promise<void> {
    const ending = portalsOf(this);
    for (const { pid } of ending) kill(pid, "SIGTERM");
    const isQuiet = () => processesOf(this).length === 0;
    let left: string[] = [];
    await eventually("the end of all processes", isQuiet, 5_000).catch(() => {
      const processes = processesOf(this);
      left = processes.map(({ pid, command }) => `${pid} ${command.join(" ")}`);
      for (const { pid } of processes) kill(pid, "SIGKILL");
    });
    await eventually("the end of killed processes", isQuiet);
    await Promise.allSettled(this.#started);
    Deno.removeSync(this.base, { recursive: true });
    for (const { status, stderr } of await Promise.all(this.#portals)) {
      if (status !== 0) throw new Error(`A portal ended with ${status}\n${stderr}`);
    }
    if (left.length > 0) throw new Error(`Processes were left behind:\n${left.join("\n")}`);
  }
}

/** Whether a path names something, be it a dangling link. */
export function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

function bind(path: string, more: string): string {
  return `[[fs.bind]]\npath = ${JSON.stringify(path)}\n${more}`;
}

function kill(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch {
    // It has ended.
  }
}
