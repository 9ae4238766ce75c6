/**
 * The machine's processes, to end those that a run left.
 *
 * @module
 */

/** A process, as /proc shows it. */
export interface Process {
  /** Its number. */
  readonly pid: number;
  /** The real user. */
  readonly uid: number;
  /** The arguments, with a NUL after each. */
  readonly commandLine: string;
}

const PATIENCE_MILLISECONDS = 5000;
const POLL_MILLISECONDS = 20;

/** Every process that is there, but this one and those that ended meanwhile or are not to be seen. */
function processes(): Process[] {
  return [...Deno.readDirSync("/proc")].flatMap(({ name }): Process[] => {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === Deno.pid) return [];
    try {
      const commandLine = Deno.readTextFileSync(`/proc/${name}/cmdline`);
      const status = Deno.readTextFileSync(`/proc/${name}/status`);
      const uid = Number(/^Uid:\t(\d+)/m.exec(status)?.[1] ?? Number.NaN);
      const isDead = /^State:\t[ZX]/m.test(status);
      return isDead ? [] : [{ pid, uid, commandLine }];
    } catch {
      return [];
    }
  });
}

/**
 * Kills processes, and waits until they are gone; those that they start meanwhile, too.
 *
 * @param isMeant says of each process whether it is to end
 */
export async function endProcesses(isMeant: (process: Process) => boolean): Promise<void> {
  const deadline = Date.now() + PATIENCE_MILLISECONDS;
  for (;;) {
    const meant = processes().filter(isMeant);
    if (meant.length === 0 || Date.now() > deadline) return;
    for (const { pid } of meant) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch {
        // It has ended already, or is another user's and not ours to end.
      }
    }
    await new Promise((wake) => setTimeout(wake, POLL_MILLISECONDS));
  }
}
