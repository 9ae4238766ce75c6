/**
 * Starting a process through the child's side in C: shim/spawn.c, shim/native.h.
 *
 * @module
 */
import { KernelError } from "./check.ts";
import { bind } from "./library.ts";
import { Arena, type Text, textOf } from "./memory.ts";

const library = bind({ stemjail_spawn: { parameters: ["buffer"], result: "i32" } });

/** Steps that a child takes only when asked to: enum spawn_step_bit. */
export const SpawnStep = {
  newSession: 1,
  newGroup: 2,
  dropCapabilities: 4,
  noNewPrivileges: 8,
  newKeyring: 16,
  blockSignals: 32,
  mayChangeToRoot: 64,
} as const;

/** A resource limit, as setrlimit(2) takes it. */
export interface Limit {
  /** RLIMIT_* number. */
  readonly resource: number;
  /** What is enforced. */
  readonly soft: bigint;
  /** What the soft limit can be raised to. */
  readonly hard: bigint;
}

/** What to start, and how: struct spawn_request. */
export interface SpawnRequest {
  /** CLONE_NEW* flags. */
  readonly namespaces?: number;
  /** Absolute path of the program. */
  readonly file: Text;
  /** argv, the name of the program first. */
  readonly arguments: readonly Text[];
  /** `NAME=value` each. */
  readonly environment: readonly Text[];
  /** Working directory; that of the parent unless said. */
  readonly directory?: Text;
  /** They become 0, 1, 2 and so on; at most 16; the child has no others. */
  readonly descriptors: readonly number[];
  /** {@link SpawnStep} bits. */
  readonly steps: number;
  /** Mapped to themselves in a new user namespace. */
  readonly identity?: { readonly uid: number; readonly gid: number };
  /** Capabilities to keep across the exec, one bit each. */
  readonly ambient?: bigint;
  /** Slave of a pseudoterminal whose foreground process group the child becomes. */
  readonly terminal?: number;
  /** Limits that differ from the parent's. */
  readonly limits?: readonly Limit[];
  /** Landlock ruleset. */
  readonly ruleset?: number;
  /** umask(2); that of the parent unless said. */
  readonly fileMask?: number;
  /** Seccomp program: struct sock_filter, 8 bytes an instruction. */
  readonly filter?: Uint8Array<ArrayBuffer>;
}

/** A process that runs its program. */
export interface Spawned {
  /** In the parent's pid namespace. */
  readonly pid: number;
  /** Close-on-exec, owned by the caller. */
  readonly pidfd: number;
}

/** The step of the child that failed: enum spawn_failure, in its order. */
const steps = [
  "",
  "clone",
  "write the id maps",
  "raise ambient capabilities",
  "start a session",
  "take the terminal",
  "place descriptors",
  "chdir",
  "setrlimit",
  "join a new session keyring",
  "set no_new_privs",
  "drop the bounding set",
  "landlock_restrict_self",
  "drop capabilities",
  "install the seccomp filter",
  "execve",
] as const;

/** A process that could not be started: at which step, and why. */
export class SpawnError extends KernelError {
  /**
   * Names a failure.
   *
   * @param step the step that failed, such as `clone` or `execve`
   * @param errno the number the kernel gave
   * @param subject the directory of a `chdir`, else the program
   */
  constructor(readonly step: string, errno: number, subject: string) {
    super(step, errno, subject);
  }
}

const REQUEST_WORDS = 22;
const PID_WORD = 18;

function limitWords(limits: readonly Limit[]): Uint8Array<ArrayBuffer> {
  const words = new BigUint64Array(3 * limits.length);
  limits.forEach((limit, index) => {
    words.set([BigInt(limit.resource), limit.soft, limit.hard], 3 * index);
  });
  return new Uint8Array(words.buffer);
}

/** struct spawn_request, word by word; its pointers live as long as the arena. */
function layOut(request: SpawnRequest, arena: Arena): BigInt64Array<ArrayBuffer> {
  const limits = request.limits ?? [];
  const filter = request.filter;
  const words = new BigInt64Array(REQUEST_WORDS);
  words.set([
    BigInt(request.namespaces ?? 0),
    arena.string(request.file),
    arena.strings(request.arguments),
    arena.strings(request.environment),
    request.directory === undefined ? 0n : arena.string(request.directory),
    arena.ints(request.descriptors),
    BigInt(request.descriptors.length),
    BigInt(request.steps),
    BigInt(request.identity?.uid ?? 0),
    BigInt(request.identity?.gid ?? 0),
    request.ambient ?? 0n,
    BigInt(request.terminal ?? -1),
    limits.length === 0 ? 0n : arena.keep(limitWords(limits)),
    BigInt(limits.length),
    BigInt(request.ruleset ?? -1),
    filter === undefined ? 0n : arena.keep(filter),
    BigInt((filter?.length ?? 0) / 8),
    BigInt(request.fileMask ?? -1),
  ]);
  return words;
}

/**
 * Starts a process and returns once its program runs, or with the step that failed.
 *
 * @throws SpawnError when a step failed; nothing is left of the child then
 */
export function spawn(request: SpawnRequest): Spawned {
  const arena = new Arena();
  const words = layOut(request, arena);
  const result = library.stemjail_spawn(new Uint8Array(words.buffer));
  arena.release();
  const [pid, pidfd, step, errno] = words.subarray(PID_WORD);
  if (result !== 0) {
    const name = steps[Number(step)];
    const subject = name === "chdir" ? request.directory ?? "" : request.file;
    throw new SpawnError(name, Number(errno), textOf(subject));
  }
  return { pid: Number(pid), pidfd: Number(pidfd) };
}
