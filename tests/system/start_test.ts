/** Which profiles a launch starts with, and whose settings it has. */

import assert from "node:assert/strict";
import { testAsEveryone, testAsUser, type World } from "./harness.ts";

/** As for a user who has no profiles yet, and everything in its usual place. */
const shipped = { STEMJAIL_PROFILES: undefined, XDG_CONFIG_HOME: undefined };

/** The domain that a command starts in, by the jail's host name. */
async function startOf(world: World, ...command: string[]): Promise<string> {
  const { status, stdout, stderr } = await world.run(["run", ...command]);
  assert.deepEqual([status, stderr], [0, ""]);
  return stdout.trim();
}

/** A command that tells the jail's host name, whatever it is called. */
function nameTeller(world: World, path: string): string {
  world.write(path, "#!/bin/sh\nexec cat /proc/sys/kernel/hostname\n");
  Deno.chmodSync(path, 0o755);
  return path;
}

testAsEveryone("with the profiles that come along any command works, and moves", async (world) => {
  for (const client of ["", "/OpenBar", "/Paranoid"]) {
    world.directory(`${world.home}/Clients${client}`);
  }
  world.write(`${world.home}/Clients/OpenBar/plan`, "more taps\n");
  const how = { env: shipped, cwd: "/" };
  const nothing = await world.jail(["true"], how);
  assert.deepEqual([nothing.status, nothing.stderr], [0, ""]);
  const plan = await world.jail(["cat", `${world.home}/Clients/OpenBar/plan`], how);
  assert.deepEqual([plan.status, plan.stdout, plan.stderr], [0, "more taps\n", ""]);
  const both = await world.jail(
    ["ls", `${world.home}/Clients/OpenBar`, `${world.home}/Clients/Paranoid`],
    how,
  );
  assert.equal(both.status, 2);
  assert.match(both.stderr, /Paranoid': No such file or directory/);
});

testAsUser("a program's own directories are made for its own jails alone", async (world) => {
  const own = `${world.home}/.own`;
  const [made, kept] = [`${own}/made`, `${own}/kept`];
  for (const path of [own, kept]) world.directory(path);
  world.write(`${kept}/file`, "content\n");
  const binds = [made, kept].map((path) =>
    `[[fs.bind]]\npath = "${path}"\nwrite = true\ncreate = true\n`
  );
  world.profile("plain", {}, '[run]\nmatch = ["sh"]');
  world.profile("program", {}, `${binds.join("")}[run]\nmatch = ["env"]\n`);
  const other = await world.jail(["cat", `${kept}/file`], { cwd: "/" });
  assert.deepEqual([other.status, other.stdout, other.stderr], [0, "content\n", ""]);
  assert.throws(() => Deno.lstatSync(made), "a jail that nothing is for made it");
  assert.equal((await world.run(["run", "-p", "plain", "true"], { cwd: "/" })).status, 0);
  assert.throws(() => Deno.lstatSync(made), "a jail for a narrower profile made it");
  assert.equal((await world.jail(["env"], { cwd: "/" })).status, 0);
  assert.ok(Deno.lstatSync(made).isDirectory);
});

testAsUser(
  "a command starts in those that name it, else those that name none, else all",
  async (world) => {
    const teller = nameTeller(world, `${world.work}/teller`);
    const grant = { [world.work]: "write" } as const;
    const paths = ["a", "b", "c", "d"].map((name) => `${world.home}/${name}`);
    for (const path of paths) world.directory(path);
    const profile = (name: string, at: number, more: string) =>
      world.profile(name, { ...grant, [paths[at]]: "read" }, more);
    Deno.removeSync(`${world.profiles}/plain.toml`);
    profile("other", 0, '[run]\nmatch = ["other"]');
    profile("none", 1, "[run]\nmatch = []");
    assert.equal(await startOf(world, teller), "none-other");
    profile("open", 2, "");
    assert.equal(await startOf(world, teller), "open");
    profile("teller", 3, '[run]\nmatch = ["tell*"]');
    assert.equal(await startOf(world, teller), "teller");
    assert.equal(await startOf(world, "--exact", "-p", "none", teller), "none");
  },
);

testAsUser("a command is named by what the link that it is leads to, too", async (world) => {
  const grant = { [world.work]: "write", [`${world.home}/other`]: "read" } as const;
  world.directory(`${world.home}/other`);
  const real = nameTeller(world, `${world.work}/real-program`);
  Deno.symlinkSync(real, `${world.work}/alias`);
  world.profile("by-path", grant, `[run]\nmatch = ["${world.work}/real-*"]`);
  assert.equal(await startOf(world, `${world.work}/alias`), "by-path");
});

testAsUser("of two profiles with the same grants, the one that is named decides", async (world) => {
  Deno.removeSync(`${world.profiles}/plain.toml`);
  const wide = "[sandbox]\nnested_namespaces = true\n[limits]\nopen_files = 2000\n[env]\n" +
    'set = { WHOSE = "first" }';
  world.profile("first", {}, wide);
  world.profile("second", {}, '[limits]\nopen_files = 1000\n[env]\nset = { WHOSE = "second" }');
  const script = 'echo "$WHOSE $(ulimit -n)"; unshare --user true 2>/dev/null && echo nested; true';
  const run = async (...options: string[]) => {
    const line = ["run", ...options, "--", "/bin/sh", "-c", script];
    const { status, stdout, stderr } = await world.run(line, { cwd: "/" });
    assert.deepEqual([status, stderr], [0, ""]);
    return stdout;
  };
  for (const exact of [[], ["--exact"]]) {
    assert.equal(await run(...exact, "-p", "second"), "second 1000\n");
    assert.equal(await run(...exact, "-p", "first"), "first 2000\nnested\n");
  }
  assert.equal(await run(), " 1000\n", "without a name it is what both have");
});

testAsUser("the graph shows the domains that launches start in, and no others", async (world) => {
  Deno.removeSync(`${world.profiles}/plain.toml`);
  const paths = Object.fromEntries(
    ["a", "b", "c", "d"].map((name) => [name, `${world.home}/${name}`]),
  );
  Object.values(paths).forEach((path) => world.directory(path));
  const profile = (name: string, match: string) =>
    world.profile(name, { [paths[name]]: "read" }, match);
  profile("a", '[run]\nmatch = ["sh", "x*"]');
  profile("b", '[run]\nmatch = ["sh", "env"]');
  profile("c", "");
  profile("d", "");
  const info = await world.run(["info", "--json"]);
  assert.deepEqual([info.status, info.stderr], [0, ""]);
  const nodes: { name: string; start: boolean }[] = JSON.parse(info.stdout).domains;
  const starts = nodes.filter(({ start }) => start).map(({ name }) => name);
  assert.deepEqual(starts.toSorted(), ["a", "a ∩ b", "b", "c", "c ∩ d", "d"]);
  const domainOf = async (...command: string[]) =>
    (await startOf(world, "--", ...command)).replaceAll("-", " ∩ ");
  const ask = "/proc/sys/kernel/hostname";
  assert.equal(await domainOf("sh", "-c", `cat ${ask}`), "a ∩ b");
  assert.equal(await domainOf("env", "cat", ask), "b");
  assert.equal(await domainOf("cat", ask), "c ∩ d");
});
