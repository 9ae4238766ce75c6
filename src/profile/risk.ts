/**
 * Grants that lead out of the jail: files that run, later, outside of it, and sockets of services.
 *
 * @module
 */
import { isAtOrBelow } from "../stemflow/path.ts";
import type { Refusal } from "./problem.ts";
import type { HostResolver, Resolved } from "./resolve.ts";
import { quote } from "./text.ts";

// Below the home directory: what a shell, a session, a service manager, ssh, git, an editor or an
// interpreter runs or obeys.
// Whether they exist does not matter, for who may write to a directory may create them.
const HOME_FILES: readonly string[] = [
  ".bashrc",
  ".bash_aliases",
  ".bash_login",
  ".bash_logout",
  ".bash_profile",
  ".profile",
  ".zshenv",
  ".zshrc",
  ".zprofile",
  ".zlogin",
  ".zlogout",
  ".xprofile",
  ".xsession",
  ".xsessionrc",
  ".xinitrc",
  ".config/autostart",
  ".config/environment.d",
  ".config/fish",
  ".config/git",
  ".config/nvim",
  ".config/plasma-workspace",
  ".config/systemd/user",
  ".emacs",
  ".emacs.d",
  ".gitconfig",
  ".local/bin",
  ".local/lib",
  ".local/share/applications",
  ".local/share/dbus-1",
  ".local/share/systemd/user",
  ".pam_environment",
  ".ssh",
  ".vim",
  ".vimrc",
  "bin",
];

// Where services listen: the system's bus and its administrators' sockets, and the user's own session.
const SOCKET_DIRECTORIES = /^\/run(?:\/dbus|\/user(?:\/\d+)?)?$/;

const GIT_FILES: readonly string[] = [".git/hooks", ".git/config"];

/** Finds what can be written through a grant and acts outside the jail. */
export class RiskFinder {
  readonly #resolver: HostResolver;
  readonly #home: string;
  readonly #profileDirectories: readonly string[];

  /**
   * Looks for one user.
   *
   * @param resolver the host
   * @param home the user's home directory
   * @param profileDirectories where profiles are loaded from; relative ones are not looked at
   */
  constructor(resolver: HostResolver, home: string, profileDirectories: readonly string[]) {
    this.#resolver = resolver;
    const real = this.#real(home);
    this.#home = real === "/" ? "" : real;
    this.#profileDirectories = profileDirectories.filter((path) => path.startsWith("/"))
      .map((directory) => this.#real(directory));
  }

  /**
   * Looks at one grant.
   *
   * @param grant where it leads
   * @param write whether it includes writing
   * @returns a warning for each kind of danger
   */
  find(grant: Resolved, write: boolean): Refusal[] {
    const warnings: Refusal[] = [];
    if (grant.path === "/") {
      warnings.push({
        what: `Binding "/" grants ${write ? "writing" : "reading"} every file of the host`,
        remedy: "only /proc, /dev and /tmp stay the jail's own; bind what is needed instead",
      });
    }
    if (grant.kind === "socket" || SOCKET_DIRECTORIES.test(grant.path)) {
      warnings.push(reachable(grant));
    }
    if (!write) return warnings;
    const started = this.#homeFiles(grant.path);
    if (started.length > 0) {
      warnings.push(risk(grant.path, started, "run outside the jail"));
    }
    const hooks = this.#gitFiles(grant.path);
    if (hooks.length > 0) {
      warnings.push(risk(grant.path, hooks, "make git run programs outside the jail"));
    }
    const profiles = this.#profileDirectories.filter((directory) => overlap(directory, grant.path));
    if (profiles.length > 0) {
      warnings.push(risk(grant.path, profiles, "say what a jail may do"));
    }
    return warnings;
  }

  #homeFiles(path: string): string[] {
    const files = HOME_FILES.map((file) => `${this.#home}/${file}`);
    return files.filter((file) => overlap(file, path) || overlap(this.#placeOf(file), path));
  }

  /** Where a file is or would be made: many keep such files elsewhere, behind links. */
  #placeOf(file: string): string {
    for (let at = file; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
      const resolution = this.#resolver.resolve(at);
      if ("path" in resolution) return `${resolution.path}${file.slice(at.length)}`;
    }
    return file;
  }

  #gitFiles(path: string): string[] {
    if (path.split("/").includes(".git")) return [path];
    return GIT_FILES.map((file) => `${path === "/" ? "" : path}/${file}`)
      .filter((file) => this.#resolver.kind(file) !== undefined);
  }

  #real(path: string): string {
    const resolution = this.#resolver.resolve(path);
    return "path" in resolution ? resolution.path : path;
  }
}

function overlap(left: string, right: string): boolean {
  return isAtOrBelow(left, right) || isAtOrBelow(right, left);
}

function reachable({ path, kind }: Resolved): Refusal {
  const what = kind === "socket" ? "a service" : "the sockets of services";
  return {
    what: `Binding ${quote(path)} reaches ${what} outside the jail`,
    remedy: "to connect needs no write = true; bind the files that are needed, or use [desktop]",
  };
}

function risk(path: string, files: readonly string[], effect: string): Refusal {
  return {
    what: `Writing to ${quote(path)} reaches files that ${effect}`,
    remedy: `${files.map(quote).join(", ")}; grant a narrower path, or reading alone`,
  };
}
