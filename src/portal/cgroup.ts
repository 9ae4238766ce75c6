/**
 * A control group for each jail, where somebody delegates one to the portal: the user's systemd, a
 * container's manager, or root by chown(1). cgroups(7), "Delegation".
 *
 *     DELEGATED/                     its controllers are enabled for what is in it
 *       stemjail-portal/             the portal, and the programs that it starts outside of jails
 *       stemjail-jail-PID/           a jail's limits, named for its monitor
 *         inside/                    its processes
 *
 * The processes are one level below the limits: namespaces nested in a jail can mount its own cgroup,
 * whose files belong to the user, and there is to be no limit among them.
 *
 * @module
 */
import { KernelError, unlessRefused } from "../../ffi/check.ts";
import { ensureDirectoryAt, removeDirectoryAt } from "../../ffi/entry.ts";
import { writeTextAt } from "../../ffi/file.ts";
import { existsAt } from "../../ffi/status.ts";
import { Status, UserError } from "../errors.ts";
import type { Controller } from "../protocol/cgroup.ts";
import {
  type Base,
  cgroupsIn,
  isAllowed,
  leaveBase,
  Obstacle,
  readFile,
  takeBase,
} from "./cgroup_base.ts";
import type { JailLimits, Means } from "./limits.ts";
import type { Log } from "./log.ts";
import { totalMemory } from "./memory.ts";

const JAIL = /^stemjail-jail-\d+$/;

/** Processes that were just killed keep a cgroup busy: how often to try again, after milliseconds. */
const ATTEMPTS = 40;
const WAIT = 25;

/** What a monitor may need for itself, so that a jail that is full cannot keep it from working. */
const MONITOR_TASKS = 32;

/** PID_MAX_LIMIT of the kernel, above which it refuses a limit. */
const MAXIMUM_TASKS = 4_194_304;

/** Removes a jail's cgroup if no process is in it; whether it is gone. */
function removeIfEmpty({ directory }: Base, name: string): boolean {
  isAllowed(() => removeDirectoryAt(directory, `${name}/inside`));
  return isAllowed(() => removeDirectoryAt(directory, name)) || !existsAt(directory, name);
}

/** The cgroup of one jail. */
export class JailCgroup {
  readonly #name: string;

  /**
   * Names it; see {@link hold}.
   *
   * @param pid of the monitor, which the caller has not collected
   */
  constructor(
    private readonly base: Base,
    private readonly pid: number,
    private readonly log: Log,
  ) {
    this.#name = `stemjail-jail-${pid}`;
  }

  /**
   * Makes it, and moves the monitor there, with all that the monitor will start.
   *
   * @throws UserError when the kernel refuses
   */
  hold(): void {
    this.#orRefuse("give the jail a cgroup", () => {
      ensureDirectoryAt(this.base.directory, this.#name, 0o755);
      // None that something in the jail could make.
      this.#write("cgroup.max.descendants", "1");
      ensureDirectoryAt(this.base.directory, `${this.#name}/inside`, 0o755);
      this.#enter();
    });
  }

  #enter(): void {
    // ESRCH: it has ended already, as its owner is about to hear.
    unlessRefused(() => this.#write("inside/cgroup.procs", String(this.pid)), ["ESRCH"]);
  }

  /**
   * Sets the jail's limits.
   *
   * @throws UserError when one of them is refused
   */
  limit(limits: JailLimits): void {
    const { controllers } = this.base;
    this.#orRefuse("limit the jail", () => {
      if (controllers.includes("pids")) {
        const tasks = Math.min(limits.processes + MONITOR_TASKS, MAXIMUM_TASKS);
        this.#write("pids.max", String(tasks));
      }
      if (controllers.includes("memory")) this.#limitMemory(limits.memory);
    });
  }

  #limitMemory(bytes: number): void {
    // Half a jail is none: it ends as a whole.
    this.#write("memory.oom.group", "1");
    // A kernel without swap has no such file.
    if (existsAt(this.base.directory, `${this.#name}/memory.swap.max`)) {
      this.#write("memory.swap.max", bytes === Infinity ? "max" : "0");
    }
    this.#write("memory.max", bytes === Infinity ? "max" : String(Math.floor(bytes)));
  }

  /** Ends what is in it, and removes it as soon as that is gone. */
  remove(): void {
    this.#tellOfShortage();
    // Since Linux 5.14; the jail's pid namespace ends with its monitor in any case.
    isAllowed(() => this.#write("cgroup.kill", "1"));
    this.#removeSoon(ATTEMPTS);
  }

  #removeSoon(attempts: number): void {
    if (removeIfEmpty(this.base, this.#name) || attempts === 0) return;
    setTimeout(() => this.#removeSoon(attempts - 1), WAIT);
  }

  /** Nobody inside has lived to say it. */
  #tellOfShortage(): void {
    if (!this.base.controllers.includes("memory")) return;
    isAllowed(() => {
      const events = readFile(this.base.directory, `${this.#name}/memory.events`);
      if (!/^oom_kill [1-9]/m.test(events)) return;
      this.log.write("warning", "a jail ran out of memory, and was ended", { cgroup: this.#name });
    });
  }

  #write(name: string, value: string): void {
    writeTextAt(this.base.directory, `${this.#name}/${name}`, value);
  }

  #orRefuse(what: string, act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      throw new UserError(
        `Cannot ${what}: ${error.message}; start the portal in a cgroup that stays its own, as ` +
          "`stemjail doctor` says",
        Status.notStarted,
      );
    }
  }
}

