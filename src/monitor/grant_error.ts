/**
 * Why something cannot be granted.
 *
 * @module
 */
import { KernelError } from "../../ffi/check.ts";
import { messageOf } from "../errors.ts";

/** A grant that cannot be made; its message names the path and the reason. */
export class GrantError extends Error {
  /** What distinguishes this class in messages. */
  override readonly name = "GrantError";

  /**
   * Says why.
   *
   * @param message the path and the reason
   * @param wasShown whether something of the grant was visible for a moment
   * @param mayBeStale whether it may be that a file was replaced after it was looked up
   */
  constructor(
    message: string,
    readonly wasShown: boolean = false,
    readonly mayBeStale: boolean = false,
  ) {
    super(message);
  }
}

/** What was thrown, in words about a path. */
export function reasonOf(error: unknown): string {
  if (error instanceof KernelError) {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return "it does not exist any more";
    if (error.code === "ELOOP") return "a symbolic link stands in its way";
  }
  return messageOf(error);
}
