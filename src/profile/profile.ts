/**
 * What a profile is: as its file states it, with its inheritance, and resolved on a host.
 *
 * @module
 */
import type { ProfileSource } from "./source.ts";

/** How a jail is connected: not at all, through address translation, or as the host is. */
export type NetworkMode = "none" | "nat" | "host";

/** A tree or file that a profile grants, as its file writes it. */
export interface Bind {
  /** The path as written, `~` and `${...}` not yet expanded. */
  readonly path: string;
  /** Whether the grant includes writing; reading it always does. */
  readonly write: boolean;
  /** Whether the grant is left out where the path does not exist. */
  readonly optional: boolean;
  /** Whether a directory that does not exist is made before a jail needs it; below the home only. */
  readonly create: boolean;
  /** Whether a `*` in the path is part of a name, and does not stand for other characters. */
  readonly literal: boolean;
  /** The file that states the grant: the profile's own, or that of one it extends. */
  readonly source: ProfileSource;
  /** Which of the file's `[[fs.bind]]` tables it is, from 0, or the key of `[desktop]` it stands for. */
  readonly index: number | DesktopFiles;
}

/** The keys of `[desktop]` that stand for files of the host. */
export type DesktopFiles = "fonts" | "themes" | "gpu";

/** What `[run]` says. It is the profile's own and never inherited. */
export interface RunSettings {
  /** The command that `run -p NAME` starts without one of its own; empty if there is none. */
  readonly cmd: readonly string[];
  /** Whether the jail lasts until its last process ends, not just the command. */
  readonly linger: boolean;
  /**
   * The commands that this profile is for: names, or absolute paths with `*`. Undefined stands for
   * those that no profile names, an empty list for none.
   */
  readonly match: readonly string[] | undefined;
}

/** What `[env]` says: `pass`, then `set`, then `unset` shape the application's environment. */
export interface EnvironmentSettings {
  /** Variables that keep the value which they have outside. */
  readonly pass: readonly string[];
  /** Variables with a value of the profile's. */
  readonly set: Readonly<Record<string, string>>;
  /** Variables that the application does not get, whatever else says so. */
  readonly unset: readonly string[];
}

/** What `[net]` says. */
export interface NetworkSettings {
  /** How the jail is connected. */
  readonly mode: NetworkMode;
  /** Under "nat": whether the host's own loopback can be reached from inside. */
  readonly loopback: boolean;
}

/** Which of the user's session a jail takes part in: what `[desktop]` says. */
export interface DesktopSettings {
  /** The X server's one socket, and a file with its one cookie. */
  readonly x11: boolean;
  /** The Wayland compositor's socket. */
  readonly wayland: boolean;
  /** The session bus: not at all, through a filter, or whole. */
  readonly dbus: false | true | "unfiltered";
  /** Names on the session bus that may be talked to beside the usual ones. */
  readonly dbusTalk: readonly string[];
  /** The sockets of PipeWire and PulseAudio. */
  readonly audio: boolean;
  /** The graphics devices. */
  readonly gpu: boolean;
  /** The user's fonts, beside the system's. */
  readonly fonts: boolean;
  /** The user's themes and icons. */
  readonly themes: boolean;
  /** The desktop's own dialogs for files, printing and settings, over the session bus. */
  readonly portals: boolean;
}

/** What `[limits]` says. */
export interface LimitSettings {
  /** Memory of the whole jail in MiB, 0 for no limit: a cgroup's; undefined for a share of the machine's. */
  readonly memoryMb: number | undefined;
  /** Whether there is to be no jail without a cgroup that limits memory and processes. */
  readonly required: boolean;
  /** Processes and threads of the whole jail: RLIMIT_NPROC, setrlimit(2); and a cgroup's. */
  readonly processes: number;
  /** Open descriptors of one process: RLIMIT_NOFILE. */
  readonly openFiles: number;
  /** Address space of one process in MiB, 0 for no limit: RLIMIT_AS. */
  readonly addressSpaceMb: number;
  /** Size of a core file in MiB, 0 for none written: RLIMIT_CORE. */
  readonly coreMb: number;
  /** Files in the jail's own memory, in MiB, 0 for half of the machine's: size= of tmpfs(5). */
  readonly tmpMb: number;
}

