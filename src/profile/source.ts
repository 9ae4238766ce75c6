/**
 * A profile's text with its file's name: what messages about it need to name a place in it.
 *
 * @module
 */
import { type KeyPath, TomlLocations } from "./locate.ts";
import { type Position, ProfileError, type Refusal } from "./problem.ts";

/** The text of one profile. Its places are only searched for when a message needs one. */
export class ProfileSource {
  #locations: TomlLocations | undefined;

  /** The file as its user named it. */
  readonly file: string;
  /** What it holds, without a byte order mark. */
  readonly text: string;

  /**
   * Joins a text and its name.
   *
   * @param file the file as its user named it
   * @param text what it holds; a byte order mark is left out
   */
  constructor(file: string, text: string) {
    this.file = file;
    this.text = text.replace(/^\ufeff/, "");
  }

  /**
   * Finds a key or a value. The text must be valid TOML.
   *
   * @param path its way from the top of the document
   * @param part whether the key or its value is meant
   * @returns its place, or that of the nearest table around it
   */
  position(path: KeyPath, part: "key" | "value" = "value"): Position {
    this.#locations ??= new TomlLocations(this.text);
    return this.#locations.position(this.#locations[part](path));
  }

  /**
   * Makes a problem of this text.
   *
   * @param path where: the way from the top of the document
   * @param refusal what is wrong and what would do
   * @param part whether the key or its value is at fault
   * @returns the problem, with its place
   */
  problem(path: KeyPath, refusal: Refusal, part: "key" | "value" = "value"): ProfileError {
    return new ProfileError(this.file, this.position(path, part), refusal);
  }
}
