/**
 * The one place where a failed call becomes a typed error.
 *
 * Every function of ffi/ that makes a call throws a {@link KernelError} where the kernel refuses,
 * but for what its comment says is an answer.
 *
 * @module
 */
import { errnoName, errnoWords } from "./errno.ts";
import { lastErrno } from "./library.ts";
import { type Text, textOf } from "./memory.ts";

/** A system call that failed: which one, on what, and why. */
export class KernelError extends Error {
  /** What distinguishes this class in messages. */
  override readonly name = "KernelError";
  /** errno's name, such as `ENOENT`. */
  readonly code: string;

  /**
   * Names a failure.
   *
   * @param call the call's name, such as `openat2`
   * @param errno the number the kernel gave
   * @param subject what the call was about, such as a path; empty if there is no such thing
   */
  constructor(readonly call: string, readonly errno: number, readonly subject: string = "") {
    super(
      `${call}${subject === "" ? "" : ` ${subject}`}: ${errnoName(errno)} (${errnoWords(errno)})`,
    );
    this.code = errnoName(errno);
  }
}

/** The name of errno after the last call, such as `ENOENT`. */
export function lastErrnoName(): string {
  return errnoName(lastErrno());
}

/**
 * Passes on the result of a call that answers a negative number on failure.
 *
 * @param call the call's name
 * @param result what it returned
 * @param subject what it was about
 * @returns `result`, which is not negative
 * @throws KernelError with the errno of the call
 */
export function check(call: string, result: number | bigint, subject: Text = ""): number {
  const value = Number(result);
  if (value < 0) throw new KernelError(call, lastErrno(), textOf(subject));
  return value;
}

/**
 * Like {@link check}, for a call whose failure with one of `allowed` is an answer.
 *
 * @param allowed errno names, such as `EAGAIN`
 * @returns the result, or -1 after an allowed failure
 */
export function checkUnless(
  allowed: readonly string[],
  call: string,
  result: number | bigint,
  subject: Text = "",
): number {
  const value = Number(result);
  if (value >= 0) return value;
  const errno = lastErrno();
  // Making an error takes longer than the call did, and an allowed failure is an answer.
  if (allowed.includes(errnoName(errno))) return -1;
  throw new KernelError(call, errno, textOf(subject));
}

/**
 * What `act` returns, or null where the kernel refused: for what can be done without.
 *
 * @param codes the refusals that are meant, such as `ENOENT`; all of them unless said
 * @throws what `act` throws otherwise
 */
export function unlessRefused<Result>(act: () => Result, codes?: readonly string[]): Result | null {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    if (codes === undefined || codes.includes(error.code)) return null;
    throw error;
  }
}

/**
 * Makes a call again as long as a signal interrupts it (signal(7)).
 *
 * @param call makes the call once and answers what {@link check} would
 */
export function retry(call: () => number): number {
  for (;;) {
    try {
      return call();
    } catch (error) {
      if (!(error instanceof KernelError) || error.code !== "EINTR") throw error;
    }
  }
}
