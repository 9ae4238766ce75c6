/**
 * Real programs in the profiles that come along, as a user has them after a download, with two clients'
 * profiles of the user's own. With STEMJAIL_TABLE set, what was seen is written to that file, as the
 * README's table.
 */
import assert from "node:assert/strict";
import type { Transition } from "../../src/protocol/messages.ts";
import type { World } from "../system/harness.ts";
import { testWith } from "./desktop.ts";

/** A program at work on a client's files. */
interface Work {
  /** As the table has it. */
  readonly program: string;
  /** What must be installed. */
  readonly needs: readonly string[];
  /** The shipped profile that the clients' extend. */
  readonly profile: string;
  /** Commands that the clients' profiles are for. */
  readonly match: readonly string[];
  /** What is there before, in the left client's directory. */
  readonly files: Readonly<Record<string, string>>;
  /** What is run outside first, in that directory. */
  readonly before?: string;
  /** The command line, with `@` for the left client's directory. */
  readonly line: readonly string[];
  /** A file that is there afterwards. */
  readonly result: string;
}

const works: readonly Work[] = [
  {
    program: "LibreOffice, converting a document",
    needs: ["soffice"],
    profile: "office",
    match: ["soffice"],
    files: { "letter.txt": "Dear reader" },
    line: ["soffice", "--headless", "--convert-to", "pdf", "--outdir", "@", "@/letter.txt"],
    result: "letter.pdf",
  },
  {
    program: "Python, making a virtual environment",
    needs: ["python3"],
    profile: "dev",
    match: ["python3"],
    files: {},
    line: ["/usr/bin/python3", "-m", "venv", "--without-pip", "@/venv"],
    result: "venv/pyvenv.cfg",
  },
  {
    program: "git, cloning a repository",
    needs: ["git"],
    profile: "dev",
    match: ["git"],
    files: {},
    before: "git init -q origin && git -C origin -c user.name=a -c user.email=a commit -q " +
      "--allow-empty -m first",
    line: ["git", "clone", "-q", "@/origin", "@/copy"],
    result: "copy/.git/HEAD",
  },
  {
    program: "make and gcc, building a program",
    needs: ["make", "gcc"],
    profile: "dev",
    match: ["make"],
    files: { "hello.c": "int main(void) { return 0; }\n", "Makefile": "hello: hello.c\n" },
    line: ["make", "-s", "-C", "@"],
    result: "hello",
  },
  {
    program: "tar, packing a directory",
    needs: ["tar", "sh"],
    profile: "shell",
    match: ["sh"],
    files: { "file": "content\n" },
    line: ["sh", "-c", "cd @ && tar -cf packed.tar file"],
    result: "packed.tar",
  },
];

const rows: string[] = [];

Deno.test.afterAll(() => {
  const path = Deno.env.get("STEMJAIL_TABLE");
  if (path === undefined) return;
  const head = "| program | starts in | transitions | works |\n|---|---|---|---|\n";
  Deno.writeTextFileSync(path, `${head}${rows.map((row) => `${row}\n`).join("")}`);
});

/** As for a user who has everything in its usual place. */
const usual = {
  STEMJAIL_PROFILES: undefined,
  XDG_CONFIG_HOME: undefined,
  XDG_STATE_HOME: undefined,
};

function prepare(world: World, { profile, match, files }: Work): string {
  for (const path of [".config", ".config/stemjail", ".config/stemjail/profiles", "Clients"]) {
    world.directory(`${world.home}/${path}`);
  }
  for (const client of ["left", "right"]) {
    world.directory(`${world.home}/Clients/${client}`);
    world.write(
      `${world.home}/.config/stemjail/profiles/${client}.toml`,
      `name = "${client}"\nextends = ["${profile}"]\nrun.match = ${JSON.stringify(match)}
       fs.bind = [{ path = "~/Clients/${client}", write = true }]`,
    );
  }
  const left = `${world.home}/Clients/left`;
  for (const [name, text] of Object.entries(files)) world.write(`${left}/${name}`, text);
  return left;
}

/** The transitions of the portal's log, as `FROM -> TO`. */
function transitions(world: World): Pick<Transition, "from" | "to">[] {
  const log = Deno.readTextFileSync(`${world.home}/.local/state/stemjail/portal.log`);
  return [...log.matchAll(/ transition .*? from="([^"]*)" to="([^"]*)"/g)]
    .map(([, from, to]) => ({ from, to }));
}

for (const work of works) {
  testWith(
    work.needs,
    `${work.program}, moves to the client whose file it opens`,
    async (world) => {
      const left = prepare(world, work);
      if (work.before !== undefined) await world.shell(work.before, { cwd: left, env: usual });
      const line = work.line.map((word) => word.replaceAll("@", left));
      const { status, stderr } = await world.run(["run", "--", ...line], {
        env: usual,
        cwd: "/",
        patience: 60_000,
      });
      assert.equal(status, 0, stderr);
      assert.ok(Deno.lstatSync(`${left}/${work.result}`).isFile);
      const [first, ...more] = transitions(world);
      assert.deepEqual([first?.to, more], ["left", []]);
      assert.ok(first.from.split(" ∩ ").includes("right"));
      rows.push(`| ${work.program} | ${first.from} | to ${first.to} | yes |`);
    },
  );
}
