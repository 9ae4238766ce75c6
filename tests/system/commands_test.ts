/** The commands beside `run` and `portal`: what they print, and with what status they end. */

import assert from "node:assert/strict";
import { testAsEveryone, testAsUser, type World } from "./harness.ts";
import { eventually } from "./process.ts";
import { portalsOf } from "./traces.ts";

const commands = [
  ...[
    "run",
    "portal",
    "info",
    "ps",
    "stop",
    "profile",
    "desktop",
    "doctor",
    "shim",
    "mount",
    "completions",
  ],
];

async function print(world: World, ...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await world.run(args);
  assert.deepEqual([status, stderr], [0, ""], args.join(" "));
  assert.equal(stdout.endsWith("\n"), true, `${args.join(" ")}: no newline at the end`);
  return stdout;
}

/** Has a jail running while something is done: in a directory that every jail has, as it could still be any. */
async function withJail(world: World, act: (pid: number) => Promise<void>): Promise<void> {
  const client = world.start([world.executable, "run", "--", "sleep", "60"], { cwd: "/" });
  const isListed = async () => (await world.run(["ps"])).stdout.includes("sleep 60");
  await eventually("the jail is listed", isListed);
  await act(client.pid);
  client.kill("SIGTERM");
  await client.outcome;
}

testAsUser("--help lists every command, and each has its own", async (world) => {
  const help = await print(world, "--help");
  assert.equal(await print(world), help);
  for (const command of commands) {
    assert.match(help, new RegExp(`^  ${command} +\\S`, "m"));
    for (const option of ["--help", "-h"]) {
      const own = await print(world, command, option);
      assert.match(own, new RegExp(`^Usage: stemjail ${command} `));
      assert.match(own, /-h, --help/);
      assert.equal(await print(world, "help", command), own);
    }
  }
  assert.doesNotMatch(help, /monitor/);
});

testAsUser("help is on 80 columns but for tables of options", async (world) => {
  const text = await print(world, "run", "--help");
  assert.deepEqual(
    text.split("\n").filter((line) => !line.startsWith("  ") && line.length > 100),
    [],
  );
});

testAsUser("--version names the version and how the executable was made", async (world) => {
  const version = await print(world, "--version");
  assert.match(version, /^stemjail \d+\.\d+\.\d+ .*(compiled|self-extracting)/);
});

testAsUser("neither help nor version starts a portal", async (world) => {
  await print(world, "--help");
  await print(world, "run", "--help");
  await print(world, "--version");
  await print(world, "ps");
  await print(world, "profile", "list");
  assert.deepEqual(portalsOf(world), []);
});

testAsEveryone("ps lists the running jails, as a table and as JSON", async (world) => {
  assert.equal(await print(world, "ps"), "ID  PID  AGE  DOMAIN  COMMAND\n");
  assert.equal(await print(world, "ps", "--json"), "[]\n");
  await withJail(world, async () => {
    const [head, row, ...rest] = (await print(world, "ps")).split("\n");
    assert.match(head, /^ID +PID +AGE +DOMAIN +COMMAND$/);
    assert.match(row, /^1 +\d+ +00:00:\d\d +plain +sleep 60$/);
    assert.deepEqual(rest, [""]);
    const [jail] = JSON.parse(await print(world, "ps", "--json"));
    const { pid, started, ...others } = jail;
    assert.equal(row.includes(` ${pid} `), true);
    assert.equal(Math.abs(Date.now() - started) < 60_000, true);
    assert.deepEqual(others, {
      id: "1",
      command: ["sleep", "60"],
      domain: "plain",
      candidates: ["plain"],
      history: [],
    });
  });
});

testAsUser("ps shows control characters of a command as escapes", async (world) => {
  const client = world.start([world.executable, "run", "--", "sleep", "60", "\x1b[2Jodd\n"]);
  const { status } = await client.outcome;
  assert.equal(status, 1);
  const odd = "exec sleep 60; \x1b[2J\n\x07";
  const jailed = world.start([world.executable, "run", "--", "sh", "-c", odd]);
  const isListed = async () => (await world.run(["ps"])).stdout.includes("sleep 60");
  await eventually("the jail is listed", isListed);
  const text = await print(world, "ps");
  assert.equal(text.split("\n").length, 3);
  // deno-lint-ignore no-control-regex -- none of them may be there
  assert.doesNotMatch(text, /[\x00-\x09\x0b-\x1f]/);
  jailed.kill("SIGTERM");
  await jailed.outcome;
});

