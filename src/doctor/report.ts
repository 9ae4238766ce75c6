/**
 * Findings as text: a line for each check, then the remedies, which can be pasted into a shell as
 * they are.
 *
 * @module
 */
import { escapeControl } from "../errors.ts";
import type { Finding } from "./finding.ts";

function lines(findings: readonly Finding[]): string[] {
  const width = Math.max(...findings.map(({ what }) => what.length));
  return findings.map(({ level, what, value }) =>
    `${level.padEnd("warning".length)}  ${what.padEnd(width)}  ${escapeControl(value)}`
  );
}

function remedies(findings: readonly Finding[]): string[] {
  return findings.filter(({ remedy }) => remedy.length > 0).flatMap((
    { level, what, remedy },
  ) => ["", `# ${level}: ${what}`, ...remedy.map(escapeControl)]);
}

/** Whether `stemjail run` can make jails. */
export function canRun(findings: readonly Finding[]): boolean {
  return findings.every(({ level }) => level !== "FAIL");
}

/** The report. */
export function report(findings: readonly Finding[]): string {
  const verdict = canRun(findings)
    ? "Jails can be made on this system."
    : "No jail can be made on this system as it is. What would help:";
  return [...lines(findings), "", verdict, ...remedies(findings), ""].join("\n");
}
