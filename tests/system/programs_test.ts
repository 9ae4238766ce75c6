/** Real programs that know nothing of StemJail, at work in a writable grant. */

import assert from "node:assert/strict";
import { testAsEveryone, testAsUser, type World } from "./harness.ts";

/** Runs a script in a jail that must succeed without a word of complaint. */
async function succeed(world: World, script: string): Promise<string> {
  const { status, stdout, stderr } = await world.jail(["bash", "-euc", script], {
    patience: 60_000,
  });
  assert.deepEqual([status, stderr], [0, ""]);
  return stdout;
}

testAsEveryone("bash with pipes, substitutions, here-documents and globs", async (world) => {
  const script = `
    mkdir a b; touch a/1 a/2 b/3
    cat <<END | sort -r | tee sorted | head -n 1
$(printf '%s\n' a/* b/*)
END
    diff <(sort sorted) <(ls -d a/* b/*)
    (exit 3) || echo status $?
    wait; for i in 1 2 3; do sleep 0.01 & done; wait; echo $((6 * 7))`;
  assert.equal(await succeed(world, script), "b/3\nstatus 3\n42\n");
});

testAsEveryone("git init, add, commit, branch, merge, log, clone and gc", async (world) => {
  const script = `
    export HOME=$PWD; git config --global user.name Tester; git config --global user.email t@example.org
    git config --global init.defaultBranch main
    git init -q repository; cd repository
    echo one > file; git add file; git commit -qm first
    git switch -qc side; echo two >> file; git commit -qam second
    git switch -q main; echo other > other; git add other; git commit -qm third
    git merge -q --no-edit side; git gc -q
    cd ..; git clone -q repository copy; cd copy
    git log --format=%s | sort; git fsck --no-progress; git status --short; cat file`;
  assert.equal(
    await succeed(world, script),
    "Merge branch 'side'\nfirst\nsecond\nthird\none\ntwo\n",
  );
  const outside = await world.shell("git -C copy log --oneline | wc -l");
  assert.equal(outside.stdout, "4\n", outside.stderr);
});

testAsEveryone("python3 with modules, threads, processes and a local server", async (world) => {
  world.write(`${world.work}/module.py`, "answer = 42\n");
  world.write(
    `${world.work}/program.py`,
    `
import concurrent.futures, http.server, json, module, multiprocessing, os, sqlite3
import subprocess, tempfile, threading, urllib.request

def square(number):
    return number * number

if __name__ == "__main__":
    print(module.answer)
    with multiprocessing.Pool(4) as pool:
        print(sum(pool.map(square, range(100))))
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        print(sum(threads.map(square, range(100))))
    print(subprocess.run(["uname", "-s"], capture_output=True, text=True, check=True).stdout.strip())
    with tempfile.TemporaryFile() as file:
        file.write(b"temporary"); file.seek(0); print(file.read().decode())
    base = sqlite3.connect("base.db")
    base.execute("create table t (n)"); base.executemany("insert into t values (?)", [(1,), (2,)])
    base.commit(); print(base.execute("select sum(n) from t").fetchone()[0])
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    http.server.SimpleHTTPRequestHandler.log_message = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/module.py"
    print(urllib.request.urlopen(url).read().decode().strip())
    server.shutdown()
`,
  );
  assert.equal(
    await succeed(world, "python3 program.py"),
    "42\n328350\n328350\nLinux\ntemporary\n3\nanswer = 42\n",
  );
});

