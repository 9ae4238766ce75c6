/** A jail in a pipeline at a terminal: streams stay what they are, and the keyboard is whose it should be. */

import assert from "node:assert/strict";
import { exists, testAsEveryone, testAsUser } from "./harness.ts";
import { eventually } from "./process.ts";
import { atTerminal } from "./terminal.ts";
import { clientsOf } from "./traces.ts";

testAsEveryone("a pager reads a pipe, and the keyboard", async (world) => {
  await atTerminal(world, async (terminal) => {
    const before = await terminal.ask("stty -g");
    await terminal.type("seq 100 | stemjail run -- less");
    await terminal.see(/^1\n[^]*\n23\n:/m);
    await terminal.press("Space");
    await terminal.see(/^24\n[^]*\n46\n:/m);
    await terminal.press("q");
    await terminal.prompt();
    assert.equal(await terminal.ask("stty -g"), before);
  });
});

testAsUser("a pager outside has the keyboard while a jail writes to it", async (world) => {
  await atTerminal(world, async (terminal) => {
    for (const end of ["; sleep 5", ""]) {
      await terminal.clear();
      await terminal.type(`stemjail run -- sh -c "seq 100${end}" | less`);
      await terminal.see(/^1\n[^]*\n23\n:/m);
      for (let page = 2; page <= 4; page++) await terminal.press("Space");
      await terminal.see(/^70\n[^]*\n92\n:/m);
      await terminal.press("q");
      await terminal.prompt();
    }
  });
});

testAsUser("vim edits what came through a pipe", async (world) => {
  await atTerminal(world, async (terminal) => {
    await terminal.type("echo piped | stemjail run -- vim -u NONE -i NONE -");
    await terminal.see(/^piped\n~/m);
    await terminal.press("-l", "Oabove");
    await terminal.press("Escape");
    await terminal.type(":wq text");
    await terminal.prompt();
  });
  assert.equal(Deno.readTextFileSync(`${world.work}/text`), "above\npiped\n");
});

testAsEveryone("a question at /dev/tty is answered, whatever is redirected", async (world) => {
  const ask = 'printf "name? " > /dev/tty; read name < /dev/tty; echo "hello $name"; cat';
  world.write(`${world.work}/ask`, ask);
  world.write(`${world.work}/in`, "from a file\n");
  const lines = ["< in", "< in > out", "< in 2> err", "< in | cat", "< in > out 2>&1 2> /dev/tty"];
  await atTerminal(world, async (terminal) => {
    for (const redirections of lines) {
      await terminal.clear();
      await terminal.type(`rm -f out; stemjail run -- sh ask ${redirections}; cat out`);
      await terminal.see(/^name\?/m);
      await terminal.type("Nobody");
      // What is typed very early is echoed by both terminals.
      await terminal.see(/name\? (?:Nobody)+\n[^]*^hello Nobody\nfrom a file\n[^]*outer\$ *\n*$/m);
    }
  });
});

testAsUser("a terminal can be opened again by who has closed all of it", async (world) => {
  const ask =
    "exec > said 2>&1; sleep 0.2; echo name? > /dev/tty; read name < /dev/tty; echo $name";
  world.write(`${world.work}/ask`, ask);
  await atTerminal(world, async (terminal) => {
    await terminal.type("echo piped | stemjail run -- sh ask");
    await terminal.see(/^name\?$/m);
    await terminal.type("Nobody");
    await terminal.prompt();
  });
  assert.equal(Deno.readTextFileSync(`${world.work}/said`), "Nobody\n");
});

testAsUser("a password is not echoed, though another program asks for it", async (world) => {
  const ask = `import getpass
print("got", getpass.getpass("secret? "), flush=True)`;
  world.write(`${world.work}/ask.py`, ask);
  await atTerminal(world, async (terminal) => {
    for (const command of ["python3 ask.py", "sh -c 'python3 ask.py; true'"]) {
      await terminal.clear();
      await terminal.type(`echo x | stemjail run -- ${command} | sed s/hush/known/`);
      await terminal.see(/^secret\?/m);
      await terminal.type("hush");
      const screen = (await terminal.see(/secret\?[^]*got known\n[^]*outer\$ *\n*$/))[0];
      assert.doesNotMatch(screen, /hush[^/]/);
    }
  });
});

testAsUser("the terminal is as before after a client in a pipeline was killed", async (world) => {
  const line = "stemjail run -- sh -c 'echo ready > /dev/tty; stty -echo; read line' | cat";
  // The shell that is typed at would set it right by itself.
  world.write(`${world.work}/script`, `stty -g > before; ${line}; sleep 1; stty -g > after`);
  await atTerminal(world, async (terminal) => {
    await terminal.type("sh script");
    await terminal.see(/^ready/m);
    const [{ pid }] = clientsOf(world);
    const look = `stty -a < /proc/${pid}/fd/0`;
    const isRaw = async () => / -icanon /.test((await world.shell(look)).stdout);
    await eventually("the client has the keyboard", isRaw);
    Deno.kill(pid, "SIGKILL");
    await terminal.prompt();
  });
  const [before, after] = ["before", "after"].map((name) =>
    Deno.readTextFileSync(`${world.work}/${name}`)
  );
  assert.equal(after, before);
});

