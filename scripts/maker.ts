/**
 * What the two ways of making the one file have in common.
 *
 * @module
 */
import type { Bundle } from "./bundle.ts";

/** Everything that goes into the file. */
export interface Parts {
  /** The JavaScript in files that import each other. */
  readonly split: Bundle;
  /** The same in one file. */
  readonly single: string;
  /** Name to contents: the native libraries, the program for use in a jail. */
  readonly native: ReadonlyMap<string, Uint8Array>;
  /** The executable that the self-extracting file begins with. */
  readonly launcher: Uint8Array;
  /** Name to contents of the shipped profiles. */
  readonly profiles: ReadonlyMap<string, Uint8Array>;
}

/** What a maker made. */
export interface Product {
  /** 16 hexadecimal digits. */
  readonly buildId: string;
  /** In bytes. */
  readonly size: number;
}

/** One way of making the file. */
export interface Maker {
  /** As `stemjail --version` tells it. */
  readonly name: string;
  /**
   * Makes the file.
   *
   * @param parts what goes into it
   * @param path where it goes; what is there is replaced in one step
   * @returns what was made, or why this maker has not what it needs
   * @throws BuildError when it has what it needs, and failed
   */
  make(parts: Parts, path: string): Promise<Product | { readonly unavailable: string }>;
}

/** What src/build_info.ts holds until a maker fills it in. */
export const MAKER_PLACEHOLDER = "@STEMJAIL_MAKER@";
/** The same for the build's hash. */
export const BUILD_PLACEHOLDER = "@STEMJAIL_BUILD@";

const encoder = new TextEncoder();

/**
 * Everything that is particular to this build, in a fixed order, for its hash.
 *
 * @param parts what goes into the file
 * @returns the contents
 */
export function partsInOrder(parts: Parts): Uint8Array[] {
  const named = (name: string, bytes: Uint8Array) => [encoder.encode(name), bytes];
  const sorted = <T>(map: ReadonlyMap<string, T>) =>
    Array.from(map).sort(([left], [right]) => left < right ? -1 : 1);
  return [
    ...sorted(parts.split).flatMap(([name, text]) => named(name, encoder.encode(text))),
    ...named("single.js", encoder.encode(parts.single)),
    ...sorted(parts.native).flatMap(([name, bytes]) => named(name, bytes)),
    ...named("launcher", parts.launcher),
    ...sorted(parts.profiles).flatMap(([name, bytes]) => named(name, bytes)),
  ];
}

/**
 * Tells the JavaScript which build it is.
 *
 * @param text one of the bundle's files
 * @param maker the maker's name
 * @param buildId the build's hash
 * @returns the text with the placeholders filled in
 */
export function stampBuild(text: string, maker: string, buildId: string): string {
  return text.replaceAll(MAKER_PLACEHOLDER, maker).replaceAll(BUILD_PLACEHOLDER, buildId);
}
