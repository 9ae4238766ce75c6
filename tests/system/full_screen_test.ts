/** Full-screen programs at a terminal, as a user sees them. */

import assert from "node:assert/strict";
import { testAsEveryone } from "./harness.ts";
import { eventually } from "./process.ts";
import { atTerminal } from "./terminal.ts";

testAsEveryone("vim edits a file in a writable grant", async (world) => {
  await atTerminal(world, async (terminal) => {
    const before = await terminal.ask("stty -g");
    await terminal.type("stemjail run -- vim -u NONE -i NONE text");
    await terminal.see(/"text" \[New( File)?\]/);
    await terminal.resize(60, 20);
    await eventually("vim is as small as the window", async () => {
      await terminal.type(":set columns?");
      return (await terminal.screen()).includes("columns=60");
    });
    await terminal.press("-l", "iwritten in a jail");
    await terminal.press("Escape");
    await terminal.type(":wq");
    await terminal.prompt();
    await terminal.resize(80, 24);
    assert.equal(await terminal.ask("stty -g"), before);
  });
  assert.equal(Deno.readTextFileSync(`${world.work}/text`), "written in a jail\n");
});

testAsEveryone("vim is stopped and goes on", async (world) => {
  await atTerminal(world, async (terminal) => {
    await terminal.type("stemjail run -- vim -u NONE -i NONE text");
    await terminal.see(/"text" \[New( File)?\]/);
    await terminal.press("C-z");
    await terminal.see(/Stopped/);
    assert.equal(await terminal.ask("echo at the shell"), "at the shell\n");
    await terminal.type("fg");
    await terminal.see(/\n~\n~\n~/);
    await terminal.press("-l", "iafter");
    await terminal.press("Escape");
    await terminal.type(":wq");
    await terminal.prompt();
  });
  assert.equal(Deno.readTextFileSync(`${world.work}/text`), "after\n");
});

testAsEveryone("less shows a page and then another", async (world) => {
  world.write(
    `${world.work}/numbers`,
    Array.from({ length: 100 }, (_, index) => `line ${index + 1}\n`).join(""),
  );
  await atTerminal(world, async (terminal) => {
    await terminal.type("stemjail run -- less numbers");
    await terminal.see(/line 1\n[^]*line 23\nnumbers/);
    await terminal.press("Space");
    await terminal.see(/line 24\n[^]*line 46\n:/);
    await terminal.press("q");
    await terminal.prompt();
  });
});

testAsEveryone("htop shows the jail's processes alone", async (world) => {
  await atTerminal(world, async (terminal) => {
    await terminal.resize(120, 30);
    await terminal.type("stemjail run -- htop");
    await terminal.see(/F10Quit/);
    const screen = await terminal.screen();
    assert.match(screen, /Tasks: 1,/);
    await terminal.press("q");
    await terminal.prompt();
  });
});

testAsEveryone("bash edits its line, completes and remembers", async (world) => {
  await atTerminal(world, async (terminal) => {
    await terminal.type("PS1='inner> ' stemjail run -e PS1 -- bash --norc --noprofile");
    await terminal.see(/^inner>/m);
    await terminal.press("-l", "echo wrong");
    await terminal.press("C-w");
    await terminal.type("right");
    await terminal.see(/\nright\ninner>/);
    await terminal.press("Up");
    await terminal.see(/right\ninner> echo right/);
    await terminal.press("C-u");
    await terminal.press("-l", "echo /usr/includ");
    await terminal.press("Tab");
    await terminal.see(/inner> echo \/usr\/include\//);
    await terminal.press("C-c");
    // What is typed before the prompt is there again goes the way of the interrupted line.
    await terminal.see(/\^C\ninner> *\n*$/);
    await terminal.press("C-d");
    assert.match(await terminal.prompt(), /exit\n$/);
  });
});
