/**
 * Text that a user or a file chose, made fit for one line of a terminal.
 *
 * @module
 */

// Control characters move the cursor; line separators break the line; bidirectional marks and
// overrides reorder what is shown; a lone surrogate stands for a byte that is not UTF-8.
const UNPRINTABLE = new RegExp(
  "[\\p{Cc}\\p{Zl}\\p{Zp}\\p{Cs}\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ufeff]",
  "u",
);
const EVERY_UNPRINTABLE = new RegExp(UNPRINTABLE.source, "gu");

const SHORT_ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * Tells whether a text holds a character that a terminal would act on instead of showing.
 *
 * @param text any text
 * @returns true if {@link escapeText} would change it
 */
export function isUnprintable(text: string): boolean {
  return UNPRINTABLE.test(text);
}

/**
 * Replaces what a terminal would act on by a visible escape, so that the text stays on one line.
 *
 * @param text any text
 * @returns the text with control characters, line separators, bidirectional marks and lone
 *   surrogates written as `\n`, `\x1b` or `\u202e`
 */
export function escapeText(text: string): string {
  return text.replace(EVERY_UNPRINTABLE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return SHORT_ESCAPES[character] ??
      (code < 0x100
        ? `\\x${code.toString(16).padStart(2, "0")}`
        : `\\u${code.toString(16).padStart(4, "0")}`);
  });
}

/**
 * Quotes a value for a message.
 *
 * @param text any text
 * @returns the text in double quotes, on one line, with quotes and backslashes escaped
 */
export function quote(text: string): string {
  return `"${escapeText(text.replaceAll("\\", "\\\\").replaceAll('"', '\\"'))}"`;
}
