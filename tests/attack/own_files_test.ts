/**
 * A50, A82, A89: StemJail's own files outside. Whatever a profile binds, they are neither seen nor
 * changed nor replaced from inside, where they are and where they are not yet.
 */

import assert from "node:assert/strict";
import { exists, testAsEveryone, testAsUser, testWithRoot, type World } from "../system/harness.ts";
import { eventually } from "../system/process.ts";
import { portalsOf } from "../system/traces.ts";
import { assertAllFailed, assertRan, attack, install, judgements, profile } from "./attacker.ts";

/** A world where everything is at its usual place in HOME, and one profile grants all of it. */
function usualPlaces(world: World) {
  const { home, runtime } = world;
  const config = `${home}/.config/stemjail`;
  const profiles = `${config}/profiles`;
  install(world);
  Deno.removeSync(world.profiles, { recursive: true });
  for (const path of [`${home}/.config`, config, profiles]) world.directory(path);
  Deno.renameSync(makeProfile(world), `${profiles}/all.toml`);
  const env = {
    STEMJAIL_PROFILES: undefined,
    XDG_CONFIG_HOME: undefined,
    XDG_STATE_HOME: undefined,
    XDG_CACHE_HOME: undefined,
  };
  const own = {
    config,
    profiles,
    cache: `${home}/.cache/stemjail`,
    state: `${home}/.local/state/stemjail`,
    socket: `${runtime}/stemjail/portal.sock`,
    lock: `${runtime}/stemjail/portal.sock.lock`,
    runtime: `${runtime}/stemjail`,
  };
  return { env, own };
}

function makeProfile(world: World): string {
  world.directory(world.profiles);
  profile(world, "all", {
    [world.home]: "write",
    [world.runtime]: "write",
    [world.installation.base]: "write",
  });
  return `${world.profiles}/all.toml`;
}

/** Every file and directory below a path, with what it holds. */
function contents(path: string): string[] {
  return [...Deno.readDirSync(path)].flatMap((entry) => {
    const inner = `${path}/${entry.name}`;
    if (entry.isDirectory) return [inner, ...contents(inner)];
    if (!entry.isFile || /-(?:wal|shm)$|cache_v2$|\.log$/.test(inner)) return [inner];
    const { size, mtime, ino } = Deno.statSync(inner);
    return [`${inner} ${ino} ${size} ${mtime?.getTime()}`];
  }).sort();
}

testAsEveryone(
  "A50, A82: with HOME granted, StemJail's files in it cannot be had or replaced",
  async (world) => {
    const { env, own } = usualPlaces(world);
    await world.run(["info"], { env });
    const before = [own.config, own.cache, own.state, own.runtime].map(contents);
    const targets = [...Object.values(own), world.executable];
    const output = await attack(world, ["take-over", world.installation.base, ...targets], {
      env,
      profile: "all",
    });
    const after = [own.config, own.cache, own.state, own.runtime].map(contents);
    assert.deepEqual(after, before);
    assertAllFailed(output, 6 * targets.length);
  },
);

testAsEveryone(
  "A82: what does not exist yet when the portal starts cannot be made from inside",
  async (world) => {
    const { env, own } = usualPlaces(world);
    const outcome = await world.run([
      "run",
      "-p",
      "all",
      "--",
      "/bin/sh",
      "-c",
      [
        `mkdir -p ${own.profiles} ${own.state} ${own.cache}/x`,
        `for d in ${own.profiles} ${own.state} ${own.cache} ${own.runtime}; do echo evil > $d/evil; done`,
        `mv ~/.local ~/.cache ~/.config ${world.work}`,
        `mkdir -p ${own.profiles} && echo evil > ${own.profiles}/evil.toml`,
        `true`,
      ].join("\n"),
    ], { env });
    assertRan(outcome);
    for (const path of [own.config, own.state, own.cache, own.runtime]) {
      assert.deepEqual(contents(path).filter((line) => /evil/.test(line)), []);
    }
    assert.deepEqual(contents(own.profiles).length, 1);
  },
);

