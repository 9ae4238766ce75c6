/** With a terminal: the application has one of its own, and the user's is as it was afterwards. */

import assert from "node:assert/strict";
import { exists, testAsEveryone, testAsUser } from "./harness.ts";
import { eventually } from "./process.ts";
import { atTerminal, type Terminal } from "./terminal.ts";
import { clientsOf, processesWith } from "./traces.ts";

/** Starts a program in a jail and waits until it says that it is ready. */
async function jail(terminal: Terminal, script: string): Promise<void> {
  await terminal.type(`stemjail run -- bash -c '${script}'`);
  await terminal.see(/^ready$/m);
}

testAsEveryone("the application has a pseudoterminal of the jail's own", async (world) => {
  await atTerminal(world, async (terminal) => {
    const outside = await terminal.ask("tty");
    assert.match(outside, /^\/dev\/pts\/\d+\n$/);
    assert.equal(await terminal.ask("stemjail run -- tty"), "/dev/pts/0\n");
    assert.equal(await terminal.ask("stemjail run -- ls /dev/pts"), "0  ptmx\n");
    const devices = await terminal.ask(
      "stemjail run -- stat -Lc %t:%T /dev/fd/0 /dev/fd/1 /dev/fd/2",
    );
    assert.equal(new Set(devices.trim().split("\n")).size, 1);
    assert.equal(await terminal.ask("stemjail run -- sh -c 'echo x > /dev/tty'"), "x\n");
  });
});

testAsUser("the line that a command begins in stays as it is", async (world) => {
  await atTerminal(world, async (terminal) => {
    for (const command of ["run -- echo", "--version; echo", "stop 0; echo"]) {
      const screen = await terminal.ask(`printf 'kept '; stemjail ${command}`);
      assert.match(screen, /^kept\b/, command);
    }
  });
});

testAsUser("lines of a pipeline begin at the terminal's edge", async (world) => {
  world.write(
    `${world.work}/say`,
    "for n in 1 2; do echo $n; sleep 0.3; echo e$n >&2; sleep 0.3; done",
  );
  await atTerminal(world, async (terminal) => {
    const lines = "-1\ne1\n-2\ne2\n";
    assert.equal(await terminal.ask("stemjail run -- sh say | sed -u s/^/-/"), lines);
    assert.equal(await terminal.ask("stemjail run -- sh say > out"), "e1\ne2\n");
    assert.match(await terminal.ask("stty -a"), /[^-]opost[^]* onlcr/);
  });
});

testAsEveryone("only what is a terminal is replaced by the jail's", async (world) => {
  await atTerminal(world, async (terminal) => {
    const script = 'for n in 0 1 2; do test -t $n && echo $n >&9; done 9>"$1"';
    await terminal.ask(`stemjail run -- sh -c '${script}' sh one > out; echo`);
    await terminal.ask(`stemjail run -- sh -c '${script}' sh two 2> err; echo`);
    const said = ["one", "two"].map((name) => Deno.readTextFileSync(`${world.work}/${name}`));
    assert.deepEqual(said, ["0\n2\n", "0\n1\n"]);
  });
});

testAsEveryone(
  "the window's size is inside as it is outside, and changes with it",
  async (world) => {
    await atTerminal(world, async (terminal) => {
      await terminal.resize(93, 31);
      assert.equal(await terminal.ask("stemjail run -- stty size"), "31 93\n");
      await jail(terminal, 'trap "stty size" WINCH; echo ready; while :; do sleep 0.05; done');
      await terminal.resize(101, 37);
      await terminal.see(/^37 101$/m);
      await terminal.press("C-c");
    });
  },
);

testAsEveryone("Ctrl-C reaches the application, and only it", async (world) => {
  await atTerminal(world, async (terminal) => {
    await jail(
      terminal,
      'trap "echo caught; exit 9" INT; echo ready; while :; do sleep 0.05; done',
    );
    await terminal.press("C-c");
    await terminal.see(/caught\nouter\$/);
    assert.equal(await terminal.ask("echo $?"), "9\n");
    await jail(terminal, "echo ready; exec sleep 60");
    await terminal.press("C-c");
    await terminal.prompt();
    assert.equal(await terminal.ask("echo $?"), "130\n");
  });
});

testAsUser("Ctrl-backslash quits the application", async (world) => {
  await atTerminal(world, async (terminal) => {
    await jail(terminal, "echo ready; exec sleep 60");
    await terminal.press("C-\\");
    await terminal.prompt();
    assert.equal(await terminal.ask("echo $?"), "131\n");
  });
});

