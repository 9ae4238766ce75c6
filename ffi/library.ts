/**
 * The files that come with the executable, among them the native library through which libc is
 * bound too: dlsym(3) on a handle searches its dependencies, so one path in `--allow-ffi` covers
 * `libstemjail.so` and the libc it is linked to, wherever a distribution keeps that.
 *
 * The launcher says where the files are (shim/launcher/launcher.h): in one directory, or, where no
 * directory can be written, in memory, each with a path of its own.
 *
 * @module
 */

const directory = Deno.env.get("STEMJAIL_DIR") ?? "";
const listed = new Map(
  (Deno.env.get("STEMJAIL_FILES") ?? "").split(":").filter((item) => item.includes("="))
    .map((item) => item.split("=", 2) as [name: string, path: string]),
);

/**
 * The path of a file that comes with the executable.
 *
 * @param name as the build names it, such as `stemshim.so`
 */
export function installedFile(name: string): string {
  const inMemory = listed.get(name);
  if (inMemory !== undefined) return inMemory;
  if (directory !== "") return `${directory}/${name}`;
  return new URL(`../build/${name}`, import.meta.url).pathname;
}

/** The directory of the files, or null where they are in memory. */
export function installedDirectory(): string | null {
  return directory === "" ? null : directory;
}

/** The names of the files that are in memory; none where they are in a directory. */
export function namesInMemory(): string[] {
  return [...listed.keys()];
}

const NAME = "libstemjail.so";
const ERRNO = { stemjail_errno: { parameters: [], result: "i32" } } as const;

let readErrno: (() => number) | null = null;

/**
 * errno of the calling thread: to be read right after the call that set it, a function of
 * {@link bind}.
 */
export function lastErrno(): number {
  return readErrno === null ? 0 : readErrno();
}

/** Making a function callable sets errno too; so this one is callable before any other can fail. */
function prepareErrno(): void {
  readErrno ??= Deno.dlopen(installedFile(NAME), ERRNO).symbols.stemjail_errno;
}

/**
 * Binds symbols of libc or of the native library, each when it is first used: making one callable
 * takes the runtime a fifth of a millisecond, and a launch needs few of them.
 *
 * @param symbols the C prototypes, in Deno's notation
 * @returns one function for each symbol; using one that the library lacks throws an Error
 */
export function bind<const S extends Deno.ForeignLibraryInterface>(
  symbols: S,
): Deno.DynamicLibrary<S>["symbols"] {
  return bindAfter(prepareErrno, symbols);
}

/**
 * Like {@link bind}, for functions that do not leave their errors in errno.
 *
 * @param symbols the C prototypes, in Deno's notation
 * @returns one function for each symbol
 */
export function bindWithoutErrno<const S extends Deno.ForeignLibraryInterface>(
  symbols: S,
): Deno.DynamicLibrary<S>["symbols"] {
  return bindAfter(() => {}, symbols);
}

function bindAfter<const S extends Deno.ForeignLibraryInterface>(
  prepare: () => void,
  symbols: S,
): Deno.DynamicLibrary<S>["symbols"] {
  const bound = {};
  for (const [name, symbol] of Object.entries(symbols)) {
    const get = () => {
      prepare();
      const value = Deno.dlopen(installedFile(NAME), { [name]: symbol }).symbols[name];
      Object.defineProperty(bound, name, { value });
      return value;
    };
    Object.defineProperty(bound, name, { configurable: true, enumerable: true, get });
  }
  return bound as Deno.DynamicLibrary<S>["symbols"];
}
