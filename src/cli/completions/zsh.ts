/**
 * Completions for zsh: a function that calls _arguments, see zshcompsys(1).
 *
 * @module
 */
import { type Command, shownCommands } from "../commands.ts";
import type { Option } from "../options.ts";
import { listing, namesOf, operandsOf, type Values, valuesOf } from "./values.ts";

const actions: Readonly<Record<Values, string>> = {
  profiles: "_stemjail_profiles",
  jails: "_stemjail_jails",
  directories: "_files -/",
  files: "_files",
  anything: " ",
};

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** As `'(-p --profile)'{-p,--profile}'[what it is for]:NAME:action'`. */
function optionSpec(option: Option): string {
  const names = namesOf(option);
  const values = valuesOf(option);
  const help = option.help.replaceAll(/[[\]:]/g, "\\$&");
  // A long name takes its value after "=", too.
  const spelt = names.map((name) => values !== null && name.startsWith("--") ? `${name}=` : name);
  const value = values === null ? "" : `:${option.value!.replaceAll(":", " ")}:${actions[values]}`;
  const head = option.repeats ? quote("*") : quote(`(${names.join(" ")})`);
  return `${head}${spelt.length > 1 ? `{${spelt.join(",")}}` : spelt[0]}${
    quote(`[${help}]${value}`)
  }`;
}

function operandSpecs(command: Command): string[] {
  if (command.takesCommand) return ["'(-)1: :_command_names -e'", "'*:: :_normal'"];
  const { words, values } = operandsOf(command);
  const operands = words.length === 0 ? [] : [`(${words.join(" ")})`];
  if (values !== "anything") operands.push(actions[values]);
  return operands.map((action, index) => quote(`${index + 1}: :${action}`));
}

function commandCase(command: Command): string {
  const specs = [...command.options.map(optionSpec), ...operandSpecs(command)];
  const flags = command.takesCommand ? "-s -S -A '-*'" : "-s -S";
  return `    ${command.name}) _arguments ${flags} \\\n${
    specs.map((spec) => `      ${spec}`).join(" \\\n")
  } ;;\n`;
}

/** Gives the text to be read by zsh, or to be put into its fpath. */
export function zsh(): string {
  const names = shownCommands.map(({ name, summary }) => `    ${quote(`${name}:${summary}`)}\n`);
  const list = (kind: keyof typeof listing) =>
    `_stemjail_${kind}() {
  local -a names
  names=(\${(f)"$(stemjail ${listing[kind]})"})
  compadd -a names
}`;
  return `#compdef stemjail
${list("profiles")}
${list("jails")}
_stemjail() {
  local -a names
  names=(
${names.join("")}  )
  if (( CURRENT == 2 )); then
    _describe command names
    return
  fi
  shift words
  (( CURRENT-- ))
  case $words[1] in
${shownCommands.map(commandCase).join("")}  esac
}
if [[ $funcstack[1] == _stemjail ]]; then _stemjail "$@"; else compdef _stemjail stemjail; fi
`;
}
