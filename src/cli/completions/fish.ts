/**
 * Completions for fish, see complete(1) of fish.
 *
 * @module
 */
import { type Command, shownCommands } from "../commands.ts";
import type { Option } from "../options.ts";
import { listing, namesOf, operandsOf, type Values, valuesOf } from "./values.ts";

/** The options that complete a value: what it is, and that there must be one. */
const flags: Readonly<Record<Values, string>> = {
  profiles: ` -x -a '(stemjail ${listing.profiles})'`,
  jails: ` -x -a '(stemjail ${listing.jails.replaceAll("'", "\\'")})'`,
  directories: " -x -a '(__fish_complete_directories)'",
  files: " -r -F",
  anything: " -x",
};

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

function optionLine(name: string, option: Option): string {
  const values = valuesOf(option);
  const names = option.short === undefined
    ? `-l ${option.name}`
    : `-s ${option.short} -l ${option.name}`;
  const value = values === null ? "" : flags[values];
  return `complete -c stemjail -n '__stemjail_in ${name}' ${names} -d ${
    quote(option.help)
  }${value}`;
}

function operandLines(command: Command): string[] {
  const { name, options } = command;
  if (command.takesCommand) {
    const withValue = options.filter(({ value }) => value !== undefined).flatMap(namesOf).join(" ");
    // The first of them is a short one, which ends that function's own options; "--" would be one of ours.
    const action = `(__fish_complete_subcommand --fcs-skip=2 ${withValue})`;
    return [`complete -c stemjail -n '__stemjail_in ${name}' -x -a ${quote(action)}`];
  }
  const { words, before, values } = operandsOf(command);
  const lines = words.length === 0 ? [] : [
    `complete -c stemjail -n '__stemjail_in ${name}; and not __fish_seen_subcommand_from ${
      words.join(" ")
    }' -a ${quote(words.join(" "))}`,
  ];
  if (values === "anything") return lines;
  const place = before.length === 0 ? "" : `; and __fish_seen_subcommand_from ${before.join(" ")}`;
  return [...lines, `complete -c stemjail -n '__stemjail_in ${name}${place}'${flags[values]}`];
}

/** Gives the text to be read by fish. */
export function fish(): string {
  return [
    "function __stemjail_in",
    "    set -l words (commandline -xpc)",
    '    test "$words[2]" = "$argv[1]"',
    "end",
    "complete -c stemjail -f",
    ...shownCommands.flatMap((command) => [
      `complete -c stemjail -n '__stemjail_in ""' -a ${command.name} -d ${quote(command.summary)}`,
      ...command.options.map((option) => optionLine(command.name, option)),
      ...operandLines(command),
    ]),
    "",
  ].join("\n");
}
