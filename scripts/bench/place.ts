/**
 * Where the benchmarks run: a directory of their own, and an ordinary user.
 *
 * Root's benchmarks would not be an ordinary user's, so root makes a user for them, and removes it.
 *
 * @module
 */
import { BuildError, run } from "../command.ts";
import { productPath } from "../paths.ts";
import { endProcesses } from "./processes.ts";

/** Not /tmp, which is a jail's own and cannot be granted. */
const PARENT = "/var/tmp";
const COMPILER_FLAGS = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror"];

/** Who runs what is measured. */
export interface User {
  /** As in /etc/passwd. */
  readonly name: string;
  /** Its number. */
  readonly uid: number;
  /** The number of its group. */
  readonly gid: number;
}

/** What a command did. */
export interface Outcome {
  /** The exit status. */
  readonly code: number;
  /** All of its standard output. */
  readonly stdout: string;
  /** All of its standard error. */
  readonly stderr: string;
}

/** A directory with the programs that take part, and the user that runs them. */
export class Place implements AsyncDisposable {
  readonly #mounts: string[] = [];
  #removal: Promise<void> | undefined;

  private constructor(readonly directory: string, readonly user: User) {}

  /**
   * Makes the user if need be, the directory, and copies of the programs that the user can run.
   *
   * @throws BuildError if one of these cannot be made
   */
  static async make(): Promise<Place> {
    const directory = await Deno.makeTempDir({ dir: PARENT, prefix: "stemjail-bench-" });
    await Deno.chmod(directory, 0o755);
    const place = new Place(directory, await makeUser());
    try {
      await place.makeDirectory("run", 0o700);
      for (const name of ["home", "app", "cache", "disk", "memory", "other"]) {
        await place.makeDirectory(name);
      }
      await Deno.copyFile(productPath, place.stemjail);
      // The user may not be able to reach the one that runs this.
      await Deno.copyFile(Deno.execPath(), place.deno);
      await Deno.chmod(place.deno, 0o755);
      await Deno.writeTextFile(place.path("app/hello.js"), 'console.log("hello");\n');
      await Deno.writeTextFile(place.path("app/idle.js"), "setInterval(() => {}, 1e8);\n");
    } catch (error) {
      await place[Symbol.asyncDispose]();
      throw error;
    }
    return place;
  }

  /** A path below the directory. */
  path(name: string): string {
    return `${this.directory}/${name}`;
  }

  /** The executable under test, copied alone. */
  get stemjail(): string {
    return this.path("app/stemjail");
  }

  /** The Deno that runs the benchmarks, for comparison. */
  get deno(): string {
    return this.path("app/deno");
  }

  /** Makes a directory of the user's. */
  async makeDirectory(name: string, mode = 0o755): Promise<string> {
    await Deno.mkdir(this.path(name), { recursive: true, mode });
    await this.own(name);
    return this.path(name);
  }

  /** Writes a file of the user's. */
  async writeFile(name: string, text: string): Promise<string> {
    await Deno.writeTextFile(this.path(name), text);
    await this.own(name);
    return this.path(name);
  }

  /** Gives a file to the user. */
  async own(name: string): Promise<void> {
    if (Deno.uid() === 0) await Deno.chown(this.path(name), this.user.uid, this.user.gid);
  }

  /**
   * Compiles a C program of the benchmarks, which then is in app/.
   *
   * @param name of its source, without the suffix
   * @param options `as` another name, with more `flags`
   * @throws BuildError with the compiler's words
   */
  async compile(
    name: string,
    options: { readonly as?: string; readonly flags?: readonly string[] } = {},
  ): Promise<string> {
    const program = this.path(`app/${options.as ?? name}`);
    const source = decodeURIComponent(new URL(`${name}.c`, import.meta.url).pathname);
    const flags = [...COMPILER_FLAGS, ...options.flags ?? []];
    const outcome = await run("cc", [...flags, source, "-o", program]);
    if (outcome?.success) return program;
    throw new BuildError(
      outcome === undefined
        ? `Cannot compile ${name}.c: there is no C compiler; install one with ` +
          "`apt-get install gcc libc6-dev`"
        : `Cannot compile ${name}.c:\n${outcome.text.trimEnd()}`,
    );
  }

