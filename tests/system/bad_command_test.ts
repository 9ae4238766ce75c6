/** Commands and options that are wrong: one clear line, the right status, nothing left running. */

import assert from "node:assert/strict";
import { testAsEveryone, testAsUser } from "./harness.ts";
import { assertRefused, assertRunRefused } from "./refusal.ts";

testAsUser("a profile that does not exist: the nearest are named", async (world) => {
  world.profile("Paranoid");
  world.profile("OpenBar");
  await assertRunRefused(world, ["-p", "Parnoid", "true"], 125, '"Parnoid"', '"Paranoid"');
  await assertRunRefused(world, ["-p", "openbar", "true"], 125, '"openbar"', '"OpenBar"');
  await assertRunRefused(world, ["-p", "xyz", "true"], 125, '"xyz"', "profile list");
});

testAsUser("no domain for the command: the executable and the nearest are named", async (world) => {
  const place = `${world.home}/place`;
  world.directory(place);
  await Deno.copyFile("/bin/true", `${place}/program`);
  await assertRunRefused(world, [`${place}/program`], 125, `${place}/program`, '"plain"');
  await assertRunRefused(
    world,
    ["-p", "plain", `${place}/program`],
    126,
    `${place}/program`,
    '"plain"',
  );
});

testAsUser("a program that no profile allows, though one is for it", async (world) => {
  const place = `${world.home}/place`;
  world.directory(place);
  await Deno.copyFile("/bin/true", `${place}/program`);
  world.profile("plain", {}, '[run]\nmatch = ["program"]');
  await assertRunRefused(world, [`${place}/program`], 125, `${place}/program`, "[[fs.bind]]");
});

testAsUser("a command that does not exist", async (world) => {
  await assertRunRefused(world, ["no-such-command"], 127, '"no-such-command"', "PATH");
  await assertRunRefused(world, ["./missing"], 127, '"./missing"');
  await assertRunRefused(world, ["/usr/bin/missing"], 127, '"/usr/bin/missing"');
  await assertRunRefused(world, [""], 127, '""');
  await assertRunRefused(world, ["odd\nname\x1b[2J"], 127, "odd");
});

testAsUser("a command that cannot be executed", async (world) => {
  world.write(`${world.work}/data`, "no program\n");
  await assertRunRefused(world, ["./data"], 126, `${world.work}/`, "EACCES");
  await assertRunRefused(world, ["/usr"], 126, "/usr", "EACCES");
  Deno.chmodSync(`${world.work}/data`, 0o755);
  await Deno.writeTextFile(`${world.work}/data`, "\x7fELF and no more\n");
  await assertRunRefused(world, ["./data"], 126, '/data": ENOEXEC (Exec format error)');
});

testAsUser("a script whose interpreter is missing", async (world) => {
  world.write(`${world.work}/script`, "#!/no/such/interpreter\n");
  Deno.chmodSync(`${world.work}/script`, 0o755);
  await assertRunRefused(world, ["./script"], 127, '/script": ENOENT', "interpreter");
});

testAsUser("a command in the host's /tmp", async (world) => {
  const place = await Deno.makeTempDir({ dir: "/tmp" });
  await Deno.copyFile("/bin/true", `${place}/program`);
  await Deno.chmod(place, 0o755);
  try {
    const refused = await world.run(["run", "--", `${place}/program`]);
    assertRefused(refused, 126, `${place}/program`, "/tmp", "copy it");
    assert.doesNotMatch(refused.stderr, /symbolic link|bind/);
  } finally {
    await Deno.remove(place, { recursive: true });
  }
});

testAsUser("no command at all", async (world) => {
  world.profile("quiet");
  await assertRunRefused(world, [], 125, "command");
  await assertRunRefused(world, ["--"], 125, "command");
  await assertRunRefused(world, ["-p", "quiet"], 125, '"quiet"', "command");
});

