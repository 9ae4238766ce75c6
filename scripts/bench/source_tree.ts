/**
 * A tree of thousands of source files, to pack, unpack and build.
 *
 * Linux itself, where Debian's linux-source and what its build needs are installed; otherwise, and
 * in a quick run, a tree made up for the purpose.
 *
 * @module
 */
import { lastLine, type Place } from "./place.ts";

/** A tree, unpacked at `disk/tree`. */
export interface SourceTree {
  /** What it is, for the reader. */
  readonly description: string;
  /** The directories in it that are packed. */
  readonly packed: readonly string[];
  /** The directories in it that are zipped. */
  readonly zipped: readonly string[];
  /** What `make` is told to make. */
  readonly targets: readonly string[];
  /** Shell text that undoes the build in the working directory. */
  readonly clean: string;
}

const LINUX_PACKAGES = "linux-source flex bison bc make";
const MAKERS = ["/usr/bin/flex", "/usr/bin/bison", "/usr/bin/bc", "/usr/bin/make"];

/**
 * Makes the tree.
 *
 * @param isQuick whether a small one will do
 * @param explain is told why it is not Linux
 */
export async function makeSourceTree(
  place: Place,
  isQuick: boolean,
  explain: (reason: string) => void,
): Promise<SourceTree> {
  const archive = isQuick ? null : await linuxArchive();
  if (archive !== null) {
    const tree = await unpackLinux(place, archive, explain);
    if (tree !== null) return tree;
  } else if (!isQuick) {
    explain(`a build of Linux: it needs the packages ${LINUX_PACKAGES}`);
  }
  return await makeUp(place, isQuick ? SMALL : LARGE);
}

async function linuxArchive(): Promise<string | null> {
  try {
    for (const path of MAKERS) await Deno.lstat(path);
    const names = await Array.fromAsync(Deno.readDir("/usr/src"), ({ name }) => name);
    const name = names.filter((one) => /^linux-source-[\d.]+\.tar\.xz$/.test(one)).sort().at(-1);
    return name === undefined ? null : `/usr/src/${name}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

async function unpackLinux(
  place: Place,
  archive: string,
  explain: (reason: string) => void,
): Promise<SourceTree | null> {
  const tree = await place.makeDirectory("disk/tree");
  const steps = [
    ["tar", "-xf", archive, "-C", tree, "--strip-components=1"],
    // What `prepare` makes does not belong to the builds that are timed.
    ["make", "-s", "-C", tree, "tinyconfig"],
    ["make", "-s", "-C", tree, "prepare"],
  ];
  for (const step of steps) {
    const { code, stderr } = await place.output(step);
    if (code === 0) continue;
    explain(`a build of Linux: ${step.join(" ")}: ${lastLine(stderr)}`);
    await Deno.remove(tree, { recursive: true });
    return null;
  }
  return {
    description: `${archive}, tinyconfig`,
    packed: ["fs", "kernel", "lib", "mm", "include", "arch/x86"],
    zipped: ["kernel", "lib"],
    targets: ["lib/"],
    clean: "find lib -name '*.o' -delete -o -name '.*.cmd' -delete -o -name '*.a' -delete",
  };
}

/** How large a made-up tree is. */
export interface TreeSize {
  /** Directories of sources. */
  readonly directories: number;
  /** C files in each. */
  readonly filesPerDirectory: number;
  /** Headers, in a directory of their own. */
  readonly headers: number;
  /** How many directories are built. */
  readonly built: number;
}

const SMALL: TreeSize = { directories: 60, filesPerDirectory: 20, headers: 100, built: 1 };
const LARGE: TreeSize = { directories: 200, filesPerDirectory: 20, headers: 200, built: 20 };

const MAKEFILE =
  `# As Linux is built: a make for each directory, dependencies on headers, an archive each.
all: $(DIRECTORIES:%=%/built-in.a)
%/built-in.a: FORCE
\t$(MAKE) -C $* -f ../directory.mk
FORCE:
.PHONY: all FORCE
`;

const DIRECTORY_MAKEFILE = `OBJECTS := $(patsubst %.c,%.o,$(wildcard *.c))
built-in.a: $(OBJECTS)
\trm -f $@
\t$(AR) rcs $@ $^
%.o: %.c
\t$(CC) -O1 -I../include -MMD -c -o $@ $<
-include $(wildcard *.d)
`;

/** Spreads small numbers evenly, and always the same way. */
function scatter(seed: number, limit: number): number {
  return (Math.imul(seed + 1, 0x9e3779b1) >>> 8) % limit;
}

/** A header that includes earlier ones, as headers do. */
export function headerText(index: number): string {
  const earlier = index === 0 ? [] : [scatter(index, index), index >>> 1];
  return [
    "#pragma once",
    ...new Set(earlier.map((other) => `#include "part${other}.h"`)),
    `struct part${index} { int first, second; struct part${index} *next; };`,
    `int part${index}_length(const struct part${index} *part);`,
    `static inline int part${index}_sum(const struct part${index} *part)`,
    "{ return part->first + part->second; }",
    "",
  ].join("\n");
}

/** A C file of some functions that a compiler has a little work with. */
export function sourceText(seed: number, headers: number): string {
  const used = [...new Set([1, 2, 3, 4, 5, 6, 7, 8].map((at) => scatter(seed * 8 + at, headers)))];
  return [
    ...used.map((header) => `#include "part${header}.h"`),
    ...used.map((header) =>
      [
        `int walk${header}_${seed}(const struct part${header} *part, int limit)`,
        "{",
        "    int sum = 0;",
        `    for (; part != 0 && limit > ${seed % 7}; part = part->next, limit--) {`,
        `        sum = sum * ${seed % 31 + 2} + part${header}_sum(part);`,
        `        if (sum % ${seed % 13 + 3} == 0) sum ^= part->first << ${seed % 5};`,
        "    }",
        `    return sum + part${header}_length(part);`,
        "}",
      ].join("\n")
    ),
    "",
  ].join("\n");
}

async function makeUp(place: Place, size: TreeSize): Promise<SourceTree> {
  await place.makeDirectory("disk/tree");
  await place.makeDirectory("disk/tree/include");
  for (let header = 0; header < size.headers; header++) {
    await place.writeFile(`disk/tree/include/part${header}.h`, headerText(header));
  }
  const names = Array.from({ length: size.directories }, (_, at) => `unit${at}`);
  for (const [directory, name] of names.entries()) {
    await place.makeDirectory(`disk/tree/${name}`);
    for (let file = 0; file < size.filesPerDirectory; file++) {
      const text = sourceText(directory * size.filesPerDirectory + file, size.headers);
      await place.writeFile(`disk/tree/${name}/file${file}.c`, text);
    }
  }
  await place.writeFile("disk/tree/Makefile", MAKEFILE);
  await place.writeFile("disk/tree/directory.mk", DIRECTORY_MAKEFILE);
  const built = names.slice(0, size.built);
  const objects = size.built * size.filesPerDirectory;
  return {
    description: `${size.directories * size.filesPerDirectory} made-up C files, ${objects} built`,
    packed: names,
    zipped: names,
    targets: [`DIRECTORIES=${built.join(" ")}`],
    clean: `rm -f ${built.map((name) => `${name}/*.[oda]`).join(" ")}`,
  };
}
