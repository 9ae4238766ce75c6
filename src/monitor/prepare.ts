/**
 * The monitor before it knows its jail: namespaces, an empty root, the shim's files. All that can
 * be done ahead is done here, since a waiting monitor is what makes a launch quick.
 *
 * @module
 */
import { AT_FDCWD, close, openAt, OpenFlag, readAll, readTextAt } from "../../ffi/file.ts";
import { installedFile } from "../../ffi/library.ts";
import { bringLoopbackUp } from "../../ffi/network.ts";
import { becomeUndumpable, startSession } from "../../ffi/process.ts";
import { statusOf } from "../../ffi/status.ts";
import { FILTERS_NAME, RUN_DIRECTORY, SHIM_NAME, SOCKET_NAME } from "../protocol/inside.ts";
import type { Preparation } from "../protocol/messages.ts";
import type { Reactor } from "../protocol/reactor.ts";
import { assembleFilters } from "./confinement.ts";
import type { EmptyJail } from "./empty_jail.ts";
import { hidePaths } from "./hide.ts";
import { MountNamespaces } from "./namespaces.ts";
import { shareWatches } from "./reserve.ts";
import { RequestServer } from "./serve.ts";
import { buildSkeleton, type RunFile, sealRunDirectory } from "./skeleton.ts";

const MAXIMUM_STATUS_BYTES = 8192;
const directory = OpenFlag.pathOnly | OpenFlag.directory;

function runFile(name: string, installed: string): RunFile {
  const descriptor = openAt(AT_FDCWD, installedFile(installed), OpenFlag.readOnly);
  try {
    const bytes = readAll(descriptor, statusOf(descriptor).size);
    return { name, bytes, executable: true };
  } finally {
    close(descriptor);
  }
}

/** What the shim compares a program's own filters with, to notice those that it did not see. */
function filtersFile(): RunFile {
  const text = readTextAt(AT_FDCWD, "/proc/thread-self/status", MAXIMUM_STATUS_BYTES);
  // With the line break before it, by which the reader knows a line.
  const line = /\nSeccomp_filters:.*\n/.exec(text)?.[0] ?? "";
  return { name: FILTERS_NAME, bytes: new TextEncoder().encode(line), executable: false };
}

/**
 * Makes the empty jail around the calling thread.
 *
 * @param preparation what the portal says about it
 */
export function prepareJail(
  { hidden, ownNetwork }: Preparation,
  reactor: Reactor,
): EmptyJail {
  becomeUndumpable();
  startSession();
  shareWatches();
  const files = [
    runFile(SHIM_NAME, "stemshim.so"),
    runFile("stemjail", "stemjail-inside"),
    filtersFile(),
  ];
  let sockets = -1;
  const hide = () => {
    if (hidden.sockets !== undefined) sockets = openAt(AT_FDCWD, hidden.sockets, directory);
    hidePaths(hidden);
  };
  const { namespaces, built } = MountNamespaces.create(hide, () => {
    const skeleton = buildSkeleton(files);
    const server = new RequestServer(reactor, `${RUN_DIRECTORY}/${SOCKET_NAME}`);
    sealRunDirectory();
    const processes = openAt(AT_FDCWD, "/proc", directory);
    return { skeleton, server, processes };
  });
  if (ownNetwork) bringLoopbackUp();
  return { namespaces, ...built, sockets, filters: assembleFilters(built.processes) };
}
