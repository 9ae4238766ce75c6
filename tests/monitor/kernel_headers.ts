/** System call numbers as the installed kernel headers define them, for tests. */

import type { Abi } from "../../src/monitor/seccomp/numbers.ts";

const HEADER: Record<Abi, string> = {
  x86_64: "asm/unistd_64.h",
  i386: "asm/unistd_32.h",
  aarch64: "asm-generic/unistd.h",
};

/** What aarch64's own header says before it includes the generic one. */
const WANTED = "#define __ARCH_WANT_SET_GET_RLIMIT\n";

/** Names to numbers; null where the machine's headers do not know the interface. */
export async function headerNumbers(abi: Abi): Promise<Map<string, number> | null> {
  const directory = await Deno.makeTempDir();
  try {
    const source = `${directory}/numbers.c`;
    await Deno.writeTextFile(source, `${WANTED}#include <${HEADER[abi]}>\n`);
    const { success, stdout } = await new Deno.Command("cc", { args: ["-E", "-dM", source] })
      .output();
    return success ? parse(new TextDecoder().decode(stdout)) : null;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** A definition can be a number, or the name of another one: __NR_fcntl is __NR3264_fcntl. */
function parse(text: string): Map<string, number> {
  const definitions = new Map(
    [...text.matchAll(/^#define (__NR\w+) \(?(\w+)\)?$/gm)].map((match) => [match[1], match[2]]),
  );
  const numbers = new Map<string, number>();
  for (const [name, value] of definitions) {
    const number = Number(definitions.get(value) ?? value);
    if (name.startsWith("__NR_") && name !== "__NR_syscalls" && Number.isInteger(number)) {
      numbers.set(name.slice("__NR_".length), number);
    }
  }
  return numbers;
}