testAsEveryone(
  "make and gcc build a project of several files, and what they build runs",
  async (world) => {
    world.write(
      `${world.work}/main.c`,
      '#include "part.h"\n#include <stdio.h>\nint main(void) { printf("%d\\n", part(20)); return 0; }\n',
    );
    world.write(`${world.work}/part.h`, "int part(int number);\n");
    world.write(
      `${world.work}/part.c`,
      '#include "part.h"\n#include <math.h>\nint part(int number) { return number * 2 + (int)sqrt(4.0 * number / number); }\n',
    );
    world.write(
      `${world.work}/Makefile`,
      `CFLAGS = -O2 -Wall -Werror
program: main.o libpart.a
\t$(CC) -o $@ main.o libpart.a -lm
libpart.a: part.o
\t$(AR) rcs $@ $^
%.o: %.c part.h
\t$(CC) $(CFLAGS) -c -o $@ $<
`,
    );
    assert.equal(
      await succeed(world, "make -s -j2 && ./program && make -q && echo up to date"),
      "42\nup to date\n",
    );
    assert.equal((await world.shell("./program")).stdout, "42\n");
  },
);

testAsEveryone("tar packs and unpacks with modes, links and times", async (world) => {
  const script = `
    mkdir -p tree/deep; echo text > tree/deep/file; ln -s deep/file tree/link; ln tree/deep/file tree/hard
    chmod 640 tree/deep/file; touch -d '2020-02-02 02:02:02 UTC' tree/deep/file
    tar czf tree.tar.gz tree; mkdir copy; tar xzf tree.tar.gz -C copy
    diff -r tree copy/tree; stat -c '%a %h %Y' copy/tree/deep/file; readlink copy/tree/link
    tar cf - tree | tar tf - | sort`;
  assert.equal(
    await succeed(world, script),
    "640 2 1580608922\ndeep/file\ntree/\ntree/deep/\ntree/deep/file\ntree/hard\ntree/link\n",
  );
});

testAsEveryone("find, grep, sed, awk, cp, mv, rm and rsync-like copies", async (world) => {
  const script = `
    mkdir -p from/sub; for i in 1 2 3; do echo "line $i" > from/sub/$i; done
    cp -a from to; mv to/sub/3 to/three; rm to/sub/2; sed -i s/line/LINE/ to/sub/1
    grep -rh LINE to; find to -type f -printf '%P\n' | sort; awk '{ n += $2 } END { print n }' from/sub/*
    rm -r from; ls`;
  assert.equal(await succeed(world, script), "LINE 1\nsub/1\nthree\n6\nto\n");
});

testAsUser("a script with its interpreter is executed by its path", async (world) => {
  world.write(`${world.work}/script`, "#!/usr/bin/env python3\nimport sys\nprint(sys.argv[1:])\n");
  Deno.chmodSync(`${world.work}/script`, 0o755);
  assert.equal((await world.jail(["./script", "a b"])).stdout, "['a b']\n");
  assert.equal((await world.jail([`${world.work}/script`])).stdout, "[]\n");
});

testAsUser("a static program runs as any other", async (world) => {
  world.write(
    `${world.work}/static.c`,
    '#include <stdio.h>\nint main(void) { puts("static"); return 0; }\n',
  );
  const built = await world.shell("gcc -static -o static static.c");
  assert.deepEqual([built.status, built.stderr], [0, ""]);
  assert.equal((await world.jail(["./static"])).stdout, "static\n");
});

testAsUser("strace traces a program of the same jail", async (world) => {
  const { status, stderr } = await world.jail(["strace", "-f", "-e", "trace=execve", "/bin/true"]);
  assert.equal(status, 0);
  assert.match(stderr, /execve\("\/bin\/true"/);
  assert.match(stderr, /exited with 0/);
});

testAsUser("a profile's own command is what runs without one", async (world) => {
  world.profile("command", {}, '[run]\ncmd = ["/bin/echo", "its own", "command"]');
  assert.equal((await world.run(["run", "-p", "command"])).stdout, "its own command\n");
  assert.equal(
    (await world.run(["run", "-p", "command", "--", "echo", "another"])).stdout,
    "another\n",
  );
});

testAsUser("the options of the command are its own", async (world) => {
  assert.equal((await world.run(["run", "echo", "-p", "--help", "--"])).stdout, "-p --help --\n");
});
