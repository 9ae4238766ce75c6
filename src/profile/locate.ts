/**
 * Where each key and value of a TOML text stands.
 *
 * The TOML parser tells where the syntax breaks, and nothing about the place of what it understood.
 * This scanner supplies that. It is only given texts that the parser accepted, so it checks
 * nothing.
 *
 * @module
 */
import { parse } from "smol-toml";
import type { Position } from "./problem.ts";

/** The way from the top of a document to one of its parts: table keys and array indexes. */
export type KeyPath = readonly (string | number)[];

/** A stretch of a text, in UTF-16 units. */
export interface Span {
  /** The first unit. */
  readonly start: number;
  /** The first unit after it. */
  readonly end: number;
}

const BLANK = /[ \t]*/y;
const BLANKS_AND_COMMENTS = /(?:[ \t\r\n]|#[^\n]*)*/y;
const BARE_KEY = /[^\s.=\]"']+/y;
const BASIC_STRING = /"(?:[^"\\\n]|\\.)*"/y;
const LITERAL_STRING = /'[^'\n]*'/y;
const LONG_BASIC_STRING = /"""(?:[^"\\]|\\[^]|"{1,2}(?!"))*"{3,5}/y;
const LONG_LITERAL_STRING = /'''(?:[^']|'{1,2}(?!'))*'{3,5}/y;
const BARE_VALUE = /[^,\]}#\n]*[^,\]}#\s]/y;

// No message is about a deeper place, and to note each part of a long dotted key takes its square.
const DEPTH_LIMIT = 64;

function identify(path: KeyPath): string {
  return JSON.stringify(path);
}

/** The places of a document's keys and values. */
export class TomlLocations {
  readonly #keys = new Map<string, Span>();
  readonly #values = new Map<string, Span>();
  readonly #text: string;

  /**
   * Scans a document.
   *
   * @param text a TOML document that its parser accepts
   */
  constructor(text: string) {
    this.#text = text;
    new Scanner(text, this.#keys, this.#values).scanDocument();
  }

  /**
   * Where a key was first written.
   *
   * @param path the key, as the last part of its way from the top
   * @returns the key's place, else that of the nearest table around it that was written at all
   */
  key(path: KeyPath): Span {
    const span = path.length > DEPTH_LIMIT ? undefined : this.#keys.get(identify(path));
    return span ?? this.value(path);
  }

  /**
   * Where a value was written. A table's value is its header, or its braces.
   *
   * @param path the way from the top
   * @returns the value's place, else that of its key, else that of the nearest table around it
   */
  value(path: KeyPath): Span {
    if (path.length > DEPTH_LIMIT) return this.value(path.slice(0, DEPTH_LIMIT));
    const id = identify(path);
    const span = this.#values.get(id) ?? this.#keys.get(id);
    if (span !== undefined) return span;
    return path.length === 0 ? { start: 0, end: 0 } : this.value(path.slice(0, -1));
  }

  /**
   * Turns a place into a line and a column.
   *
   * @param span a place that {@link key} or {@link value} returned
   * @returns its first character's position
   */
  position(span: Span): Position {
    return positionAt(this.#text, span.start);
  }
}

/**
 * Turns an offset into a line and a column.
 *
 * @param text the text that the offset is in
 * @param offset UTF-16 units from its beginning
 * @returns the position, counted from one; a character beyond the basic plane is one column
 */
export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  const line = before.split("\n").length;
  return { line, column: Array.from(before.slice(lineStart)).length + 1 };
}

/** One step down; what lies too deep is all one place, which is not noted. */
function below(path: KeyPath, part: string | number): KeyPath {
  return path.length > DEPTH_LIMIT ? path : [...path, part];
}

interface Key {
  readonly name: string;
  readonly span: Span;
}

class Scanner {
  #at = 0;
  /** How many elements each array of tables has so far, by its path. */
  readonly #tableCounts = new Map<string, number>();

  constructor(
    readonly text: string,
    readonly keys: Map<string, Span>,
    readonly values: Map<string, Span>,
  ) {}

  scanDocument(): void {
    let table: KeyPath = [];
    this.#skip(BLANKS_AND_COMMENTS);
    while (this.#at < this.text.length) {
      if (this.text[this.#at] === "[") table = this.#scanHeader();
      else this.#scanPair(table);
      this.#skip(BLANKS_AND_COMMENTS);
    }
  }

  /** Reads `[a.b]` or `[[a.b]]` and returns the path of the table that it opens. */
  #scanHeader(): KeyPath {
    const start = this.#at;
    const brackets = this.text.startsWith("[[", start) ? 2 : 1;
    this.#at += brackets;
    const keys = this.#scanDottedKey();
    this.#at += brackets;
    let path: KeyPath = [];
    for (const [index, key] of keys.entries()) {
      path = below(path, key.name);
      this.#noteKey(path, key.span);
      const id = identify(path);
      const opensElement = brackets === 2 && index === keys.length - 1;
      if (opensElement) this.#tableCounts.set(id, (this.#tableCounts.get(id) ?? 0) + 1);
      // A header that goes through an array of tables means its latest element.
      const count = this.#tableCounts.get(id);
      if (count !== undefined) path = below(path, count - 1);
    }
    this.#noteValue(path, { start, end: this.#at });
    return path;
  }

  #scanPair(table: KeyPath): void {
    let path = table;
    for (const key of this.#scanDottedKey()) {
      path = below(path, key.name);
      this.#noteKey(path, key.span);
    }
    this.#at++; // the equals sign
    this.#skip(BLANK);
    this.#scanValue(path);
  }

  #scanDottedKey(): Key[] {
    const keys: Key[] = [];
    do {
      if (keys.length > 0) this.#at++; // the dot
      this.#skip(BLANK);
      keys.push(this.#scanKey());
      this.#skip(BLANK);
    } while (this.text[this.#at] === ".");
    return keys;
  }

  #scanKey(): Key {
    const start = this.#at;
    const first = this.text[start];
    if (first !== '"' && first !== "'") {
      this.#skip(BARE_KEY);
      const span = { start, end: this.#at };
      return { name: this.text.slice(start, this.#at), span };
    }
    this.#skip(first === '"' ? BASIC_STRING : LITERAL_STRING);
    const quoted = this.text.slice(start, this.#at);
    // The parser knows the escapes of a quoted key better than a copy of them here would.
    return { name: parse(`key = ${quoted}`).key as string, span: { start, end: this.#at } };
  }

  #scanValue(path: KeyPath): void {
    const start = this.#at;
    switch (this.text[start]) {
      case '"':
        this.#skip(this.text.startsWith('"""', start) ? LONG_BASIC_STRING : BASIC_STRING);
        break;
      case "'":
        this.#skip(this.text.startsWith("'''", start) ? LONG_LITERAL_STRING : LITERAL_STRING);
        break;
      case "[":
        this.#scanItems("]", (index) => this.#scanValue(below(path, index)));
        break;
      case "{":
        this.#scanItems("}", () => this.#scanPair(path));
        break;
      default:
        this.#skip(BARE_VALUE);
    }
    this.#noteValue(path, { start, end: this.#at });
  }

  /** Reads what stands between an array's or an inline table's brackets, commas between. */
  #scanItems(close: string, scanItem: (index: number) => void): void {
    this.#at++; // the opening bracket
    this.#skip(BLANKS_AND_COMMENTS);
    for (let index = 0; this.#at < this.text.length && this.text[this.#at] !== close; index++) {
      scanItem(index);
      this.#skip(BLANKS_AND_COMMENTS);
      if (this.text[this.#at] === ",") this.#at++;
      this.#skip(BLANKS_AND_COMMENTS);
    }
    this.#at++; // the closing bracket
  }

  #noteValue(path: KeyPath, span: Span): void {
    if (path.length <= DEPTH_LIMIT) this.values.set(identify(path), span);
  }

  #noteKey(path: KeyPath, span: Span): void {
    if (path.length > DEPTH_LIMIT) return;
    const id = identify(path);
    if (!this.keys.has(id)) this.keys.set(id, span);
  }

  #skip(pattern: RegExp): void {
    pattern.lastIndex = this.#at;
    if (pattern.test(this.text)) this.#at = pattern.lastIndex;
  }
}