testAsEveryone("stop ends a jail", async (world) => {
  const client = world.start([world.executable, "run", "--", "sleep", "60"]);
  await eventually("it runs", async () => (await world.run(["ps"])).stdout.includes("sleep 60"));
  const { status, stdout, stderr } = await world.run(["stop", "1"]);
  assert.deepEqual([status, stdout, stderr], [0, "", ""]);
  assert.equal((await client.outcome).status, 143);
  await eventually("it is gone", async () => !(await world.run(["ps"])).stdout.includes("sleep"));
});

testAsUser("stop ends also what does not want to", async (world) => {
  const script = "trap '' TERM HUP INT; echo ready; while :; do sleep 0.1; done";
  const client = world.start([world.executable, "run", "--", "/bin/sh", "-c", script]);
  await eventually("it runs", async () => (await world.run(["ps"])).stdout.includes("trap"));
  assert.equal((await world.run(["stop", "1"])).status, 0);
  assert.equal((await client.outcome).status, 137);
});

testAsUser("stop of what does not run says so", async (world) => {
  const nothing = await world.run(["stop", "1"]);
  assert.deepEqual([nothing.status, nothing.stdout], [1, ""]);
  assert.match(nothing.stderr, /^stemjail: [^\n]+\n$/);
  await world.jail(["true"]);
  for (const id of ["1", "99", "", "../1", "-1"]) {
    const { status, stderr } = await world.run(["stop", "--", id]);
    assert.equal(status, 1, id);
    assert.match(stderr, /^stemjail: No such jail "[^\n]*stemjail ps[^\n]*\n$/);
  }
});

testAsEveryone("info shows the domains and the jails in them", async (world) => {
  world.profile("other");
  await withJail(world, async () => {
    const text = await print(world, "info");
    assert.match(text, /^plain$/m);
    assert.match(text, new RegExp(`^  write ${world.work}$`, "m"));
    assert.match(text, /^ {2}read {2}\/usr$/m);
    assert.match(text, /^jail 1 in other ∩ plain: sleep 60$/m);
  });
});

testAsUser("info --json is JSON, with domains and jails", async (world) => {
  world.profile("other");
  await withJail(world, async () => {
    const graph = JSON.parse(await print(world, "info", "--json"));
    assert.equal(graph.jails[0].domain, "other ∩ plain");
    assert.equal(JSON.stringify(graph).includes(world.work), true);
  });
});

testAsUser("info --dot is what Graphviz reads", async (world) => {
  world.profile('quotes " and \\ backslashes');
  await withJail(world, async () => {
    const dot = await print(world, "info", "--dot");
    const drawn = await world.start(["dot", "-Tplain"], { stdin: dot }).outcome;
    assert.deepEqual([drawn.status, drawn.stderr], [0, ""]);
    assert.match(dot, /∩/);
  });
});

testAsUser("info --svg is a picture, drawn without Graphviz", async (world) => {
  const { stdout, status } = await world.run(["info", "--svg"], { env: { PATH: "/nowhere" } });
  assert.equal(status, 0);
  assert.match(stdout, /<svg [^]*plain[^]*<\/svg>\s*$/);
});

testAsEveryone("info -o writes to a file", async (world) => {
  for (const form of [[], ["--dot"], ["--json"], ["--svg"]]) {
    const printed = await print(world, "info", ...form);
    const { status, stdout } = await world.run(["info", ...form, "-o", "graph"]);
    assert.deepEqual([status, stdout], [0, ""]);
    assert.equal(Deno.readTextFileSync(`${world.work}/graph`), printed);
  }
  const failed = await world.run(["info", "--output=/nowhere/graph"]);
  assert.equal(failed.status, 1);
  assert.match(failed.stderr, /^stemjail: Cannot write "\/nowhere\/graph": [^\n]+\n$/);
});

testAsUser("profile check says that all is well", async (world) => {
  assert.match(
    await print(world, "profile", "check"),
    /^1 profile, 0 problems(, \d+ warnings?)?$/m,
  );
});

testAsUser("profile check names file, line and column of each mistake", async (world) => {
  world.write(`${world.profiles}/broken.toml`, 'name = "broken"\n[[fs.bind]]\npaht = "/usr"\n');
  world.write(`${world.profiles}/syntax.toml`, 'name = "syntax\n');
  const { status, stdout } = await world.run(["profile", "check"]);
  assert.equal(status, 1);
  assert.match(stdout, /broken\.toml:3:1: [^\n]*paht[^\n]*path/);
  assert.match(stdout, /syntax\.toml:1:\d+: /);
  assert.match(stdout, /^3 profiles, \d problems/m);
});

testAsUser("profile list and show tell what there is", async (world) => {
  world.profile("other", {}, '[run]\ncmd = ["/bin/sh", "-i"]');
  const list = await print(world, "profile", "list");
  assert.match(list, /^NAME +BINDS +COMMAND +FILE$/m);
  assert.match(list, /^plain +\d+ +- +\/\S+\/plain\.toml$/m);
  assert.match(list, /^other +\d+ +\/bin\/sh -i +\/\S+\/other\.toml$/m);
  const shown = await print(world, "profile", "show", "plain");
  assert.match(shown, /^name +plain$/m);
  assert.match(shown, new RegExp(`write +directory +${world.work}$`, "m"));
});

testAsUser("profile show names the nearest one for a slip", async (world) => {
  const { status, stderr } = await world.run(["profile", "show", "plian"]);
  assert.equal(status, 1);
  assert.match(stderr, /^stemjail: No such profile "plian": did you mean "plain"\?\n$/);
});

testAsUser("profile list warns of what it leaves out, and show says why", async (world) => {
  world.profile("lost", { [`${world.home}/nowhere`]: "read" });
  const list = await world.run(["profile", "list", "--names"]);
  assert.deepEqual([list.status, list.stdout], [0, "plain\n"]);
  assert.match(list.stderr, /^stemjail: warning: [^\n]*lost\.toml:\d+:\d+: [^\n]+\n$/);
  const { status, stderr } = await world.run(["profile", "show", "lost"]);
  assert.equal(status, 1);
  assert.match(
    stderr,
    /^stemjail: No such profile "lost" without a mistake: [^\n]*nowhere[^\n]*\n$/,
  );
  const misplaced = await world.run(["profile", "check", "--names"]);
  assert.deepEqual([misplaced.status, misplaced.stdout], [2, ""]);
});

testAsUser("without profiles of the user's the shipped ones are there", async (world) => {
  const { stdout } = await world.run(["profile", "list"], {
    env: { STEMJAIL_PROFILES: undefined },
  });
  for (const name of ["base", "shell", "dev", "OpenBar", "Paranoid", "Company"]) {
    assert.match(stdout, new RegExp(`^${name} `, "m"));
  }
});

testAsUser("doctor finds nothing wrong with a system on which jails run", async (world) => {
  // It waits half a second for the jail that it tries, which a machine at its limits can exceed.
  let stdout = "";
  const isWell = async () => {
    const outcome = await world.run(["doctor"]);
    stdout = outcome.stdout;
    assert.ok(outcome.status === 0 || stdout.includes("no answer within"), stdout);
    return outcome.status === 0;
  };
  await eventually("doctor has its answer in time", isWell, 60_000);
  assert.match(stdout, /namespaces/);
  assert.match(stdout, /Landlock/);
  assert.match(stdout, /kernel/);
});

testAsUser("shim and mount outside a jail say where they belong", async (world) => {
  for (const args of [["shim", "--access", "/usr"], ["mount", "-s", "/usr", "-d", "/mnt"]]) {
    const { status, stderr } = await world.run(args);
    assert.equal(status, 1);
    assert.match(stderr, /^stemjail: [^\n]*inside a jail[^\n]*\n$/);
  }
});