testAsEveryone(
  "A82: a link on the way to the profiles cannot be replaced by a directory",
  async (world) => {
    const { env, own } = usualPlaces(world);
    world.directory(`${world.home}/dotfiles`);
    Deno.renameSync(own.config, `${world.home}/dotfiles/stemjail`);
    Deno.symlinkSync("../dotfiles/stemjail", own.config);
    const outcome = await world.run([
      "run",
      "-p",
      "all",
      "--",
      "/bin/sh",
      "-c",
      [
        `rm -f ${own.config} || mv ${own.config} ${own.config}.away`,
        `mv ~/dotfiles ~/elsewhere`,
        `mkdir -p ${own.profiles}`,
        `echo evil > ${own.profiles}/evil.toml`,
        `true`,
      ].join("\n"),
    ], { env });
    assertRan(outcome);
    assert.equal(Deno.readLinkSync(own.config), "../dotfiles/stemjail");
    assert.deepEqual([...Deno.readDirSync(own.profiles)].map(({ name }) => name), ["all.toml"]);
  },
);

testAsEveryone(
  "A50: a new portal's socket is out of reach of the jails of the one before",
  async (world) => {
    const { env, own } = usualPlaces(world);
    const script = `touch up; while [ ! -e go ]; do sleep 0.05; done; ` +
      `${world.base}/attacker/attacker take-over ${world.installation.base} ${own.socket} > out; ` +
      `touch done`;
    const jail = world.start(
      [world.executable, "run", "-p", "all", "--", "/bin/sh", "-c", script],
      {
        env,
      },
    );
    await eventually("the jail runs", () => exists(`${world.work}/up`));
    for (const { pid } of portalsOf(world)) Deno.kill(pid, "SIGKILL");
    await eventually("the portal's end", () => portalsOf(world).length === 0);
    assertRan(await world.run(["info"], { env }));
    world.write(`${world.work}/go`, "");
    await eventually("the attack is over", () => exists(`${world.work}/done`));
    await jail.outcome;
    const connects = judgements(Deno.readTextFileSync(`${world.work}/out`))
      .filter(({ name }) => name === "connect");
    assert.deepEqual(connects.map(({ verdict }) => verdict), ["ok"]);
    assertRan(await world.run(["ps"], { env }));
  },
);

testAsEveryone(
  "A50: the portal does not serve a process that is in a jail, whoever lets it connect",
  async (world) => {
    install(world);
    profile(world, "colluding", { [world.work]: "write" });
    assertRan(await world.run(["info"]));
    // A link to the socket's inode in a granted tree: the user's own doing, and a stand-in for any way in.
    Deno.linkSync(world.socket, `${world.work}/portal`);
    const program = `import json, socket, struct, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(5)
try:
    s.connect("${world.work}/portal")
    body = json.dumps({"type": "ps", "version": sys.argv[1]}).encode()
    s.sendall(struct.pack("<I", len(body)) + body)
    print("answer", s.recv(65536)[4:].decode())
except OSError as error:
    print("refused", error)
`;
    world.write(`${world.work}/client.py`, program);
    const version = (await world.run(["--version"])).stdout.trim();
    const { stdout, status } = await world.run(
      ["run", "-p", "colluding", "--", "python3", `${world.work}/client.py`, version],
    );
    assert.equal(status, 0);
    assert.doesNotMatch(stdout, /jails|of another build/);
  },
);

testAsUser("A89: shim, table, socket and client of the jail stay as they are", async (world) => {
  install(world);
  profile(world, "forger", { [world.work]: "write" });
  assertAllFailed(await attack(world, ["forge"], { profile: "forger" }), 30);
});

testWithRoot(
  "A50: another mount of the same tree does not show what is hidden in the first",
  async (world) => {
    const { env, own } = usualPlaces(world);
    const again = `${world.base}/again`;
    world.directory(again);
    mount("--bind", world.home, again);
    try {
      const path = `${again}${own.config.slice(world.home.length)}`;
      const text = Deno.readTextFileSync(`${own.profiles}/all.toml`);
      world.write(`${own.profiles}/all.toml`, text.replaceAll(world.home, again));
      const outcome = await world.run([
        ...["run", "-p", "all", "--", "/bin/sh", "-c"],
        `ls -A ${path}; echo evil > ${path}/profiles/evil.toml; true`,
      ], { env, cwd: again });
      assertRan(outcome);
      assert.equal(outcome.stdout, "");
      assert.deepEqual([...Deno.readDirSync(own.profiles)].map(({ name }) => name), ["all.toml"]);
    } finally {
      new Deno.Command("umount", { args: ["-l", again] }).outputSync();
    }
  },
);

function mount(...args: string[]): void {
  const { success, stderr } = new Deno.Command("mount", { args }).outputSync();
  assert.ok(success, new TextDecoder().decode(stderr));
}