  /** A command of the user's, with an environment of its own. */
  command(argv: readonly string[], options: Deno.CommandOptions = {}): Deno.Command {
    const { name, uid, gid } = this.user;
    return new Deno.Command(argv[0], {
      args: argv.slice(1),
      cwd: this.path("home"),
      clearEnv: true,
      env: {
        PATH: "/usr/local/bin:/usr/bin:/bin:/usr/games",
        LANG: "C.UTF-8",
        TERM: "dumb",
        HOME: this.path("home"),
        USER: name,
        LOGNAME: name,
        SHELL: "/bin/sh",
        XDG_RUNTIME_DIR: this.path("run"),
        XDG_CACHE_HOME: this.path("cache"),
        DENO_DIR: this.path("cache/deno"),
        DENO_NO_UPDATE_CHECK: "1",
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      ...(Deno.uid() === 0 ? { uid, gid } : {}),
      ...options,
    });
  }

  /** Runs a command of the user's to its end. A program that is not there has status 127. */
  async output(argv: readonly string[]): Promise<Outcome> {
    const decoder = new TextDecoder();
    try {
      const { code, stdout, stderr } = await this.command(argv).output();
      return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      return { code: 127, stdout: "", stderr: `${argv[0]}: not found` };
    }
  }

  /**
   * Runs a command that must succeed; the result is what it printed.
   *
   * @throws BuildError with the last line of its errors
   */
  async succeed(argv: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.output(argv);
    if (code === 0) return stdout;
    throw new BuildError(`bench: ${argv.join(" ")}: status ${code}: ${lastLine(stderr)}`);
  }

  /**
   * Puts a file system in memory at `memory`.
   *
   * @param explain is told the reason if there can be none
   * @returns its path, or null
   */
  async mountMemory(explain: (reason: string) => void): Promise<string | null> {
    const path = this.path("memory");
    if (Deno.uid() !== 0) {
      explain("a tmpfs outside /tmp and /dev, which only root can mount");
      return null;
    }
    const { uid, gid } = this.user;
    const options = `size=8g,mode=755,uid=${uid},gid=${gid}`;
    const outcome = await run("mount", ["-t", "tmpfs", "-o", options, "stemjail-bench", path]);
    if (outcome?.success) {
      this.#mounts.push(path);
      return path;
    }
    explain(`a tmpfs: ${outcome === undefined ? "no mount program" : lastLine(outcome.text)}`);
    return null;
  }

  /** Ends what still runs, and removes all that was made; once, however often it is called. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#removal ??= this.#remove();
    return this.#removal;
  }

  async #remove(): Promise<void> {
    await endProcesses((process) =>
      // No process but those of the benchmarks has a user that was made for them.
      process.commandLine.includes(this.directory) ||
      (Deno.uid() === 0 && process.uid === this.user.uid)
    );
    for (const path of this.#mounts.splice(0)) await run("umount", ["--lazy", path]);
    await Deno.remove(this.directory, { recursive: true });
    if (Deno.uid() === 0) await run("userdel", [this.user.name]);
  }
}

/** The last line of a text that is not empty, for a message. */
export function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1) ?? "";
}

async function makeUser(): Promise<User> {
  if (Deno.uid() !== 0) {
    return { name: Deno.env.get("USER") ?? "user", uid: Deno.uid()!, gid: Deno.gid()! };
  }
  const name = `stemjail-bench-${Deno.pid}`;
  const outcome = await run("useradd", ["--no-create-home", "--shell", "/bin/sh", name]);
  if (!outcome?.success) {
    throw new BuildError(`Cannot make a user: ${outcome?.text.trimEnd() ?? "there is no useradd"}`);
  }
  const line = (await Deno.readTextFile("/etc/passwd")).split("\n")
    .find((entry) => entry.startsWith(`${name}:`))!;
  const [, , uid, gid] = line.split(":");
  return { name, uid: Number(uid), gid: Number(gid) };
}