/** What `[sandbox]` says. */
export interface SandboxSettings {
  /** Whether the application may make user namespaces of its own, as browsers do. */
  readonly nestedNamespaces: boolean;
}

/** One profile as its file states it; what it does not state is undefined. */
export interface ParsedProfile {
  /** The name, unique in its set. */
  readonly name: string;
  /** Its text and file. */
  readonly source: ProfileSource;
  /** The names of the profiles that it extends. */
  readonly extends: readonly string[];
  /** Its grants. */
  readonly binds: readonly Bind[];
  /** What `[run]` says. */
  readonly run: Partial<RunSettings>;
  /** What `[env]` says. */
  readonly env: Partial<EnvironmentSettings>;
  /** What `[net]` says. */
  readonly net: Partial<NetworkSettings>;
  /** What `[desktop]` says. */
  readonly desktop: Partial<DesktopSettings>;
  /** What `[limits]` says. */
  readonly limits: Partial<LimitSettings>;
  /** What `[sandbox]` says. */
  readonly sandbox: Partial<SandboxSettings>;
}

/** What every profile has, and how it applies where no file states it. */
export interface ProfileSettings {
  /** What `[run]` says. */
  readonly run: RunSettings;
  /** What `[env]` says. */
  readonly env: EnvironmentSettings;
  /** What `[net]` says. */
  readonly net: NetworkSettings;
  /** What `[desktop]` says. */
  readonly desktop: DesktopSettings;
  /** What `[limits]` says. */
  readonly limits: LimitSettings;
  /** What `[sandbox]` says. */
  readonly sandbox: SandboxSettings;
}

/** One profile with all that it inherits and all defaults. */
export interface Profile extends ProfileSettings {
  /** The name, unique in its set. */
  readonly name: string;
  /** Its text and file. */
  readonly source: ProfileSource;
  /** The names of the profiles that it extends. */
  readonly extends: readonly string[];
  /** Its grants, inherited ones first. */
  readonly binds: readonly Bind[];
}

/** The settings of a profile that says nothing. */
export const DEFAULT_SETTINGS: ProfileSettings = {
  run: { cmd: [], linger: false, match: undefined },
  env: { pass: [], set: {}, unset: [] },
  net: { mode: "none", loopback: false },
  desktop: {
    x11: false,
    wayland: false,
    dbus: false,
    dbusTalk: [],
    audio: false,
    gpu: false,
    fonts: false,
    themes: false,
    portals: false,
  },
  // Room for a browser or a parallel build, and an end to a fork bomb.
  limits: {
    memoryMb: undefined,
    required: false,
    processes: 4096,
    openFiles: 16_384,
    addressSpaceMb: 0,
    coreMb: 0,
    tmpMb: 0,
  },
  sandbox: { nestedNamespaces: false },
};

/** A grant on this host. A link met on the way to a grant is one more read grant, at its own path. */
export interface ResolvedBind {
  /** An absolute, normalised path; but for a "link" no component of it is a symbolic link. */
  readonly path: string;
  /** Whether the grant includes writing; never for a link. */
  readonly write: boolean;
  /** What the path names. */
  readonly kind: "directory" | "file" | "socket" | "fifo" | "link";
  /** A link's text, as readlink(2) returns it. */
  readonly target?: string;
  /** Whether the directory, as it may not exist, is made before a jail needs it. */
  readonly create?: boolean;
}

/** A profile on this host: ready to become a domain. */
export interface ResolvedProfile extends ProfileSettings {
  /** The name, unique in its set. */
  readonly name: string;
  /** The profile's file, as `DIRECTORY/NAME.toml`, or `<shipped>/NAME.toml`. */
  readonly file: string;
  /** The names of the profiles that it extends. */
  readonly extends: readonly string[];
  /** In the order of the files, inherited ones first; each path once, links before what is behind them. */
  readonly binds: readonly ResolvedBind[];
  /** Optional paths and patterns left out because they are not there, as far as they could be expanded. */
  readonly skipped: readonly string[];
}
