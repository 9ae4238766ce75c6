/**
 * `stemjail ps`: the running jails.
 *
 * @module
 */
import type { Given } from "../cli/options.ts";
import { print } from "../cli/output.ts";
import { escapeControl, printableJson } from "../errors.ts";
import type { JailStatus } from "../protocol/messages.ts";
import { callIfRunning, portalPath } from "./connect.ts";

async function runningJails(given: Given): Promise<readonly JailStatus[]> {
  // Without a portal nothing runs, and there is no need to start one to say so.
  const called = callIfRunning(await portalPath(given), { type: "ps" });
  return called?.reply.type === "jails" ? called.reply.jails : [];
}

function age(started: number): string {
  const seconds = Math.max(0, Math.floor((Date.now() - started) / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}

function table(jails: readonly JailStatus[]): string {
  const rows = [
    ["ID", "PID", "AGE", "DOMAIN", "COMMAND"],
    ...jails.map((jail) => [
      jail.id,
      String(jail.pid),
      age(jail.started),
      jail.domain,
      jail.command.join(" "),
    ]),
  ].map((row) => row.map(escapeControl));
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    `${row.map((cell, column) => cell.padEnd(widths[column])).join("  ").trimEnd()}\n`
  ).join("");
}

/** Lists the jails. */
export async function ps(given: Given): Promise<number> {
  const jails = await runningJails(given);
  return print(given.has("json") ? `${printableJson(jails, 2)}\n` : table(jails));
}