testAsEveryone(
  "Ctrl-Z stops the client and the application, fg goes on with both",
  async (world) => {
    await atTerminal(world, async (terminal) => {
      const before = await terminal.ask("stty -g");
      await jail(terminal, "echo ready; read line; echo got $line; exit 8");
      await terminal.press("C-z");
      await terminal.see(/Stopped/);
      assert.equal(await terminal.ask("stty -g"), before);
      const [client] = clientsOf(world);
      assert.match(await terminal.ask(`grep State /proc/${client.pid}/status`), /stopped/);
      await terminal.clear();
      await terminal.type("fg");
      await terminal.type("a line");
      await terminal.see(/got a line\nouter\$/);
      assert.equal(await terminal.ask("echo $?"), "8\n");
      assert.equal(await terminal.ask("stty -g"), before);
    });
  },
);

testAsUser(
  "a client that was stopped from elsewhere has the keyboard again after fg",
  async (world) => {
    await atTerminal(world, async (terminal) => {
      const before = await terminal.ask("stty -g");
      const stop = async () => {
        Deno.kill(clientsOf(world)[0].pid, "SIGSTOP");
        await terminal.see(/Stopped/);
        await terminal.clear();
      };
      await jail(
        terminal,
        "echo ready; read line; echo got $line; until [ -e go ]; do sleep 0.05; done",
      );
      await stop();
      await terminal.type("fg");
      const look = `stty -a < /proc/${clientsOf(world)[0].pid}/fd/0`;
      await eventually("it is raw", async () => /-isig\b/.test((await world.shell(look)).stdout));
      await terminal.type("a line");
      await terminal.see(/got a line/);
      await stop();
      await terminal.ask("bg");
      world.write(`${world.work}/go`, "");
      await eventually("the client ends", () => clientsOf(world).length === 0);
      // Bash also tells of the job's end.
      assert.ok((await terminal.ask("stty -g")).startsWith(before));
    });
  },
);

