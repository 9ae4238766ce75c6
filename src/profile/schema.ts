/**
 * The keys of a profile, in the order in which the documentation lists them.
 *
 * @module
 */
import { refuseWrittenPath } from "./expand.ts";
import { refuseGlob } from "./glob.ts";
import { refusePattern } from "./match.ts";
import type { Refusal } from "./problem.ts";
import type { EnvironmentSettings, NetworkSettings, RunSettings } from "./profile.ts";
import {
  boolean,
  formatKeyPath,
  integer,
  list,
  map,
  oneOf,
  type Shape,
  string,
  table,
} from "./shape.ts";
import { isUnprintable, quote } from "./text.ts";

const NAME_LIMIT = 64;
const BUS_NAME_LIMIT = 255;

// PID_MAX_LIMIT of the kernel; fs.nr_open's default; and an address space of 57 bits in MiB.
const MOST_PROCESSES = 4_194_304;
const MOST_OPEN_FILES = 1_048_576;
const MOST_MEGABYTES = 2 ** 37;

/** A jail's monitor has its share of the jail's memory. */
const LEAST_MEMORY = 128;

/** One `[[fs.bind]]` of a profile's file. */
export interface BindEntry {
  /** The path as written; undefined after a complaint. */
  readonly path?: string;
  /** Whether it is granted for writing. */
  readonly write?: boolean;
  /** Whether it may be missing. */
  readonly optional?: boolean;
  /** Whether it is made where it is missing. */
  readonly create?: boolean;
  /** Whether a `*` in the path is part of a name. */
  readonly literal?: boolean;
  /** Which of the `[[fs.bind]]` it is, from 0. */
  readonly index: number;
}

/** What a profile's file says, under the keys of the file; what was complained about is left out. */
export interface ProfileFile {
  /** The name; undefined after a complaint. */
  readonly name?: string;
  /** The names of other profiles. */
  readonly extends?: readonly string[];
  /** `[fs]` */
  readonly fs?: { readonly bind?: readonly BindEntry[] };
  /** `[run]` */
  readonly run?: Partial<RunSettings>;
  /** `[env]` */
  readonly env?: Partial<EnvironmentSettings>;
  /** `[net]` */
  readonly net?: Partial<NetworkSettings>;
  /** `[desktop]` */
  readonly desktop?: {
    readonly x11?: boolean;
    readonly wayland?: boolean;
    readonly dbus?: boolean | "unfiltered";
    readonly dbus_talk?: readonly string[];
    readonly audio?: boolean;
    readonly gpu?: boolean;
    readonly fonts?: boolean;
    readonly themes?: boolean;
    readonly portals?: boolean;
  };
  /** `[limits]` */
  readonly limits?: {
    readonly memory_mb?: number;
    readonly required?: boolean;
    readonly processes?: number;
    readonly open_files?: number;
    readonly address_space_mb?: number;
    readonly core_mb?: number;
    readonly tmp_mb?: number;
  };
  /** `[sandbox]` */
  readonly sandbox?: { readonly nested_namespaces?: boolean };
}

/**
 * Says why a name is refused.
 *
 * @param name a profile's name
 * @returns the refusal, or undefined if it is a good name
 */
export function refuseName(name: string): Refusal | undefined {
  const what = `Cannot name a profile ${quote(name)}`;
  const { length } = Array.from(name);
  if (length === 0) return { what, remedy: 'the name is empty; choose one, as in "OpenBar"' };
  if (length > NAME_LIMIT) {
    return { what, remedy: `it has ${length} characters; shorten it to ${NAME_LIMIT}` };
  }
  if (isUnprintable(name)) {
    return { what, remedy: "it holds a character that cannot be shown; remove it" };
  }
  if (name.includes("/") || name === "." || name === "..") {
    return { what, remedy: 'it looks like a path; write it without "/", and not "." or ".."' };
  }
  if (name.startsWith("-")) {
    return { what, remedy: 'it looks like an option; begin it with something else than "-"' };
  }
  if (name.trim() !== name) {
    return { what, remedy: "it begins or ends with a space; remove that" };
  }
  if (name.includes("∩")) {
    return { what, remedy: 'a "∩" joins the names of an intersection; write it without' };
  }
  return undefined;
}

function refuseArgument(text: string): Refusal | undefined {
  if (!text.includes("\0")) return undefined;
  return { what: `Cannot pass ${quote(text)}`, remedy: "execve(2) takes no NUL; remove it" };
}

function refuseVariable(name: string): Refusal | undefined {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return undefined;
  return {
    what: `Cannot use ${quote(name)} as the name of a variable`,
    remedy: "a name has letters, digits and _ and does not begin with a digit; correct it",
  };
}

