/**
 * Completions for bash: a function that answers in COMPREPLY, see "Programmable Completion" in bash(1).
 *
 * @module
 */
import { type Command, shownCommands } from "../commands.ts";
import { listing, namesOf, operandsOf, type Values, valuesOf } from "./values.ts";

/** Where nothing is offered, bash offers files. */
const offers: Readonly<Record<Values, string>> = {
  profiles: `_stemjail_offer "$("$1" ${listing.profiles})"`,
  jails: `_stemjail_offer "$("$1" ${listing.jails})"`,
  directories: `mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames`,
  files: "",
  anything: "",
};

/** The value of an option, or an operand that follows a word: told by the word before it. */
function valueCases(command: Command): string[] {
  const { before, values } = operandsOf(command);
  const options = command.options.flatMap((option) => {
    const named = valuesOf(option);
    return named === null ? [] : [[namesOf(option).join("|"), offers[named]]];
  });
  const all = before.length === 0 ? options : [...options, [before.join("|"), offers[values]]];
  return all.map(([words, offer]) => {
    const patterns = words.split("|").map((word) => `"${command.name} ${word}"`).join(" | ");
    return `    ${patterns}) ${offer === "" ? "" : `${offer}; `}return ;;\n`;
  });
}

function wordCase(command: Command): string {
  const { words, before, values } = operandsOf(command);
  const all = [...command.options.map(({ name }) => `--${name}`), ...words];
  const offer = words.length === 0 && before.length === 0 && offers[values] !== ""
    ? `[[ $current == -* ]] || { ${offers[values]}; return; }; `
    : "";
  return `    ${command.name}) ${offer}words="${all.join(" ")}" ;;\n`;
}

function optionsWithValue(name: string): string {
  const { options } = shownCommands.find((command) => command.name === name)!;
  return options.filter(({ value }) => value !== undefined).flatMap(namesOf).join(" | ");
}

/** Gives the text to be read by bash. */
export function bash(): string {
  return `# Offers lines of text, quoted as the shell reads them.
_stemjail_offer() {
  local line
  while IFS= read -r line; do
    [[ -n $line && $line == "\${current//\\\\/}"* ]] && COMPREPLY+=("$(printf %q "$line")")
  done <<< "$1"
}

# Completes the command of \`run\`, if it has begun; bash splits words at "=".
_stemjail_command() {
  local at
  for ((at = 2; at < COMP_CWORD; at++)); do
    case "\${COMP_WORDS[at]}" in
      --) ((at++)); break ;;
      ${optionsWithValue("run")})
        ((at++)); [[ "\${COMP_WORDS[at]}" == = ]] && ((at++)) ;;
      =) ((at++)) ;;
      -*) ;;
      *) break ;;
    esac
  done
  ((at > COMP_CWORD)) && return 1
  ((at == COMP_CWORD)) && [[ "$current" == -* && "\${COMP_WORDS[at - 1]}" != -- ]] && return 1
  if declare -F _command_offset > /dev/null; then
    _command_offset "$at"
  elif ((at == COMP_CWORD)); then
    mapfile -t COMPREPLY < <(compgen -c -- "$current")
  fi
  return 0
}

_stemjail() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD - 1]}" words=""
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    words="${shownCommands.map(({ name }) => name).join(" ")} --help --version"
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    return
  fi
  [[ "\${COMP_WORDS[1]}" == run ]] && _stemjail_command && return
  [[ "$current" == = ]] && current=""
  [[ "$before" == = ]] && before="\${COMP_WORDS[COMP_CWORD - 2]}"
  case "\${COMP_WORDS[1]} $before" in
${shownCommands.flatMap(valueCases).join("")}  esac
  case "\${COMP_WORDS[1]}" in
${shownCommands.map(wordCase).join("")}  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o default -F _stemjail stemjail
`;
}