/** What is missing where a cgroup has no more than some controllers. */
function shortage(controllers: readonly Controller[]): string | null {
  if (!controllers.includes("memory")) return "the portal's cgroup has no memory controller";
  return controllers.includes("pids") ? null : "the portal's cgroup has no pids controller";
}

/** The cgroups of a portal's jails, or none. */
export class Cgroups implements Means {
  #base: Base | null = null;
  /** See {@link Means.obstacle}. */
  readonly obstacle: string | null;
  /** See {@link Means.memory}. */
  readonly memory: number = Infinity;

  /** Decides once whether jails have cgroups; without one a launch does nothing here. */
  constructor(private readonly log: Log) {
    try {
      this.#base = takeBase();
      const { path, controllers } = this.#base;
      this.obstacle = shortage(controllers);
      this.memory = totalMemory();
      this.#tidy();
      log.write("info", "jails have cgroups", { path, controllers });
    } catch (error) {
      if (!(error instanceof Obstacle || error instanceof KernelError)) throw error;
      this.obstacle = error.message;
      log.write("debug", "jails have no cgroups", { why: error.message });
    }
  }

  /** See {@link Means.controllers}. */
  get controllers(): readonly Controller[] {
    return this.#base?.controllers ?? [];
  }

  /**
   * Gives a new monitor a cgroup.
   *
   * @param pid of the monitor, which the caller has not collected
   * @returns null where there are none
   * @throws UserError when the kernel refuses
   */
  adopt(pid: number): JailCgroup | null {
    if (this.#base === null) return null;
    const cgroup = new JailCgroup(this.#base, pid, this.log);
    try {
      cgroup.hold();
      return cgroup;
    } catch (error) {
      cgroup.remove();
      throw error;
    }
  }

  /** Gives the cgroup back, as it was unless jails of an earlier portal are in it. */
  async leave(): Promise<void> {
    if (this.#base === null) return;
    for (let attempt = 0; attempt < ATTEMPTS && !this.#tidy(); attempt++) {
      await new Promise((resolve) => setTimeout(resolve, WAIT));
    }
    // Without controllers, what is left would have no limits.
    if (this.#tidy()) leaveBase(this.#base);
    this.#base = null;
  }

  /** Removes what is left of jails that are gone; whether no jail is left. */
  #tidy(): boolean {
    const base = this.#base;
    if (base === null) return true;
    const jails = cgroupsIn(base.directory).filter((name) => JAIL.test(name));
    return jails.filter((name) => !removeIfEmpty(base, name)).length === 0;
  }
}
