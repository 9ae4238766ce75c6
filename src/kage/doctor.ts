/**
 * `stemjail doctor`: what this system allows, and how to allow the rest.
 *
 * @module
 */
import { KernelError, unlessRefused } from "../../ffi/check.ts";
import { AT_FDCWD, close, openAt, OpenFlag, readTextAt } from "../../ffi/file.ts";
import { landlockAbi } from "../../ffi/landlock.ts";
import { isMountedNoExecute, mayMakeEntries } from "../../ffi/probe.ts";
import { userId } from "../../ffi/process.ts";
import { type FileStatus, statusAt, statusBehind } from "../../ffi/status.ts";
import type { Given } from "../cli/options.ts";
import { print } from "../cli/output.ts";
import { attemptJail } from "../doctor/attempt.ts";
import { examine } from "../doctor/checks.ts";
import { canRun, report } from "../doctor/report.ts";
import type { System } from "../doctor/system.ts";
import { Status } from "../errors.ts";
import { helperPath, processEnvironment } from "../protocol/locations.ts";
import { encodePath } from "../stemflow/path.ts";

/** Milliseconds that a jail may take: ten times what it does take. */
const PATIENCE = 500;
/** The same where there is no cache, and the monitor first copies all its files into memory. */
const PATIENCE_WITHOUT_CACHE = 5000;

const MAXIMUM_TEXT_BYTES = 1024 * 1024;

function readText(path: string): string | null {
  return unlessRefused(() => readTextAt(AT_FDCWD, path, MAXIMUM_TEXT_BYTES).trimEnd());
}

function status(path: string): FileStatus | null {
  return unlessRefused(() => statusAt(AT_FDCWD, encodePath(path)));
}

/** As the portal looks for its helpers. */
function findProgram(name: string): string | null {
  const directories = helperPath(processEnvironment).split(":");
  const isProgram = (path: string) => {
    const found = statusBehind(path);
    return found?.kind === "file" && (found.mode & 0o111) !== 0;
  };
  return directories.filter((directory) => directory.startsWith("/"))
    .map((directory) => `${directory}/${name}`).find(isProgram) ?? null;
}

function refusalToOpen(path: string): string | null {
  try {
    close(openAt(AT_FDCWD, path, OpenFlag.readWrite | OpenFlag.nonBlocking));
    return null;
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    return error.code;
  }
}

function hasCache(): boolean {
  return processEnvironment("STEMJAIL_FILES") === undefined;
}

function thisSystem(): System {
  return {
    environment: processEnvironment,
    uid: userId(),
    landlockAbi: unlessRefused(landlockAbi) ?? 0,
    attempt: attemptJail(hasCache() ? PATIENCE : PATIENCE_WITHOUT_CACHE),
    readText,
    status,
    findProgram,
    refusalToOpen,
    mayMakeEntries: (directory) => mayMakeEntries(encodePath(directory)),
    isMountedNoExecute: (path) => isMountedNoExecute(encodePath(path)),
  };
}

/** Examines this system; the status is 0 if jails can be made. */
export function doctor(_given: Given): number {
  const findings = examine(thisSystem());
  const printed = print(report(findings));
  return canRun(findings) ? printed : Status.failure;
}