testAsUser("Ctrl-Z and fg work again and again, and bg lets it run", async (world) => {
  await atTerminal(world, async (terminal) => {
    await jail(terminal, "echo ready; until [ -e go ]; do sleep 0.05; done; touch mark; exit 3");
    for (let round = 0; round < 3; round++) {
      await terminal.press("C-z");
      await terminal.see(/Stopped/);
      await terminal.clear();
      await terminal.type("fg");
      await eventually("it runs", async () => (await terminal.screen()).includes("stemjail run"));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await terminal.press("C-z");
    await terminal.see(/Stopped/);
    await terminal.ask("bg");
    world.write(`${world.work}/go`, "");
    await eventually("it goes on in the background", () => exists(`${world.work}/mark`));
    await eventually("the client ends", () => clientsOf(world).length === 0);
  });
});

testAsEveryone("job control works in a shell inside", async (world) => {
  await atTerminal(world, async (terminal) => {
    await terminal.type("PS1='inner> ' stemjail run -e PS1 -- bash --norc --noprofile");
    await terminal.see(/^inner>/m);
    await terminal.type("sleep 4721");
    await eventually("sleep runs", () => processesWith("4721").length > 0);
    await terminal.press("C-z");
    await terminal.see(/Stopped +sleep 4721/);
    await terminal.type("jobs; fg");
    await terminal.see(/\nsleep 4721\n+$/);
    await terminal.press("C-c");
    await terminal.see(/\^C\ninner>/);
    await terminal.type("exit 5");
    await terminal.prompt();
    assert.equal(await terminal.ask("echo $?"), "5\n");
    assert.doesNotMatch(await terminal.screen(), /job control|cannot set terminal/);
  });
});

testAsEveryone("settings made inside are not the user's terminal's", async (world) => {
  await atTerminal(world, async (terminal) => {
    const before = await terminal.ask("stty -a");
    await terminal.ask("stemjail run -- sh -c 'stty raw -echo rows 5 columns 5; exit 1'");
    assert.equal(await terminal.ask("stty -a"), before);
  });
});

testAsEveryone("the terminal is as before after the client was killed", async (world) => {
  for (const signal of ["SIGKILL", "SIGTERM", "SIGABRT"] as const) {
    await atTerminal(world, async (terminal) => {
      const before = await terminal.ask("stty -g");
      await jail(terminal, "echo ready; exec sleep 4722");
      const [client] = clientsOf(world);
      Deno.kill(client.pid, signal);
      await eventually("the client has ended", () => clientsOf(world).length === 0);
      await terminal.prompt();
      await eventually("the application too", () => processesWith("4722").length === 0);
      assert.equal(await terminal.ask("stty -g"), before, signal);
    });
  }
});

testAsUser("the terminal is as before after the monitor was killed", async (world) => {
  await atTerminal(world, async (terminal) => {
    const before = await terminal.ask("stty -g");
    await jail(terminal, "echo ready; exec sleep 4723");
    const [{ pid }] = JSON.parse((await world.run(["ps", "--json"])).stdout);
    Deno.kill(pid, "SIGKILL");
    await terminal.see(/stemjail: [^\n]*\n[^]*outer\$ *\n*$/);
    assert.equal(await terminal.ask("stty -g"), before);
  });
});

testAsEveryone("a terminal that is closed hangs the application up", async (world) => {
  await atTerminal(world, async (terminal) => {
    await jail(terminal, 'trap "touch mark; exit" HUP; echo ready; while :; do sleep 0.05; done');
  });
  await eventually("the application is hung up", () => exists(`${world.work}/mark`));
  await eventually("the client ends", () => clientsOf(world).length === 0);
});

testAsEveryone("nothing can be typed from inside into the user's terminal", async (world) => {
  await atTerminal(world, async (terminal) => {
    const inject = `import fcntl, termios
for place in ("/dev/tty", "/dev/fd/0", "/dev/fd/1", "/dev/fd/2"):
    for byte in b"touch injected\\n":
        try: fcntl.ioctl(open(place), termios.TIOCSTI, bytes([byte]))
        except OSError: pass`;
    world.write(`${world.work}/inject.py`, inject);
    await terminal.ask("stemjail run -- python3 inject.py");
    await terminal.ask("stemjail run -- python3 inject.py > out");
    await terminal.ask("stemjail run -- python3 inject.py < /dev/null");
    assert.equal(await terminal.ask("echo nothing else was typed"), "nothing else was typed\n");
    assert.equal(exists(`${world.work}/injected`), false);
  });
});

testAsUser("what is typed ahead of the application waits for it", async (world) => {
  await atTerminal(world, async (terminal) => {
    await jail(
      terminal,
      "echo ready; until [ -e go ]; do sleep 0.05; done; read line; echo got $line",
    );
    await terminal.type("typed ahead");
    world.write(`${world.work}/go`, "");
    await terminal.see(/got typed ahead/);
  });
});

testAsUser(
  "a terminal that controls no session of the client's has a keyboard too",
  async (world) => {
    await atTerminal(world, async (terminal) => {
      const before = await terminal.ask("stty -g");
      await terminal.type(
        "setsid -w stemjail run -- sh -c 'echo ready; read line; echo got $line'",
      );
      await terminal.see(/^ready$/m);
      await terminal.type("a line");
      await terminal.see(/got a line\n[^]*outer\$ *\n*$/);
      assert.equal(await terminal.ask("stty -g"), before);
    });
  },
);

testAsUser("Ctrl-D ends what the application reads", async (world) => {
  await atTerminal(world, async (terminal) => {
    await terminal.type("stemjail run -- cat -A");
    await eventually(
      "cat runs",
      () => processesWith("-A").some(({ command }) => command[0] === "cat"),
    );
    await terminal.type("a\tline");
    await terminal.see(/^a\^Iline\$$/m);
    await terminal.press("C-d");
    await terminal.see(/line\$\nouter\$ *\n*$/);
  });
});

testAsUser("much output at once arrives whole, and can be interrupted", async (world) => {
  await atTerminal(world, async (terminal) => {
    const script = "stemjail run -- seq 20000 | tail -n 1; stemjail run -- seq 20000";
    await terminal.type(script);
    await terminal.see(/\n19999\n20000\nouter\$ *\n*$/);
    await terminal.type("stemjail run -- yes");
    await terminal.see(/\ny\ny\ny\n/);
    await terminal.press("C-c");
    await terminal.see(/\ny\n[^]*outer\$ *\n*$/);
  });
});

testAsUser("a portal outlives the terminal that its first run was typed at", async (world) => {
  await atTerminal(world, async (terminal) => {
    await terminal.ask("stemjail run -- true");
  });
  const { stdout } = await world.run(["ps"]);
  assert.match(stdout, /^ID/);
  assert.equal((await world.shell("stemjail portal")).status, 1, "no portal served any more");
});
