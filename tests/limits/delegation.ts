/**
 * A cgroup for a portal, as systemd or a container's manager delegates one: made by root, given to
 * the user. What the machine has of controllers is used; what it keeps in hierarchies of version 1 is
 * borrowed from them where nobody uses those.
 */

import { eventually } from "../system/process.ts";
import type { Started, World } from "../system/world.ts";
import { exists } from "../system/world.ts";

const PORTAL = "stemjail-portal";

const undoing: (() => void)[] = [];
let groups = 0;

Deno.test.afterAll(() => {
  for (const undo of undoing.splice(0).reverse()) undo();
});

/** Mounts of a type of file system, with their options, from proc_pid_mountinfo(5). */
function mountsOf(type: string): { point: string; options: string[] }[] {
  return Deno.readTextFileSync("/proc/self/mountinfo").split("\n")
    .filter((line) => line.includes(` - ${type} `))
    .map((line) => ({
      point: line.split(" ")[4],
      options: line.split(" ").at(-1)!.split(","),
    }));
}

function words(path: string): string[] {
  return Deno.readTextFileSync(path).split(/\s+/).filter((word) => word !== "");
}

/** The root of all cgroups of version 2, mounted somewhere. */
function unifiedRoot(): string {
  const mount = mountsOf("cgroup2").find(({ point }) => !exists(`${point}/cgroup.type`));
  if (mount === undefined) throw new Error("The root of cgroups of version 2 is mounted nowhere");
  return mount.point;
}

/** Runs a command of a shell, again and again for a while: groups that are gone linger in the kernel. */
function persist(command: string, ...args: string[]): void {
  const loop =
    `for i in $(seq 200); do ${command} && exit 0; sleep 0.05; done 2>/dev/null; ${command}`;
  const { success, stderr } = new Deno.Command("sh", { args: ["-c", loop, ...args] }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

const SET_CONTROLLERS = 'mount --options-mode ignore -t cgroup -o "remount,$1" cgroup "$0"';

/** A hierarchy of version 1 lets a controller go when it gets another one, and has no groups. */
function borrow(controller: string, standIn: string): void {
  const { point } = mountsOf("cgroup").find(({ options }) => options.includes(controller)) ?? {};
  if (point === undefined) return;
  const isUsed = [...Deno.readDirSync(point)].some(({ isDirectory }) => isDirectory);
  if (isUsed) return console.error(`The ${controller} controller is in use at ${point}`);
  persist(SET_CONTROLLERS, point, standIn);
  undoing.push(() => persist(SET_CONTROLLERS, point, controller));
}

/** Whether version 2 has the memory controller here; that of version 1 may be in use, and is left alone. */
export function isMemoryHere(): boolean {
  return Deno.uid() === 0 && words(`${unifiedRoot()}/cgroup.controllers`).includes("memory");
}

let available: string[] | null = null;

/** The controllers of memory and pids that this machine has for cgroups of version 2. */
export function controllersHere(): string[] {
  if (available !== null) return available;
  const root = unifiedRoot();
  if (!words(`${root}/cgroup.controllers`).includes("pids")) borrow("pids", "perf_event");
  const found = words(`${root}/cgroup.controllers`).filter((name) => /^(memory|pids)$/.test(name));
  const enabled = words(`${root}/cgroup.subtree_control`);
  const missing = found.filter((name) => !enabled.includes(name));
  const turn = (sign: string) =>
    missing.forEach((name) =>
      Deno.writeTextFileSync(`${root}/cgroup.subtree_control`, sign + name)
    );
  turn("+");
  undoing.push(() => turn("-"));
  available = found;
  return found;
}

/** A cgroup that belongs to a user. */
export class Delegation {
  readonly path: string;

  constructor(readonly world: World) {
    controllersHere();
    this.path = `${unifiedRoot()}/stemjail-test-${Deno.pid}-${++groups}`;
    Deno.mkdirSync(this.path);
    for (const name of ["", "/cgroup.procs", "/cgroup.threads", "/cgroup.subtree_control"]) {
      Deno.chownSync(this.path + name, world.user.uid, world.user.gid);
    }
    undoing.push(() => this.#remove());
  }

  #remove(): void {
    Deno.writeTextFileSync(`${this.path}/cgroup.kill`, "1");
    const remove = (path: string) => {
      for (const { name, isDirectory } of Deno.readDirSync(path)) {
        if (isDirectory) remove(`${path}/${name}`);
      }
      persist('rmdir "$0"', path);
    };
    remove(this.path);
  }

  /** Starts a program in it, as the world's user. */
  start(line: readonly string[], below = ""): Started {
    const { uid, gid } = this.world.user;
    const enter = 'echo $$ > "$0" && exec "$@"';
    const as = ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", "--"];
    const file = `${this.path}${below}/cgroup.procs`;
    const how = { asRoot: true, patience: 120_000 };
    return this.world.start(["/bin/sh", "-c", enter, file, ...as, ...line], how);
  }

  /**
   * Starts a portal in it, and waits until it serves.
   *
   * @param below the cgroup below it that the portal finds itself in
   */
  async startPortal(below = "", ...options: string[]): Promise<Started> {
    const { world } = this;
    const portal = this.start([world.executable, "portal", ...options], below);
    // The executable may have to unpack itself first.
    await eventually("the portal makes its socket", () => exists(world.socket), 60_000);
    const serves = async () => (await world.run(["stop", "0"])).stderr.includes("No such jail");
    await eventually("the portal serves", serves);
    return portal;
  }

  /** The cgroups of jails that are in it, by name. */
  get jails(): string[] {
    return this.groups.filter((name) => name !== PORTAL);
  }

  /** All cgroups that are in it, by name. */
  get groups(): string[] {
    return [...Deno.readDirSync(this.path)].filter(({ isDirectory }) => isDirectory)
      .map(({ name }) => name).sort();
  }

  /** What a file of it says. */
  read(name: string): string {
    return Deno.readTextFileSync(`${this.path}/${name}`).trim();
  }

  /** Writes to a file of it as its user, who owns what the kernel makes of it. */
  write(name: string, text: string): void {
    const { uid, gid } = this.world.user;
    const args = ["-c", 'printf %s "$1" > "$0"', `${this.path}/${name}`, text];
    const { success, stderr } = new Deno.Command("sh", { args, uid, gid }).outputSync();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
  }
}
