/**
 * The portal's log: a line for each event on standard error, as text or as JSON.
 *
 * @module
 */
import { writeAll } from "../../ffi/file.ts";
import { escapeControl, printableJson } from "../errors.ts";

/** From what is always wanted to what is rarely. */
export const levels = ["error", "warning", "info", "debug"] as const;

/** How much a line matters. */
export type Level = typeof levels[number];

/** What goes with a message. */
export type Fields = Readonly<Record<string, string | number | readonly string[]>>;

const STANDARD_ERROR = 2;

/** Writes lines of at least one level. */
export class Log {
  readonly #limit: number;
  #dropped = 0;

  /**
   * Opens the log.
   *
   * @param level lines that matter less are left out
   * @param isJson whether a line is a JSON object
   */
  constructor(level: Level, private readonly isJson: boolean) {
    this.#limit = levels.indexOf(level);
  }

  /** Writes one line; a log that cannot be written loses it, and says how many it lost. */
  write(level: Level, message: string, fields: Fields = {}): void {
    if (levels.indexOf(level) > this.#limit) return;
    const lost: Fields = this.#dropped === 0 ? {} : { lost: this.#dropped };
    const line = this.#format(level, message, { ...fields, ...lost });
    try {
      writeAll(STANDARD_ERROR, new TextEncoder().encode(`${line}\n`));
      this.#dropped = 0;
    } catch {
      this.#dropped++;
    }
  }

  #format(level: Level, message: string, fields: Fields): string {
    const time = new Date().toISOString();
    if (this.isJson) return printableJson({ time, level, message, ...fields });
    const details = Object.entries(fields).map(([name, value]) =>
      ` ${name}=${JSON.stringify(typeof value === "object" ? value.join(", ") : value)}`
    );
    return escapeControl(`${time} ${level} ${message}${details.join("")}`);
  }
}