testAsUser("what reads ahead of a jail has the keyboard first", async (world) => {
  await atTerminal(world, async (terminal) => {
    const upstream = `bash -c 'read -p "first? " x < /dev/tty; echo $x'`;
    await terminal.type(`${upstream} | stemjail run -- sed s/^/got:/`);
    await terminal.see(/^first\?/m);
    await terminal.type("here");
    await terminal.see(/got:here\nouter\$/);
  });
});

testAsUser("an interactive shell works with its output in a pipe", async (world) => {
  await atTerminal(world, async (terminal) => {
    await terminal.type("stemjail run -- bash --norc --noprofile | cat");
    await terminal.see(/^bash[^\n]*[$#]/m);
    await terminal.type("echo from inside; exit 4");
    await terminal.see(/exit 4\s*(?:exit\s*)?from inside\n/);
    await terminal.prompt();
  });
});

testAsUser("what only polls its terminal has the lines that nobody else reads", async (world) => {
  const script = `import select, sys
print("ready", file=sys.stderr, flush=True)
select.select([0], [], [])
print("got", sys.stdin.readline())`;
  world.write(`${world.work}/poll.py`, script);
  await atTerminal(world, async (terminal) => {
    await terminal.type("stemjail run -- python3 poll.py | cat");
    await terminal.see(/^ready$/m);
    await terminal.type("a line");
    await terminal.see(/got a line\n[^]*outer\$ *\n*$/);
  });
});

testAsUser("Ctrl-C and Ctrl-Z are for the whole pipeline", async (world) => {
  await atTerminal(world, async (terminal) => {
    await terminal.type("sleep 4731 | stemjail run -- sh -c 'echo ready; cat'");
    await terminal.see(/^ready$/m);
    await terminal.press("C-z");
    await terminal.see(/Stopped/);
    await terminal.ask("bg");
    await terminal.clear();
    await terminal.type("fg");
    await terminal.press("C-c");
    await terminal.prompt();
    await terminal.clear();
    await terminal.type("{ seq 100; sleep 4732; } | stemjail run -- less");
    await terminal.see(/^1\n[^]*\n23\n:/m);
    await terminal.press("C-z");
    await terminal.see(/Stopped/);
    await terminal.ask("stty sane; kill %1");
  });
});

testAsUser(
  "the window's size reaches a program that has not asked for the keyboard",
  async (world) => {
    await atTerminal(world, async (terminal) => {
      const script =
        'trap "stty size < /dev/stderr >&2" WINCH; echo ready >&2; while :; do sleep 0.05; done';
      await terminal.resize(93, 31);
      await terminal.type(`stemjail run -- bash -c '${script}' < /dev/null | cat`);
      await terminal.see(/^ready$/m);
      await terminal.resize(101, 37);
      await terminal.see(/^37 101$/m);
      await terminal.press("C-c");
      await terminal.prompt();
    });
  },
);

testAsUser("a jail in a script's background leaves the script the keyboard", async (world) => {
  world.write(
    `${world.work}/script`,
    `stemjail run -- sh -c "echo up > up; sleep 1" &
     until [ -e up ]; do sleep 0.05; done
     read -p "line? " line; echo "got $line"; wait`,
  );
  await atTerminal(world, async (terminal) => {
    await terminal.type("bash script");
    await terminal.see(/^line\?/m);
    await terminal.type("typed");
    await terminal.see(/^got typed$/m);
  });
  assert.ok(exists(`${world.work}/up`));
});

testAsEveryone("the user's terminal is in no jail", async (world) => {
  const look =
    `for at in 0 1 2; do [ -t $at ] && stat -Lc %d:%i /proc/$$/fd/$at >&9; done 9>> seen`;
  world.write(`${world.work}/look`, look);
  await atTerminal(world, async (terminal) => {
    await terminal.ask("stat -Lc %d:%i /dev/stdin > outside");
    for (const how of ["", "< /dev/null", "> out", "< /dev/null > out", "2> err", "| cat"]) {
      await terminal.ask(`stemjail run -- sh look ${how}`);
    }
  });
  const [outside, seen] = ["outside", "seen"].map((name) =>
    Deno.readTextFileSync(`${world.work}/${name}`)
  );
  assert.equal(seen.trim().split("\n").length, 3 + 2 + 2 + 1 + 2 + 2);
  assert.ok(!seen.split("\n").includes(outside.trim()), seen);
});

testAsUser(
  "bytes are not changed on their way through a redirection at a terminal",
  async (world) => {
    const bytes = Uint8Array.from({ length: 64 * 1024 }, (_, index) => index % 256);
    Deno.writeFileSync(`${world.work}/bytes`, bytes);
    await atTerminal(world, async (terminal) => {
      await terminal.ask("stemjail run -- cat bytes > one; stemjail run -- cat bytes | cat > two");
      await terminal.ask(
        "stemjail run -- cat < bytes > three; cat bytes | stemjail run -- cat | cat > four",
      );
    });
    for (const name of ["one", "two", "three", "four"]) {
      assert.deepEqual(Deno.readFileSync(`${world.work}/${name}`), bytes, name);
    }
    await eventually("files are there", () => exists(`${world.work}/four`));
  },
);
