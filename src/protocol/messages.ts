/**
 * What client, portal and monitor say to each other.
 *
 * Only what a program inside a jail says is hostile, and that is another protocol (shim.ts). These
 * messages come from processes of the same user outside; they are checked for their shape all the
 * same, so that a client of another version gets a clear answer.
 *
 * @module
 */

import type { StartImage } from "../stemflow/start.ts";

/** `run`: start an application. With it come the client's descriptors 0, 1 and 2. */
export interface RunRequest {
  /** Which request it is. */
  readonly type: "run";
  /** The command and its arguments; empty for the profile's own. */
  readonly command: readonly string[];
  /** `--profile`. */
  readonly profile?: string;
  /** Whether only the named profile will do, and no wider one. */
  readonly exact: boolean;
  /** The client's whole environment; the portal decides what of it goes in. */
  readonly environment: Readonly<Record<string, string>>;
  /** `--env`: these go in as they are. */
  readonly variables: readonly (readonly [name: string, value: string])[];
  /** Where the application is to start. */
  readonly directory: string;
  /** Whether it is an error when that directory is not visible inside. */
  readonly directoryRequired: boolean;
  /** Which of the three descriptors the jail's pseudoterminal replaces; none without one. */
  readonly terminal: readonly number[];
  /** Whether others may be reading the user's keyboard, so that the application has it when it asks. */
  readonly sharedKeyboard: boolean;
}

/** Questions about the portal and its jails. */
export type QueryRequest =
  | { readonly type: "info"; readonly format: "plain" | "json" | "dot" }
  | { readonly type: "ps" };

/** A jail is to end. */
export interface StopRequest {
  /** It is. */
  readonly type: "stop";
  /** Which one, as `ps` shows it. */
  readonly id: string;
}

/** What a client may ask of the portal. */
export type Request = RunRequest | QueryRequest | StopRequest;

/** A request as it is sent: with the client's version, since the two may be of different builds. */
export type VersionedRequest = Request & { readonly version: string };

/** A refusal, with the exit status that the client is to end with. */
export interface ErrorReply {
  /** Which reply it is. */
  readonly type: "error";
  /** One line: what, why, and what would do. */
  readonly message: string;
  /** The client's exit status. */
  readonly status: number;
}

/** The application runs. With a terminal, its master comes along. After it, only relay records. */
export interface StartedReply {
  /** Which reply it is. */
  readonly type: "started";
  /** The name of the domain that the jail starts in. */
  readonly domain: string;
  /** What the user should know. */
  readonly warning?: string;
}

/** A step in a jail's life from one candidate set to a narrower one. */
export interface Transition {
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** What was asked for. */
  readonly path: string;
  /** How. */
  readonly action: "read" | "write";
  /** Name of the process that asked. */
  readonly process: string;
  /** The domain before. */
  readonly from: string;
  /** The domain after. */
  readonly to: string;
  /** Microseconds from question to answer. */
  readonly duration: number;
}

/** A running jail, as `ps` and `info` show it. */
export interface JailStatus {
  /** What `stop` takes. */
  readonly id: string;
  /** The monitor's process. */
  readonly pid: number;
  /** What runs in it. */
  readonly command: readonly string[];
  /** Milliseconds since the epoch. */
  readonly started: number;
  /** The present domain. */
  readonly domain: string;
  /** The present candidates. */
  readonly candidates: readonly string[];
  /** The transitions so far. */
  readonly history: readonly Transition[];
}

/** What the portal answers. */
export type Reply =
  | ErrorReply
  | StartedReply
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "jails"; readonly jails: readonly JailStatus[] }
  | StoppedReply
  /** The portal is of another build and has no jails: it ends, and the client is to start its own. */
  | { readonly type: "replaced" };

/** What a path was when its profile was loaded. */
export type BindKind = "directory" | "file" | "socket" | "fifo" | "link";

/**
 * Something of the user's session that appears in the jail's own /dev, /tmp or /etc as soon as every
 * candidate has the trait: a socket or device of the host, or a file of the portal's making.
 */
export type Provision =
  & {
    /** The word that a domain must have for it (src/profile/traits.ts). */
    readonly trait: string;
    /** Where it appears. */
    readonly destination: string;
  }
  & ({
    readonly kind: "socket" | "device";
    /** Absolute path on the host, without symbolic links; or a name in the portal's directory. */
    readonly source: string;
  } | {
    readonly kind: "file";
    /** What it holds, in base64. */
    readonly content: string;
  });

/** A path that some candidate grants. */
export interface OrderedPlace {
  /** Absolute, normalised. */
  readonly path: string;
  /** Whether some candidate may write there. */
  readonly write: boolean;
  /** What it was when the profiles were loaded. */
  readonly kind: BindKind;
}

/** A home directory, as HOME names it. */
export interface OrderedHome {
  /** Its path on the host, without links; or what HOME says, where that leads nowhere. */
  readonly path: string;
  /** Links on the way to it, each with its text. */
  readonly links: readonly { readonly path: string; readonly target: string }[];
}

/** Limits of one process or user, in the units of setrlimit(2). */
export interface OrderedLimit {
  /** RLIMIT_* number. */
  readonly resource: number;
  /** Soft and hard limit. */
  readonly value: number;
}

/** How much a jail may keep in files of its own, which are in memory (tmpfs(5)). */
export interface OrderedScratch {
  /** Bytes. */
  readonly bytes: number;
  /** Files, directories and links, each of which takes about a kilobyte besides. */
  readonly files: number;
}

