/**
 * What a user is told when something does not work: one line, and an exit status.
 *
 * @module
 */

/** Exit statuses of the command line. */
export const Status = {
  ok: 0,
  failure: 1,
  usage: 2,
  /** `run`: the application was not started. */
  notStarted: 125,
  cannotExecute: 126,
  notFound: 127,
} as const;

/** An error whose message is for the user. */
export class UserError extends Error {
  /** What distinguishes this class in messages. */
  override readonly name = "UserError";

  /**
   * Says what to tell.
   *
   * @param message one line: what, why, and what would do
   * @param status the exit status
   */
  constructor(message: string, readonly status: number = Status.failure) {
    super(message);
  }
}

/** The words of whatever was thrown: an error's message, or what else it is as text. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

// deno-lint-ignore no-control-regex -- these are what it is about
const CONTROL = /[\u0000-\u001f\u007f-\u009f\ud800-\udfff]/gu;

/** Makes text safe for a terminal and for one line of a log: control characters become escapes. */
export function escapeControl(text: string): string {
  return text.replace(CONTROL, (character) => {
    const code = character.charCodeAt(0);
    return `\\x${
      (code >= 0xdc80 && code <= 0xdcff ? code - 0xdc00 : code).toString(16).padStart(2, "0")
    }`;
  });
}

const LEFT_BY_JSON = /[\u007f-\u009f]/g;

/**
 * JSON that is safe for a terminal: with all control characters as escapes, and not only those that have
 * to be.
 *
 * @param indent spaces for each level; none for one line
 */
export function printableJson(value: unknown, indent = 0): string {
  return JSON.stringify(value, null, indent).replace(
    LEFT_BY_JSON,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
