/**
 * The C parts: what each is made of and how it is linked.
 *
 * Every C file directly under shim/ belongs to `stemshim.so`, but for {@link notOfTheShim}, so that a
 * new hook file needs no entry here. Other artefacts may use files of the shim too.
 *
 * @module
 */
import { root } from "./paths.ts";

/** One file that the C compiler makes. */
export interface Artefact {
  /** Its name under build/. */
  readonly name: string;
  /** Its C files, from the top of the tree. */
  readonly sources: readonly string[];
  /** What it needs beside {@link commonFlags}. */
  readonly flags: readonly string[];
}

const shared = ["-fPIC", "-shared", "-Wl,-z,defs"];
const executable = ["-fPIE", "-static-pie"];
/** Not even a start file: so nothing that the library sets up, such as the stack protector's word. */
const withoutLibrary = ["-nostdlib", "-fno-stack-protector", "-U_FORTIFY_SOURCE"];

const libraryParts = ["native", "spawn", "follow", "landlock", "exchange", "borrowed", "relay"];
const librarySources = libraryParts.map((name) => `shim/${name}.c`);
const notOfTheShim = [...librarySources, "shim/inside.c"];

const listed: readonly Artefact[] = [
  { name: "libstemjail.so", sources: librarySources, flags: shared },
  {
    name: "stemjail-inside",
    sources: ["shim/inside.c", "shim/conversation.c", "shim/memory.c"],
    flags: ["-static", ...withoutLibrary],
  },
  {
    name: "launcher",
    sources: [
      "arguments",
      "blake2b",
      "cache",
      "environment",
      "fail",
      "image",
      "location",
      "main",
      "memory",
      "tidy",
      "unpack",
    ].map((name) => `shim/launcher/${name}.c`),
    flags: [...executable, "-D_GNU_SOURCE", "-Ibuild"],
  },
];

/** Of the language, of warnings, of hardening, and of builds that do not depend on the place. */
export const commonFlags: readonly string[] = [
  ...["-std=gnu11", "-O2", "-Ishim"],
  ...["-Wall", "-Wextra", "-Werror", "-fvisibility=hidden"],
  ...["-fstack-protector-strong", "-D_FORTIFY_SOURCE=2", "-fno-plt"],
  ...["-Wl,-z,relro,-z,now,-z,noexecstack", "-Wl,--build-id=none", "-Wl,-O1,--as-needed"],
  ...["-s", `-ffile-prefix-map=${root}=`],
];

/** On arm64 the compiler would call a library for atomic operations. */
const withoutHelpers = Deno.build.arch === "aarch64" ? ["-mno-outline-atomics"] : [];

function shimSources(): string[] {
  return Array.from(Deno.readDirSync(`${root}shim`), (entry) => `shim/${entry.name}`)
    .filter((path) => path.endsWith(".c") && !notOfTheShim.includes(path))
    .sort();
}

/** The artefacts, with the sources that are there now. */
export function artefacts(): readonly Artefact[] {
  return [
    ...listed,
    {
      name: "stemshim.so",
      sources: shimSources(),
      // Linked to no library, so that it loads with any version of the C library, and in two
      // mappings instead of four, since every program of a jail loads it.
      flags: [
        ...["-fPIC", "-shared", ...withoutLibrary, "-ftls-model=initial-exec"],
        ...["-Wl,-z,noseparate-code", ...withoutHelpers],
      ],
    },
  ];
}
