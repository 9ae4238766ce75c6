/**
 * `stemjail completions`: what a shell needs to complete our command line.
 *
 * @module
 */
import { Status, UserError } from "../errors.ts";
import { type Command, commands } from "./commands.ts";
import type { Given } from "./options.ts";
import { print } from "./output.ts";

const shown = commands.filter((command) => !command.isInternal);

const operands: Readonly<Record<string, readonly string[]>> = {
  profile: ["check", "list", "show", "edit", "new"],
  desktop: ["install", "uninstall"],
};

function words({ options, name }: Command): string {
  return [...options.map((option) => `--${option.name}`), ...operands[name] ?? []].join(" ");
}

function bash(): string {
  const cases = shown.map((command) => `    ${command.name}) words="${words(command)}" ;;\n`);
  return `_stemjail() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${
    shown.map(({ name }) => name).join(" ")
  } --help --version" -- "$current"))
    return
  fi
  if [ "\${COMP_WORDS[1]}" = run ] && [[ "$current" != -* ]]; then
    COMPREPLY=($(compgen -c -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join("")}  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _stemjail stemjail
`;
}

function zsh(): string {
  const names = shown.map(({ name, summary }) => `    '${name}:${summary.replaceAll("'", "")}'\n`);
  const cases = shown.map((command) => `    ${command.name}) compadd -- ${words(command)} ;;\n`);
  return `#compdef stemjail
_stemjail() {
  local -a names
  names=(
${names.join("")}  )
  if (( CURRENT == 2 )); then
    _describe command names
    return
  fi
  if [[ $words[2] == run && $PREFIX != -* ]]; then
    _command_names -e
    return
  fi
  case $words[2] in
${cases.join("")}  esac
}
compdef _stemjail stemjail
`;
}

function fish(): string {
  const quote = (text: string) => `'${text.replaceAll("'", "\\'")}'`;
  const lines = shown.flatMap(({ name, summary, options }) => [
    `complete -c stemjail -n __fish_use_subcommand -a ${name} -d ${quote(summary)}`,
    ...options.map((option) => {
      const short = option.short === undefined ? "" : ` -s ${option.short}`;
      const value = option.value === undefined ? "" : " -r";
      return `complete -c stemjail -n '__fish_seen_subcommand_from ${name}' -l ${option.name}${short}${value} -d ${
        quote(option.help)
      }`;
    }),
  ]);
  return [
    "complete -c stemjail -f",
    "complete -c stemjail -n '__fish_seen_subcommand_from run' -F",
    ...lines,
    "",
  ].join("\n");
}

const shells: Readonly<Record<string, () => string>> = { bash, zsh, fish };

/** Prints the completions of the shell that the operand names. */
export function completions(given: Given): number {
  const [shell] = given.operands;
  if (given.operands.length !== 1 || !Object.hasOwn(shells, shell)) {
    throw new UserError("completions: name one shell: bash, zsh or fish", Status.usage);
  }
  return print(shells[shell]());
}