/** Portal to monitor: become this jail. Client connection and descriptors 0, 1, 2 come along. */
export interface LaunchOrder {
  /** Which order it is. */
  readonly type: "launch";
  /** The first candidates, and what follows from them. */
  readonly start: StartImage;
  /** Where grants can come from: every place at which a state to come can have a mount. */
  readonly places: readonly OrderedPlace[];
  /** Names in the host's root, where a domain grants all of it. */
  readonly rootEntries: readonly string[];
  /** Absolute path of the program. */
  readonly file: string;
  /** argv. */
  readonly arguments: readonly string[];
  /** `NAME=value` each. */
  readonly environment: readonly string[];
  /** Where the application starts. */
  readonly directory: string;
  /** Whether it is an error when that is not visible. */
  readonly directoryRequired: boolean;
  /** Which of its descriptors a pseudoterminal replaces. */
  readonly terminal: readonly number[];
  /** Whether it begins in the background of that, and comes to the foreground when it asks. */
  readonly sharedKeyboard: boolean;
  /** Whether the jail lasts until its last process ends. */
  readonly linger: boolean;
  /** The client's umask(2). */
  readonly fileMask: number;
  /** What setrlimit(2) is told. */
  readonly limits: readonly OrderedLimit[];
  /** What its own file system may hold. */
  readonly scratch: OrderedScratch;
  /** The home directory inside; where nothing grants it, it is the jail's own. */
  readonly home: OrderedHome;
  /** What can appear of the user's session. */
  readonly provisions: readonly Provision[];
  /** Whether user namespaces may be nested inside. */
  readonly nestedNamespaces: boolean;
  /** Whether a transition may bring something from outside, after which the portal says so. */
  readonly awaitsHelpers: boolean;
  /** Whether commands inside may list and mount what no profile grants. */
  readonly unconfined: boolean;
  /** What the client is to be told at the start. */
  readonly warning?: string;
}

/** What no jail may ever show or move; absolute paths without symbolic links before their end. */
export interface Hidden {
  /** Directories and files to cover. */
  readonly covered: readonly string[];
  /** Directories and links that lead to them, to be kept in their place, outer ones first. */
  readonly pinned: readonly string[];
  /** The portal's directory, for sockets of helpers: hidden from jails, but not from their monitors. */
  readonly sockets?: string;
}

/** A jail has ended. */
export interface StoppedReply {
  /** It has. */
  readonly type: "stopped";
  /** Why it had to be killed, or null where it ended when asked. */
  readonly killed: string | null;
}

/** Portal to monitor: make an empty jail and wait. */
export interface Preparation {
  /** Which order it is. */
  readonly type: "prepare";
  /** What no grant may ever show. */
  readonly hidden: Hidden;
  /** Whether the jail has a network namespace of its own, or else the host's. */
  readonly ownNetwork: boolean;
}

/** Portal to monitor, once it is prepared. */
export type Order =
  | LaunchOrder
  | ProvideOrder
  /** What a transition brings from outside is there, or is not to be had: one for each, in order. */
  | { readonly type: "settled" }
  | { readonly type: "stop" };

/** Portal to monitor: more of the session, for a jail that runs; descriptors to keep may come along. */
export interface ProvideOrder {
  /** It is one. */
  readonly type: "provide";
  /** What is to appear. */
  readonly provisions: readonly Provision[];
}

/** Monitor to portal. */
export type MonitorEvent =
  | { readonly type: "ready" }
  | { readonly type: "started"; readonly domain: string; readonly candidates: readonly string[] }
  | {
    readonly type: "transition";
    readonly transition: Transition;
    readonly candidates: readonly string[];
  }
  | {
    readonly type: "denied";
    readonly path: string;
    readonly process: string;
    readonly why: string;
  }
  | { readonly type: "ended"; readonly status: number }
  | { readonly type: "failed"; readonly message: string };

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isPairList(value: unknown): value is [string, string][] {
  return Array.isArray(value) && value.every((item) => isTextList(item) && item.length === 2);
}

function isRunRequest(value: Record<string, unknown>): boolean {
  return isTextList(value.command) &&
    (value.profile === undefined || typeof value.profile === "string") &&
    typeof value.exact === "boolean" &&
    isRecord(value.environment) && isTextList(Object.values(value.environment)) &&
    isPairList(value.variables) &&
    typeof value.directory === "string" && typeof value.directoryRequired === "boolean" &&
    typeof value.sharedKeyboard === "boolean" &&
    Array.isArray(value.terminal) && value.terminal.every((item) => [0, 1, 2].includes(item));
}

/** The version that a request says it comes from; empty when it says none. */
export function versionOf(value: unknown): string {
  return isRecord(value) && typeof value.version === "string" ? value.version : "";
}

/**
 * A client's request, checked for its shape.
 *
 * @throws TypeError when it is none
 */
export function parseRequest(value: unknown): Request {
  if (isRecord(value)) {
    if (value.type === "run" && isRunRequest(value)) return value as unknown as RunRequest;
    if (value.type === "info" && ["plain", "json", "dot"].some((form) => form === value.format)) {
      return value as unknown as QueryRequest;
    }
    if (value.type === "ps") return { type: "ps" };
    if (value.type === "stop" && typeof value.id === "string") {
      return { type: "stop", id: value.id };
    }
  }
  throw new TypeError("It is not a request that this version knows");
}
