/**
 * Where the user's folders are: what user-dirs.dirs says, xdg-user-dirs-update(1).
 *
 * @module
 */
import { isAtOrBelow } from "../stemflow/path.ts";
import { normalisePath } from "./bind_path.ts";
import type { ExpansionContext } from "./expand.ts";
import { errnoName } from "./file_system.ts";
import { quote } from "./text.ts";

/** What xdg-user-dirs makes of a home without a user-dirs.dirs: its user-dirs.defaults. */
const DEFAULTS: Readonly<Record<string, string>> = {
  XDG_DESKTOP_DIR: "Desktop",
  XDG_DOCUMENTS_DIR: "Documents",
  XDG_DOWNLOAD_DIR: "Downloads",
  XDG_MUSIC_DIR: "Music",
  XDG_PICTURES_DIR: "Pictures",
  XDG_PUBLICSHARE_DIR: "Public",
  XDG_TEMPLATES_DIR: "Templates",
  XDG_VIDEOS_DIR: "Videos",
};

/** The variables that a folder is known by. */
export const USER_DIRECTORIES: readonly string[] = Object.keys(DEFAULTS);

/** The largest user-dirs.dirs, in bytes: the usual one has eight lines. */
const FILE_SIZE_LIMIT = 65_536;

const LINE = /^\s*(XDG_[A-Z]+_DIR)\s*=\s*"(\$HOME(?=[/"]))?((?:[^"\\]|\\.)*)"\s*(?:#.*)?$/;

/** Why there is no folder. */
export interface NoFolder {
  /** Why, and what would do. */
  readonly remedy: string;
  /** Whether that is so by the user's own choice. */
  readonly unset: boolean;
}

/** The folders of one user. Their file is read when the first is asked for. */
export class UserDirectories {
  /** The file that says where they are. */
  readonly file: string;
  readonly #context: ExpansionContext;
  #folders: ReadonlyMap<string, string> | NoFolder | undefined;

  /**
   * Finds folders of one user.
   *
   * @param context whose they are
   */
  constructor(context: ExpansionContext) {
    const configured = context.environment("XDG_CONFIG_HOME");
    const directory = configured?.startsWith("/") ? configured : `${context.home}/.config`;
    this.file = normalisePath(`${directory}/user-dirs.dirs`);
    this.#context = context;
  }

  /**
   * Finds a folder.
   *
   * @param name one of {@link USER_DIRECTORIES}
   * @returns its absolute path, or why there is none
   */
  folder(name: string): string | NoFolder {
    this.#folders ??= this.#read();
    if (!(this.#folders instanceof Map)) return this.#folders as NoFolder;
    const { home } = this.#context;
    const folder = this.#folders.get(name) ?? `${home}/${DEFAULTS[name]}`;
    if (!isAtOrBelow(normalisePath(home), normalisePath(folder))) return folder;
    // So xdg-user-dirs writes a folder that is switched off. It must not grant the whole home.
    return {
      remedy: `user-dirs.dirs has no folder for ${name}; name one there, or write the path out`,
      unset: true,
    };
  }

  #read(): ReadonlyMap<string, string> | NoFolder {
    const { home, files } = this.#context;
    try {
      const bytes = files.readFile(this.file, FILE_SIZE_LIMIT);
      return parseUserDirectories(new TextDecoder().decode(bytes), home);
    } catch (error) {
      const errno = errnoName(error);
      if (errno === "ENOENT") return new Map();
      const remedy = `${quote(this.file)} cannot be read (${errno}); make it readable or remove it`;
      return { remedy, unset: false };
    }
  }
}

/**
 * Reads what xdg-user-dirs-update(1) writes.
 *
 * @param text the content of user-dirs.dirs
 * @param home what `$HOME` in it stands for
 * @returns the folders by variable, such as XDG_DOWNLOAD_DIR; lines of another form are ignored
 */
export function parseUserDirectories(text: string, home: string): Map<string, string> {
  const folders = new Map<string, string>();
  for (const line of text.split("\n")) {
    const match = LINE.exec(line);
    if (match === null) continue;
    const [, name, belowHome, quoted] = match;
    const value = quoted.replace(/\\(.)/g, "$1");
    if (belowHome !== undefined) folders.set(name, home + value);
    else if (value.startsWith("/")) folders.set(name, value);
  }
  return folders;
}
