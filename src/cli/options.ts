/**
 * Options of a command, read by its table. Small, because every launch loads it: a library for
 * this costs a third of the runtime's own start.
 *
 * @module
 */
import { Status, UserError } from "../errors.ts";
import { nearestNames } from "../profile/nearest.ts";

/** One option. */
export interface Option {
  /** Its long name, without the hyphens. */
  readonly name: string;
  /** Its one-letter name, without the hyphen. */
  readonly short?: string;
  /** What its value is called in the help; without it the option is a switch. */
  readonly value?: string;
  /** Whether it may be given more than once. */
  readonly repeats?: boolean;
  /** What the help says of it. */
  readonly help: string;
}

/** What a command takes. */
export interface CommandSyntax {
  /** What it is called. */
  readonly name: string;
  /** The options that it knows. */
  readonly options: readonly Option[];
  /** How its operands are written in the help; empty for none. */
  readonly operands: string;
  /** Whether the first operand ends the options, because a command with its own follows. */
  readonly takesCommand?: boolean;
  /** The exit status of a usage error. */
  readonly usageStatus?: number;
}

/** What was given. */
export class Given {
  /** Holds the values of each option, and what was no option. */
  constructor(
    private readonly values: ReadonlyMap<string, readonly string[]>,
    readonly operands: readonly string[],
  ) {}

  /** Whether an option was given. */
  has(name: string): boolean {
    return this.values.has(name);
  }

  /** The last value of an option. */
  value(name: string): string | undefined {
    return this.values.get(name)?.at(-1);
  }

  /** All values of an option, in their order. */
  all(name: string): readonly string[] {
    return this.values.get(name) ?? [];
  }
}

/**
 * Reads arguments.
 *
 * @param args what follows the command's name
 * @throws UserError for an argument that the command does not take
 */
export function readOptions(syntax: CommandSyntax, args: readonly string[]): Given {
  const reader = new Reader(syntax, args);
  return reader.read();
}

class Reader {
  readonly #values = new Map<string, string[]>();
  readonly #operands: string[] = [];
  #at = 0;

  constructor(
    private readonly syntax: CommandSyntax,
    private readonly args: readonly string[],
  ) {}

  read(): Given {
    while (this.#at < this.args.length) {
      const argument = this.args[this.#at++];
      if (argument === "--") return this.#finish(this.args.slice(this.#at));
      if (argument.startsWith("--")) this.#readLong(argument.slice(2));
      else if (argument.startsWith("-") && argument !== "-") this.#readShort(argument.slice(1));
      else if (this.syntax.takesCommand) return this.#finish(this.args.slice(this.#at - 1));
      else this.#operands.push(argument);
    }
    return this.#finish([]);
  }

  #finish(rest: readonly string[]): Given {
    const operands = [...this.#operands, ...rest];
    if (operands.length > 0 && this.syntax.operands === "") {
      throw this.#usage(`unexpected argument ${JSON.stringify(operands[0])}`);
    }
    return new Given(this.#values, operands);
  }

  #readLong(text: string): void {
    const equals = text.indexOf("=");
    const name = equals < 0 ? text : text.slice(0, equals);
    const option = this.syntax.options.find((candidate) => candidate.name === name);
    if (option === undefined) throw this.#unknown(name);
    if (option.value === undefined) {
      if (equals >= 0) throw this.#usage(`option --${name} takes no value`);
      this.#record(option, "");
    } else this.#record(option, equals < 0 ? this.#next(option) : text.slice(equals + 1));
  }

  /** Switches can be written together; what follows an option with a value is the value. */
  #readShort(text: string): void {
    for (let at = 0; at < text.length; at++) {
      const option = this.syntax.options.find(({ short }) => short === text[at]);
      if (option === undefined) {
        throw this.#usage(
          `no such option -${text[at]}; \`stemjail ${this.syntax.name} --help\` lists them`,
        );
      }
      if (option.value === undefined) {
        this.#record(option, "");
        continue;
      }
      const attached = text.slice(at + 1);
      return this.#record(option, attached === "" ? this.#next(option) : attached);
    }
  }

  #next(option: Option): string {
    if (this.#at >= this.args.length) {
      throw this.#usage(`option --${option.name} wants a value: ${option.value}`);
    }
    return this.args[this.#at++];
  }

  #record(option: Option, value: string): void {
    const values = this.#values.get(option.name) ?? [];
    if (values.length > 0 && !option.repeats && option.value !== undefined) {
      throw this.#usage(`option --${option.name} is given twice`);
    }
    this.#values.set(option.name, [...values, value]);
  }

  #unknown(name: string): UserError {
    const nearest = nearestNames(name, this.syntax.options.map((option) => option.name));
    const hint = nearest.length > 0
      ? `did you mean --${nearest[0]}?`
      : `\`stemjail ${this.syntax.name} --help\` lists them`;
    return this.#usage(`no such option --${name}; ${hint}`);
  }

  #usage(what: string): UserError {
    return new UserError(`${this.syntax.name}: ${what}`, this.syntax.usageStatus ?? Status.usage);
  }
}