testAsUser("options that do not exist, lack a value, or contradict each other", async (world) => {
  await assertRunRefused(world, ["--profle", "plain", "true"], 125, "--profle", "--profile");
  await assertRunRefused(world, ["-x", "true"], 125, "-x", "--help");
  await assertRunRefused(world, ["--profile"], 125, "--profile", "NAME");
  await assertRunRefused(world, ["-p", "a", "-p", "b", "true"], 125, "--profile", "twice");
  await assertRunRefused(world, ["--exact=yes", "-p", "plain", "true"], 125, "--exact");
  await assertRunRefused(world, ["--exact", "true"], 125, "--exact", "--profile");
  await assertRunRefused(world, ["-t", "-T", "true"], 125, "--tty", "--no-tty");
  await assertRunRefused(world, ["-e", "=x", "true"], 125, "--env", '"=x"');
  for (const args of [["ps", "--bad"], ["info", "--dot", "--json"], ["ps", "operand"]]) {
    assertRefused(await world.run(args), 2, args[0]);
  }
  for (const args of [["stop"], ["completions", "tcsh"], ["profile"], ["profile", "show"]]) {
    assertRefused(await world.run(args), 2, args[0]);
  }
  for (const args of [["portal", "--warm=x"], ["portal", "--log-level", "loud"]]) {
    assertRefused(await world.run(args), 2, args[1].split("=")[0]);
  }
});

testAsUser("a command of stemjail that does not exist", async (world) => {
  assertRefused(await world.run(["rum", "true"]), 2, '"rum"', "run");
  assertRefused(await world.run(["--no-such-option"]), 2, "--no-such-option");
  assertRefused(await world.run([""]), 2, '""');
  for (const name of ["constructor", "__proto__", "toString"]) {
    assertRefused(await world.run([name]), 2, name);
  }
});

testAsUser("arguments over the kernel's limit", async (world) => {
  // One argument has room for 128 KiB, MAX_ARG_STRLEN; bash is refused before stemjail starts, so
  // the shim's own variables must be what is too much.
  const { status, stderr } = await world.shell(
    `ulimit -s 8192; words=$(seq -s ' ' 345000 | cut -c1-2096000)
     stemjail run -- /bin/true $words`,
  );
  assert.equal(status === 126 || status === 125, true, stderr);
  assert.match(stderr, /^(stemjail: [^\n]*E2BIG[^\n]*|[^\n]*Argument list too long)\n$/);
});

testAsUser("an environment that is too much together with the arguments", async (world) => {
  const { status, stdout, stderr } = await world.shell(
    `export LC_BIG=$(head -c 120000 /dev/zero | tr '\\0' x)
     for i in $(seq 14); do export LC_BIG$i=$LC_BIG; done
     stemjail run -- /bin/sh -c 'echo \${#LC_BIG14}'`,
  );
  assert.deepEqual([status, stdout, stderr], [0, "120000\n", ""]);
  const more = Array.from({ length: 6 }, (_, index) => `-eBIG${index}=${"x".repeat(120_000)}`);
  const refused = await world.run(["run", ...more, "-p", "plain", "true"]);
  assert.deepEqual([refused.status, refused.stderr], [0, ""]);
});

testAsUser("a variable over the kernel's limit for one", async (world) => {
  world.profile("big", {}, `[env]\nset = { BIG = "${"x".repeat(140_000)}" }`);
  await assertRunRefused(world, ["--exact", "-p", "big", "true"], 126, "E2BIG");
});

testAsEveryone("after all that a launch works", async (world) => {
  for (const args of [["-p", "nobody", "true"], ["missing"], ["/usr"], ["--bad"], []]) {
    assert.notEqual((await world.run(["run", ...args])).status, 0);
  }
  assert.equal((await world.jail(["echo", "works"])).stdout, "works\n");
  assert.equal((await world.run(["ps"])).stdout.trim().split("\n").length, 1);
});