/** Well-known names, and `NAME.*` for all below one: D-Bus Specification, "Bus names". */
function refuseBusName(name: string): Refusal | undefined {
  const isName = /^[A-Za-z_-][A-Za-z0-9_-]*(\.[A-Za-z_-][A-Za-z0-9_-]*)+(\.\*)?$/.test(name);
  if (isName && name.length <= BUS_NAME_LIMIT) return undefined;
  return {
    what: `Cannot talk to ${quote(name)} on the session bus`,
    remedy: 'write a bus name, as in "org.freedesktop.Notifications" or "org.mpris.MediaPlayer2.*"',
  };
}

const busSwitch: Shape<boolean | "unfiltered"> = (value, path, complain) => {
  if (value === "unfiltered" || typeof value === "boolean") return value;
  complain({ path, part: "value" }, {
    what: `Cannot take this for "${formatKeyPath(path)}"`,
    remedy: 'write true, false or "unfiltered"',
  });
  return undefined;
};

const memory: Shape<number> = (value, path, complain) => {
  if (value === 0n) return 0;
  return integer(LEAST_MEMORY, MOST_MEGABYTES)(
    value,
    path,
    (place, { what, remedy }) => complain(place, { what, remedy: `${remedy}, or 0 for no limit` }),
  );
};

const words = list(string(refuseArgument), 'cmd = ["/bin/sh"]');

const command: Shape<string[]> = (value, path, complain) => {
  if (Array.isArray(value) && (value.length === 0 || value[0] === "")) {
    complain({ path, part: "value" }, {
      what: `"${formatKeyPath(path)}" names no command`,
      remedy: 'write one, as in cmd = ["/bin/sh"], or remove the key',
    });
    return undefined;
  }
  return words(value, path, complain);
};

const names = list(string(refuseName), 'extends = ["base"]');
const variables = list(string(refuseVariable), '["LANG", "EDITOR"]');

const bindTable = table(
  {
    path: string(refuseWrittenPath),
    write: boolean,
    optional: boolean,
    create: boolean,
    literal: boolean,
  },
  "[[fs.bind]] with a path",
  { path: 'path = "/..." or remove this bind' },
);

// The index, because messages about a bind come later, too, when its path is looked for.
const bind: Shape<BindEntry> = (value, path, complain) => {
  const shaped = bindTable(value, path, complain);
  if (shaped === undefined) return undefined;
  if (shaped.path?.includes("*") && !shaped.literal) {
    const refusal = refuseGlob(shaped.path);
    if (refusal !== undefined) complain({ path: [...path, "path"], part: "value" }, refusal);
    if (shaped.create) complain({ path: [...path, "create"], part: "value" }, CREATED_PATTERN);
  }
  return { ...shaped, index: Number(path.at(-1)) };
};

const CREATED_PATTERN: Refusal = {
  what: 'Cannot create what a "*" stands for',
  remedy: "write the directory's name out, or say literal = true if it has that",
};

/** The shape of a profile's file. */
export const profileShape: Shape<ProfileFile> = table(
  {
    name: string(refuseName),
    extends: names,
    fs: table({ bind: list(bind, "[[fs.bind]] with two brackets") }, "[[fs.bind]]"),
    run: table({
      cmd: command,
      linger: boolean,
      match: list(string(refusePattern), 'match = ["firefox"]'),
    }, "[run]"),
    env: table({
      pass: variables,
      set: map(string(refuseArgument), refuseVariable, 'set = { EDITOR = "vi" }'),
      unset: variables,
    }, "[env]"),
    net: table({ mode: oneOf("none", "nat", "host"), loopback: boolean }, "[net]"),
    desktop: table({
      x11: boolean,
      wayland: boolean,
      dbus: busSwitch,
      dbus_talk: list(string(refuseBusName), 'dbus_talk = ["org.freedesktop.Notifications"]'),
      audio: boolean,
      gpu: boolean,
      fonts: boolean,
      themes: boolean,
      portals: boolean,
    }, "[desktop]"),
    limits: table({
      memory_mb: memory,
      required: boolean,
      processes: integer(1, MOST_PROCESSES),
      open_files: integer(8, MOST_OPEN_FILES),
      address_space_mb: integer(0, MOST_MEGABYTES),
      core_mb: integer(0, MOST_MEGABYTES),
      tmp_mb: integer(0, MOST_MEGABYTES),
    }, "[limits]"),
    sandbox: table({ nested_namespaces: boolean }, "[sandbox]"),
  },
  "[run]",
  { name: 'name = "..." above the first [table]' },
);
