/** A terminal with a shell in it, as a user sits at: tmux with a server of its own. */

import { eventually, type Outcome } from "./process.ts";
import type { World } from "./world.ts";

const PROMPT = "outer$ ";

/** One terminal. */
export class Terminal {
  static #last = 0;
  /** A server that ends is still there for a moment, so each terminal has a name of its own. */
  readonly #number = ++Terminal.#last;

  private constructor(private readonly world: World) {}

  /** Opens a terminal of 80 columns and 24 lines, in which bash waits for a command. */
  static async open(world: World): Promise<Terminal> {
    const terminal = new Terminal(world);
    const shell = "exec bash --norc --noprofile";
    const size = ["-x", "80", "-y", "24"];
    const environment = Object.entries({ PS1: PROMPT, HISTFILE: "/dev/null" })
      .flatMap(([name, value]) => ["-e", `${name}=${value}`]);
    await terminal.#tmux(["new-session", "-d", ...size, ...environment, shell]);
    await terminal.prompt();
    return terminal;
  }

  /** Types text and Enter. */
  async type(text: string): Promise<void> {
    await this.press("-l", text);
    await this.press("Enter");
  }

  /** Presses keys, such as C-c, by tmux's names. */
  async press(...keys: string[]): Promise<void> {
    await this.#tmux(["send-keys", ...keys]);
  }

  /** What is on the screen. */
  async screen(): Promise<string> {
    return (await this.#tmux(["capture-pane", "-p"])).stdout;
  }

  /** Waits until the screen matches; the result is the match. */
  async see(pattern: RegExp): Promise<RegExpMatchArray> {
    let found: RegExpMatchArray | null = null;
    let screen = "";
    const look = async () => {
      screen = await this.screen();
      found = screen.match(pattern);
      return found !== null;
    };
    try {
      await eventually(`the terminal shows ${pattern}`, look);
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : error}; it shows\n${screen}`);
    }
    return found!;
  }

  /** Types a command and waits for the next prompt; the result is what it printed. */
  async ask(command: string): Promise<string> {
    await this.clear();
    await this.type(command);
    const answer = /^outer\$ [^\n]*\n([^]*?)^outer\$ *$/m;
    return (await this.see(answer))[1];
  }

  /** Waits for the shell's prompt, and empties the screen. */
  async clear(): Promise<void> {
    await this.prompt();
    await this.press("C-l");
    await this.see(/^outer\$ *\n*$/);
  }

  /** Waits for the shell's prompt at the end of what is shown; what it shows is the result. */
  async prompt(): Promise<string> {
    return (await this.see(/^([^]*)outer\$ *\n*$/))[1];
  }

  /** Gives the window another size. */
  async resize(columns: number, lines: number): Promise<void> {
    await this.#tmux(["resize-window", "-x", String(columns), "-y", String(lines)]);
  }

  /** Hangs up. */
  async close(): Promise<void> {
    await this.#tmux(["kill-server"]);
  }

  async #tmux(args: readonly string[]): Promise<Outcome> {
    const server = [
      "tmux",
      "-u",
      "-S",
      `${this.world.base}/tmux-${this.#number}`,
      "-f",
      "/dev/null",
    ];
    const outcome = await this.world.start([...server, ...args]).outcome;
    if (outcome.status === 0) return outcome;
    throw new Error(`tmux ${args.join(" ")}: ${outcome.stderr}`);
  }
}

/** Does something at a terminal, which is gone afterwards whatever happens. */
export async function atTerminal(
  world: World,
  act: (terminal: Terminal) => Promise<void>,
): Promise<void> {
  const terminal = await Terminal.open(world);
  try {
    await act(terminal);
  } finally {
    await terminal.close();
  }
}
