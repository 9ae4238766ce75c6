/** Real programs that need no network, in the profiles that come along. */

import { testWith } from "./desktop.ts";
import { doWork, usual, type Work } from "./works.ts";

/** The parts of a wheel: what pip asks for, and a module with a command. */
const wheel = {
  "probe.py": "def main():\n    print('it works')\n",
  "METADATA": "Metadata-Version: 2.1\nName: probe\nVersion: 1.0\n",
  "WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
  "entry_points.txt": "[console_scripts]\nprobe = probe:main\n",
  "RECORD": "",
};

const makeWheel = `mkdir probe-1.0.dist-info
  mv METADATA WHEEL entry_points.txt RECORD probe-1.0.dist-info
  /usr/bin/python3 -m zipfile -c probe-1.0-py3-none-any.whl probe.py probe-1.0.dist-info`;

const works: readonly Work[] = [
  {
    program: "LibreOffice, converting a document",
    needs: ["soffice"],
    profile: "office",
    match: ["soffice"],
    files: { "letter.txt": "Dear reader" },
    lines: [["soffice", "--headless", "--convert-to", "pdf", "--outdir", "@", "@/letter.txt"]],
    result: ["letter.pdf", "%PDF-"],
  },
  {
    program: "Python, a virtual environment with a package",
    needs: ["python3"],
    profile: "dev",
    match: ["sh"],
    files: wheel,
    before: makeWheel,
    lines: [[
      "sh",
      "-c",
      `cd @ && /usr/bin/python3 -m venv venv && . venv/bin/activate &&
       pip install --quiet --no-index ./probe-1.0-py3-none-any.whl && probe > said`,
    ]],
    result: ["said", "it works\n"],
  },
  {
    program: "git, cloning a repository",
    needs: ["git"],
    profile: "dev",
    match: ["git"],
    before: "git init -q origin; git -C origin -c user.name=a -c user.email=a commit -q " +
      "--allow-empty -m first",
    lines: [["git", "clone", "-q", "@/origin", "@/copy"]],
    result: ["copy/.git/HEAD", "ref: refs/heads/"],
  },
  {
    program: "make and gcc, building a program",
    needs: ["make", "gcc"],
    profile: "dev",
    match: ["make"],
    files: { "hello.c": "int main(void) { return 0; }\n", "Makefile": "hello: hello.c\n" },
    lines: [["make", "-s", "-C", "@"]],
    result: ["hello", "\x7fELF"],
  },
  {
    program: "tar, packing a directory",
    needs: ["tar", "sh"],
    profile: "shell",
    match: ["sh"],
    files: { "file": "content\n" },
    lines: [["sh", "-c", "cd @ && tar -cf packed.tar file"]],
    result: ["packed.tar", "file\0"],
  },
];

for (const work of works) {
  testWith(
    work.needs,
    `${work.program}: it moves to the client whose file it opens`,
    (world) =>
      doWork(
        world,
        work,
        (args) => world.run(args, { env: usual, cwd: "/", patience: 120_000 }),
      ),
  );
}
