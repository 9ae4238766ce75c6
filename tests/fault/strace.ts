/** Making system calls fail by strace(1), in processes that run or are to be started. */

import { eventually } from "../system/process.ts";
import type { Started, World } from "../system/world.ts";

/** A call of a traced process, as strace writes it. */
export interface Call {
  readonly pid: number;
  readonly name: string;
  /** The how manieth of its name it is in its process, from 1: what `when=` counts. */
  readonly occurrence: number;
  readonly text: string;
}

/** The calls of a trace, in their order. */
export function callsOf(trace: string): Call[] {
  const counts = new Map<string, number>();
  return trace.split("\n").flatMap((line) => {
    const match = /^(\d+) +(\w+)\((.*)/.exec(line);
    if (match === null) return [];
    const [, pid, name, text] = match;
    const occurrence = (counts.get(`${pid} ${name}`) ?? 0) + 1;
    counts.set(`${pid} ${name}`, occurrence);
    return [{ pid: Number(pid), name, occurrence, text }];
  });
}

/** Which call fails, and how. */
export interface Fault {
  readonly call: string;
  /** errno's name; or a signal that comes with the call, such as SIGKILL. */
  readonly error: string;
  /** What `when=` takes: `3` for the third call of each process, `1+` for all. */
  readonly when: string;
}

/** The options of strace(1) that trace a call, and make it fail. */
export function faultOptions({ call, error, when }: Fault): string[] {
  const what = error.startsWith("SIG") ? `signal=${error}` : `error=${error}`;
  return ["-e", `trace=${call}`, "-e", `inject=${call}:${what}:when=${when}`];
}

/** Whether a trace shows that a call was made to fail, or a process killed with it. */
export function wasInjected(trace: string): boolean {
  return trace.includes("(INJECTED)") || trace.includes("+++ killed by SIGKILL +++");
}

/** A tracer of a process that runs, and of all that it starts. */
export class Tracer {
  private constructor(private readonly strace: Started, private readonly path: string) {}

  /** Attaches to a process. */
  static async attach(world: World, pid: number, options: readonly string[]): Promise<Tracer> {
    const path = `${world.base}/trace`;
    const line = ["strace", "-f", "-q", "-o", path, ...options, "-p", String(pid)];
    const strace = world.start(line, { asRoot: true, patience: 60_000 });
    await eventually("strace is attached", () => {
      const threads = [...Deno.readDirSync(`/proc/${pid}/task`)].map(({ name }) => name);
      return threads.every((thread) => isTraced(`/proc/${pid}/task/${thread}/status`));
    });
    return new Tracer(strace, path);
  }

  /** Lets go of all processes; the result is the trace. */
  async detach(): Promise<string> {
    this.strace.kill("SIGTERM");
    await this.strace.outcome;
    const trace = Deno.readTextFileSync(this.path);
    Deno.removeSync(this.path);
    return trace;
  }
}

function isTraced(statusFile: string): boolean {
  try {
    return !/^TracerPid:\t0$/m.test(Deno.readTextFileSync(statusFile));
  } catch {
    return true; // it has ended
  }
}
