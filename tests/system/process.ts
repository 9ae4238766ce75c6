/** Running programs with everything they say collected, and never for longer than a time. */

/** How a program ended. */
export interface Outcome {
  /** Its exit status, or 128+N if signal N ended it. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Its standard output as it was, for what is not text. */
  readonly bytes: Uint8Array;
}

/** How a program is run. */
export interface Running {
  readonly uid: number;
  readonly gid: number;
  readonly env: Record<string, string>;
  readonly cwd: string;
  /** What it reads; nothing unless said. */
  readonly stdin?: string | Uint8Array<ArrayBuffer>;
  /** After so many milliseconds it hangs, and is killed. */
  readonly patience?: number;
}

const PATIENCE_MILLISECONDS = 30_000;

/** A program that runs. */
export interface Started {
  readonly pid: number;
  /** Its end, an error if it does not come in time. */
  readonly outcome: Promise<Outcome>;
  /** Sends it a signal, unless it has ended. */
  kill(signal: Deno.Signal): void;
}

/** Starts a program. */
export function start(line: readonly string[], how: Running): Started {
  const [command, ...args] = line;
  const { uid, gid, env, cwd, stdin } = how;
  const child = new Deno.Command(command, {
    args,
    cwd,
    env,
    clearEnv: true,
    ...(uid === Deno.uid() ? {} : { uid, gid }),
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const outcome = collect(child, line, stdin, how.patience ?? PATIENCE_MILLISECONDS);
  let hasEnded = false;
  child.status.finally(() => hasEnded = true);
  const kill = (signal: Deno.Signal) => hasEnded ? undefined : child.kill(signal);
  return { pid: child.pid, outcome, kill };
}

async function collect(
  child: Deno.ChildProcess,
  line: readonly string[],
  stdin: Running["stdin"],
  patience: number,
): Promise<Outcome> {
  let hangs = false;
  const timer = setTimeout(() => {
    hangs = true;
    child.kill("SIGKILL");
  }, patience);
  const feeding = stdin === undefined ? null : feed(child.stdin, stdin);
  try {
    const { code, stdout, stderr } = await child.output();
    await feeding;
    const outcome = {
      status: code,
      stdout: new TextDecoder().decode(stdout),
      stderr: new TextDecoder().decode(stderr),
      bytes: stdout,
    };
    if (!hangs) return outcome;
    throw new Error(
      `It hangs: ${line.join(" ")}\nstdout: ${outcome.stdout}\nstderr: ${outcome.stderr}`,
    );
  } finally {
    clearTimeout(timer);
  }
}

async function feed(
  stream: WritableStream<Uint8Array<ArrayBuffer>>,
  input: string | Uint8Array<ArrayBuffer>,
): Promise<void> {
  const writer = stream.getWriter();
  try {
    await writer.write(typeof input === "string" ? new TextEncoder().encode(input) : input);
    await writer.close();
  } catch {
    // It ended without reading all.
  }
}

/** Waits until a condition holds; an error that says what did not come true, after a time. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  milliseconds = PATIENCE_MILLISECONDS,
): Promise<void> {
  const deadline = performance.now() + milliseconds;
  while (!await condition()) {
    if (performance.now() > deadline) throw new Error(`It did not happen in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
