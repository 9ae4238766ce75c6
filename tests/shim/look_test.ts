/** What the shim asks for, seen from programs that know nothing of it. */

import assert from "node:assert/strict";
import { Workshop, World } from "./world.ts";

/** Defines the tests for one build of the shim. */
function defineTests(workshop: Workshop): void {
  interface Expectation {
    code?: number;
    stdout?: string;
    requests: string[];
  }

  /** Runs a shell command in a world; BASE stands for the world's directory. */
  async function shell(command: string, expected: Expectation, cwd = ""): Promise<void> {
    await using world = await World.make(workshop);
    const outcome = await world.run(["sh", "-c", command], { cwd, env: { BASE: world.base } });
    assert.deepEqual(
      { code: outcome.code, stdout: outcome.stdout, requests: outcome.requests },
      { code: 0, stdout: "", ...expected },
      outcome.stderr,
    );
  }

  workshop.test("a granted path costs no request", () =>
    shell("cat $BASE/open/file", { stdout: "open\n", requests: [] }));

  workshop.test("the first access to a reachable path makes one request, and finds the file", () =>
    shell("cat $BASE/alpha/file", { stdout: "alpha\n", requests: ["1 0 /alpha/file"] }));

  workshop.test("what was granted to one process is granted to the next", () =>
    shell("cat $BASE/alpha/file; cat $BASE/alpha/file; ls $BASE/alpha", {
      stdout: "alpha\nalpha\nfile\ngamma\ninner\n",
      requests: ["1 0 /alpha/file"],
    }));

  workshop.test("an impossible path costs no request", () =>
    shell("cat $BASE/nowhere/file || cat /home/nobody/file", { code: 1, requests: [] }));

  workshop.test("after a transition, what only other profiles grant is out of reach", () =>
    shell("cat $BASE/beta/file; cat $BASE/alpha/file", {
      code: 1,
      stdout: "beta\n",
      requests: ["1 0 /beta/file"],
    }));

  workshop.test("a path that no profile lets write is not asked for as such", () =>
    shell("echo x > $BASE/beta/file", { code: 2, requests: [] }));

  workshop.test("a file is written where a profile allows it", () =>
    shell("echo x > $BASE/alpha/new && rm $BASE/alpha/new", { requests: ["1 1 /alpha/new"] }));

  workshop.test("a link in a granted tree makes a request for its target", () =>
    shell("cat $BASE/open/alpha-file", { stdout: "alpha\n", requests: ["1 0 /alpha/file"] }));

  workshop.test("a link on the way makes a request for what lies behind it", () =>
    shell("cat $BASE/open/alpha/inner/../file", {
      stdout: "alpha\n",
      requests: ["1 0 /alpha/inner"],
    }));

  workshop.test("a link behind a link is followed after the first was granted", () =>
    shell("cat $BASE/open/alpha/gamma/file", {
      stdout: "gamma\n",
      requests: ["1 0 /alpha/gamma/file", "1 0 /gamma/file"],
    }));

  workshop.test("a link to nowhere makes no request", () =>
    shell("cat $BASE/open/dangling", { code: 1, requests: [] }));

  workshop.test("to look at a link itself is not to ask for its target", () =>
    shell("readlink $BASE/open/alpha; stat -c %F $BASE/open/alpha-file", {
      stdout: "../alpha\nsymbolic link\n",
      requests: [],
    }));

  workshop.test("a link in the jail's own /tmp is followed", () =>
    shell(
      'd=$(mktemp -d) && ln -s $BASE/alpha $d/l && cat $d/l/file; s=$?; rm -r "$d"; exit $s',
      { stdout: "alpha\n", requests: ["1 0 /alpha/file"] },
    ));

  workshop.test("a relative path is asked for from the working directory", () =>
    shell("cat ../alpha/file", { stdout: "alpha\n", requests: ["1 0 /alpha/file"] }, "open"));

  workshop.test("after a change of directory relative paths start there", () =>
    shell("cd ../alpha && cat file && cd ../open && cat file", {
      stdout: "alpha\nopen\n",
      requests: ["1 0 /alpha"],
    }, "open"));

  workshop.test("a parent directory is taken as the kernel takes it, through links", () =>
    shell("cat alpha/../alpha/file", { stdout: "alpha\n", requests: ["1 0 /alpha"] }, "open"));

  workshop.test("slashes and dots do not hide a path", () =>
    shell("cat $BASE/.//alpha/./file", { stdout: "alpha\n", requests: ["1 0 /alpha/file"] }));

  workshop.test("a path through /proc/self/cwd is asked for", () =>
    shell("cat /proc/self/cwd/alpha/file", { stdout: "alpha\n", requests: ["1 0 /alpha/file"] }));

  workshop.test("a walk through a granted tree asks for nothing", () =>
    shell("find $BASE/open -type f | wc -l", { stdout: "1\n", requests: [] }));

  workshop.test("files move from one granted tree to another", () =>
    shell("cp $BASE/alpha/file $BASE/work/copy && mv $BASE/work/copy $BASE/alpha/copy", {
      requests: ["1 0 /alpha/file"],
    }));

  workshop.test("python imports from a tree that appears on first use", () =>
    shell(
      'python3 -c \'import os, sys; sys.path.insert(0, os.environ["BASE"] + "/alpha");' +
        ' open(sys.path[0] + "/mod.py", "w").write("x = 7"); import mod; print(mod.x)\'',
      { stdout: "7\n", requests: ["1 1 /alpha/mod.py"] },
    ));

  workshop.test("nothing is asked in a jail that is final from the start", async () => {
    await using world = await World.make(workshop, "answer", "C");
    const outcome = await world.run(["cat", `${world.base}/gamma/file`, `${world.base}/beta/file`]);
    assert.deepEqual(outcome.requests, []);
  });
}

for (const workshop of await Workshop.openBoth()) defineTests(workshop);
