/**
 * `stemjail profile edit` and `profile new`: profiles of the user's own.
 *
 * @module
 */
import type { Given } from "../cli/options.ts";
import { print } from "../cli/output.ts";
import { Status, UserError } from "../errors.ts";
import { hostFileSystem } from "../profile/file_system.ts";
import { profileSources, shippedProfiles } from "../profile/installed.ts";
import { refuseUnknown } from "../profile/report.ts";
import { refuseName } from "../profile/schema.ts";
import {
  fileStem,
  findText,
  firstText,
  type ProfileText,
  profileTexts,
  renamed,
} from "../profile/texts.ts";
import { hasUserProfiles, processEnvironment } from "../protocol/locations.ts";
import { edit } from "./editor.ts";
import { writeNewFile } from "./new_file.ts";

const PRIVATE = 0o700;

/** The user's profiles and those that come along, and where new ones go. */
class Texts {
  readonly all: readonly ProfileText[];
  readonly #directory: string;

  constructor(given: Given) {
    const { directories, areStated } = profileSources(given.all("profiles"));
    const [first] = directories;
    if (first === undefined || !areStated && !hasUserProfiles(processEnvironment)) {
      throw new UserError(
        "There is no directory for profiles of your own: set HOME, or name one with --profiles DIR",
      );
    }
    this.#directory = first.startsWith("/") ? first : `${Deno.cwd()}/${first}`;
    this.all = profileTexts(directories, shippedProfiles(), hostFileSystem);
  }

  /** @throws UserError naming the nearest ones */
  find(name: string): ProfileText {
    const found = findText(this.all, name);
    if (found !== undefined) return found;
    const names = this.all.flatMap((text) => text.name ?? []);
    const { what, remedy } = refuseUnknown(name, names);
    throw new UserError(`${what}: ${remedy}`);
  }

  /** Writes a profile of the user's own; the result is its file. */
  add(stem: string, text: string): string {
    const path = `${this.#directory}/${stem}.toml`;
    writeNewFile(path, text, PRIVATE);
    return path;
  }
}

/** Opens the file, or says where it is. */
function present(path: string): number {
  return edit(path) ? Status.ok : print(`${path}\n`);
}

/** Lets the user edit a profile; one that comes along is copied first, and the copy replaces it. */
export function editProfile(given: Given, name: string): number {
  const texts = new Texts(given);
  const found = texts.find(name);
  return present(found.path ?? texts.add(found.stem, found.text));
}

/** Makes a profile, from another one if `--from` names it. */
export function newProfile(given: Given, name: string): number {
  const refusal = refuseName(name);
  if (refusal !== undefined) throw new UserError(`${refusal.what}: ${refusal.remedy}`);
  const texts = new Texts(given);
  if (texts.all.some((text) => text.name === name)) {
    throw new UserError(
      `There is a profile ${JSON.stringify(name)} already: \`stemjail profile edit\` opens it`,
    );
  }
  const from = given.value("from");
  const text = from === undefined ? firstText(name) : copyOf(texts.find(from), from, name);
  return present(texts.add(fileStem(name), text));
}

function copyOf(original: ProfileText, from: string, name: string): string {
  if (original.name !== undefined) return renamed(original.text, name);
  throw new UserError(
    `Cannot copy ${JSON.stringify(from)}: its file has no valid name; \`stemjail profile check\``,
  );
}
