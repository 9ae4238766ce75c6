/** What shells complete of our command line, in the shells themselves. */

import assert from "node:assert/strict";
import { testAsUser, type World } from "./harness.ts";
import { eventually } from "./process.ts";
import { atTerminal } from "./terminal.ts";

/** Lines to complete, and what comes of each; a name with a space is one word. */
const expected: readonly (readonly [line: string, answers: readonly string[]])[] = [
  ["stemjail po", ["portal"]],
  ["stemjail run --pro", ["--profile"]],
  ["stemjail run -p pl", ["plain"]],
  ["stemjail profile sh", ["show"]],
  ["stemjail profile show My", ["My Client"]],
  ["stemjail completions z", ["zsh"]],
  ["stemjail run ssh-keyg", ["ssh-keygen"]],
  ["stemjail run -p plain -- ssh-keyg", ["ssh-keygen"]],
  ["stemjail run -C /us", ["/usr"]],
];

/** Whether a shell is there; says so if it is not. */
async function has(world: World, shell: string): Promise<boolean> {
  if ((await world.shell(`command -v ${shell}`)).status === 0) return true;
  console.error(`SKIPPED, because it is not installed: completions in ${shell}`);
  return false;
}

testAsUser("bash completes options, values, operands and commands", async (world) => {
  world.profile("My Client");
  const words = ["stemjail run --profile = pl", "stemjail run -e A = b ssh-keyg"];
  const lines = [...expected.map(([line]) => line), ...words];
  const script = `source <(stemjail completions bash)
    compopt() { :; }
    while read -ra COMP_WORDS; do
      COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _stemjail stemjail; echo "\${COMPREPLY[0]}"
    done`;
  const { stdout, stderr } = await world.shell(script, { stdin: `${lines.join("\n")}\n` });
  const answers = [...expected.map(([, [first]]) => first.replace(" ", "\\ ")), "plain"];
  assert.deepEqual([stdout.trimEnd().split("\n"), stderr], [[...answers, "ssh-keygen"], ""]);
});

testAsUser("bash and fish complete a jail that runs", async (world) => {
  const client = world.start([world.executable, "run", "--", "sleep", "60"]);
  const bash = `source <(stemjail completions bash)
    COMP_WORDS=(stemjail stop ""); COMP_CWORD=2; _stemjail stemjail; echo "\${COMPREPLY[*]}"`;
  await eventually("the jail", async () => (await world.shell(bash)).stdout === "1\n");
  if (await has(world, "fish")) {
    const fish = `fish -c 'stemjail completions fish | source; complete -C "stemjail stop "'`;
    assert.equal((await world.shell(fish)).stdout, "1\n");
  }
  client.kill("SIGTERM");
  await client.outcome;
});

testAsUser("fish completes options, values, operands and commands", async (world) => {
  if (!await has(world, "fish")) return;
  world.profile("My Client");
  for (const [line, answers] of expected) {
    const script = `stemjail completions fish | source; complete -C ${JSON.stringify(line)}`;
    const { stdout, stderr } = await world.shell(`fish -c '${script}'`);
    const words = stdout.trimEnd().split("\n").map((row) => row.split("\t")[0].replace(/\/$/, ""));
    assert.deepEqual([words, stderr], [answers, ""], line);
  }
});

testAsUser("zsh completes options, values, operands and commands", async (world) => {
  if (!await has(world, "zsh")) return;
  world.profile("My Client");
  world.write(`${world.home}/_stemjail`, (await world.run(["completions", "zsh"])).stdout);
  await atTerminal(world, async (terminal) => {
    await terminal.type(`FPATH=${world.home}:$(zsh -fc 'echo $FPATH') exec zsh -f`);
    await terminal.type("PS1='outer$ '; autoload -U compinit; compinit -u -D");
    for (const [line, [answer]] of expected) {
      await terminal.press("C-u");
      await terminal.clear();
      await terminal.press("-l", line);
      await terminal.press("Tab");
      const end = `${line.slice(0, line.lastIndexOf(" "))} ${answer.replace(" ", "\\ ")}`;
      await eventually(end, async () => (await terminal.screen()).includes(`outer$ ${end}`));
    }
  });
});
