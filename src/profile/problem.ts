/**
 * What is wrong with a profile, where, and what would put it right.
 *
 * @module
 */
import { escapeText } from "./text.ts";

/** A place in a text, as an editor shows it. */
export interface Position {
  /** The line, from 1. */
  readonly line: number;
  /** The column in characters, from 1. */
  readonly column: number;
}

/** Why something was refused, in the two halves of a message. */
export interface Refusal {
  /** What is wrong. */
  readonly what: string;
  /** Why, or what would do. */
  readonly remedy: string;
}

/** Something to tell about a file: a problem or a warning. */
export interface Finding extends Refusal {
  /** The file as its user named it. */
  readonly file: string;
  /** The line, from 1; undefined where the finding is about the whole file or directory. */
  readonly line: number | undefined;
  /** The column in characters, from 1; undefined with the line. */
  readonly column: number | undefined;
}

/**
 * Words a finding on one line.
 *
 * @param finding what was found
 * @returns `FILE:LINE:COLUMN: WHAT: REMEDY`, control characters escaped
 */
export function formatFinding(finding: Finding): string {
  const place = finding.line === undefined
    ? finding.file
    : `${finding.file}:${finding.line}:${finding.column}`;
  return escapeText(`${place}: ${finding.what}: ${finding.remedy}`);
}

/** Orders findings of one file as they stand in it; one about the whole of it comes first. */
export function comparePositions(left: Finding, right: Finding): number {
  return (left.line ?? 0) - (right.line ?? 0) || (left.column ?? 0) - (right.column ?? 0);
}

/** A profile, or a directory of profiles, that cannot be used. The message is one line. */
export class ProfileError extends Error implements Finding {
  /** Always "ProfileError". */
  override readonly name = "ProfileError";
  /** The file or directory as its user named it. */
  readonly file: string;
  /** The line, from 1; undefined where the problem is about the whole file or directory. */
  readonly line: number | undefined;
  /** The column in characters, from 1; undefined with the line. */
  readonly column: number | undefined;
  /** What is wrong. */
  readonly what: string;
  /** Why, or what would do. */
  readonly remedy: string;

  /**
   * Makes a problem.
   *
   * @param file the file or directory at fault
   * @param position where in it, or undefined for the whole of it
   * @param refusal what is wrong and what would do
   */
  constructor(file: string, position: Position | undefined, refusal: Refusal) {
    const finding = { file, line: position?.line, column: position?.column, ...refusal };
    super(formatFinding(finding));
    this.file = file;
    this.line = finding.line;
    this.column = finding.column;
    this.what = refusal.what;
    this.remedy = refusal.remedy;
  }
}
