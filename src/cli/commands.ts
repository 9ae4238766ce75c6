/**
 * Every command: what it is for and what it takes. Options, help and completions come from here.
 *
 * @module
 */
import { Status } from "../errors.ts";
import type { CommandSyntax, Option } from "./options.ts";

/** A command, as the help shows it. */
export interface Command extends CommandSyntax {
  /** What it does, in a few words. */
  readonly summary: string;
  /** Paragraphs below the options. */
  readonly notes?: readonly string[];
  /** Not shown: the program calls it itself. */
  readonly isInternal?: boolean;
}

const help: Option = { name: "help", short: "h", help: "show this text" };
const socket: Option = {
  name: "socket",
  value: "PATH",
  help: "the portal's socket (else $STEMJAIL_SOCKET, else in $XDG_RUNTIME_DIR)",
};

/** All commands, in the order of the help. */
export const commands: readonly Command[] = [
  {
    name: "run",
    summary: "run a command in a jail",
    operands: "[--] COMMAND [ARGUMENT...]",
    takesCommand: true,
    usageStatus: Status.notStarted,
    options: [
      {
        name: "profile",
        short: "p",
        value: "NAME",
        help: "start in what this profile, and any wider one, allows",
      },
      { name: "exact", help: "with --profile: in this profile alone" },
      { name: "tty", short: "t", help: "give the command a terminal of its own in any case" },
      { name: "no-tty", short: "T", help: "hand in these descriptors themselves, even a terminal" },
      {
        name: "env",
        short: "e",
        value: "NAME=VALUE",
        repeats: true,
        help: "set a variable inside; NAME alone passes on the one outside",
      },
      {
        name: "cwd",
        short: "C",
        value: "DIR",
        help: "start in this directory, and in profiles that grant it",
      },
      socket,
      help,
    ],
    notes: [
      "Without --profile the jail can still become any profile that allows reading the command.\n" +
      "It sees what all of these have in common, and moves on as the command opens paths.",
      "What of standard input, output and error is a terminal, is one of the jail's own inside. In a\n" +
      "pipeline the command has the keyboard from when it first reads or sets its terminal.",
      "Exit status: the command's own; 128+N if signal N ended it; 125 if it was not started, 126 if\n" +
      "it cannot be executed, 127 if it is not found.",
    ],
  },
  {
    name: "portal",
    summary: "serve profiles and jails of this user",
    operands: "",
    options: [
      {
        name: "profiles",
        value: "DIR",
        repeats: true,
        help:
          "profiles to load (else $STEMJAIL_PROFILES, else the user's and those that come along)",
      },
      socket,
      { name: "unconfined", help: "let commands inside a jail list and mount host directories" },
      { name: "warm", value: "N", help: "how many jails are kept ready (default 1)" },
      { name: "log-level", value: "LEVEL", help: "error, warning, info (default) or debug" },
      { name: "log-json", help: "write the log as JSON, an object a line" },
      { name: "background", help: "report readiness on descriptor 3; `run` uses it" },
      help,
    ],
    notes: ["`run` starts a portal in the background when there is none."],
  },
  {
    name: "info",
    summary: "show the domains and the jails in them",
    operands: "",
    options: [
      { name: "dot", help: "as a graph for Graphviz" },
      { name: "json", help: "as JSON" },
      { name: "svg", help: "as a picture" },
      { name: "output", short: "o", value: "FILE", help: "write to a file" },
      socket,
      help,
    ],
  },
  {
    name: "ps",
    summary: "list the running jails",
    operands: "",
    options: [{ name: "json", help: "as JSON, with their history" }, socket, help],
  },
  {
    name: "stop",
    summary: "end a jail",
    operands: "ID",
    options: [socket, help],
    notes: [
      "Returns when the jail has ended. Its processes are asked with SIGTERM, and killed 2 seconds\n" +
      "later; a monitor that has not done that after 3 seconds is killed with them. If the kernel\n" +
      "does not end it within 2 more, that is an error.",
    ],
  },
  {
    name: "profile",
    summary: "check, list, show, edit or make profiles",
    operands: "check | list | show NAME | edit NAME | new NAME",
    options: [
      { name: "profiles", value: "DIR", repeats: true, help: "look into these directories" },
      { name: "from", value: "NAME", help: "with new: copy this profile" },
      { name: "names", help: "with list: the names alone, one on each line" },
      help,
    ],
    notes: [
      "`edit` opens $VISUAL or $EDITOR, or prints the file's name where there is none; a profile that\n" +
      "comes along is copied to your own directory first, where it takes the place of the original.",
    ],
  },
  {
    name: "desktop",
    summary: "put a program into the desktop's menu, so that it starts in a jail",
    operands: "install NAME | uninstall NAME",
    options: [help],
    notes: [
      "The entry is a copy of the program's own, beside which it appears; `uninstall` removes it.",
    ],
  },
  {
    name: "doctor",
    summary: "say what this system allows, and how to allow the rest",
    operands: "",
    options: [help],
  },
  {
    name: "shim",
    summary: "inside a jail: ask for a path",
    operands: "",
    options: [
      { name: "access", value: "PATH", help: "ask for access to a path" },
      { name: "write", short: "w", help: "with --access: to write it" },
      { name: "list", value: "DIR", help: "list a directory of the host (portal --unconfined)" },
      help,
    ],
  },
  {
    name: "mount",
    summary: "inside a jail: mount a directory (portal --unconfined)",
    operands: "",
    options: [
      { name: "source", short: "s", value: "PATH", help: "what to mount" },
      { name: "destination", short: "d", value: "PATH", help: "where" },
      { name: "write", short: "w", help: "writable" },
      { name: "parent", short: "p", help: "the source is a path of the host" },
      help,
    ],
  },
  {
    name: "completions",
    summary: "print completions for a shell",
    operands: "bash | zsh | fish",
    options: [help],
  },
  { name: "monitor", summary: "", operands: "", options: [], isInternal: true },
];

/** Those that users write. */
export const shownCommands: readonly Command[] = commands.filter(({ isInternal }) => !isInternal);

/** A command by its name. */
export function findCommand(name: string): Command | undefined {
  return commands.find((command) => command.name === name);
}
