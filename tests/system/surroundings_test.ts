/** The environment and the working directory that an application gets. */

import assert from "node:assert/strict";
import { testAsEveryone, testAsUser, type World } from "./harness.ts";
import type { Difference } from "./world.ts";

async function environment(
  world: World,
  options: readonly string[] = [],
  difference: Difference = {},
): Promise<Record<string, string>> {
  const { stdout, stderr } = await world.run(["run", ...options, "--", "env", "-0"], difference);
  assert.equal(stderr, "");
  return Object.fromEntries(
    stdout.split("\0").slice(0, -1).map((line) => {
      const equals = line.indexOf("=");
      return [line.slice(0, equals), line.slice(equals + 1)];
    }),
  );
}

testAsEveryone("the environment is the allow list, and nothing else", async (world) => {
  const allowed = {
    HOME: world.home,
    USER: world.user.name,
    LOGNAME: world.user.name,
    SHELL: "/bin/sh",
    TERM: "xterm",
    LANG: "C.UTF-8",
    LC_TIME: "C",
    LC_ALL: "C.UTF-8",
    TZ: "Asia/Tokyo",
    COLORTERM: "truecolor",
    NO_COLOR: "1",
  };
  const secret = {
    AWS_SECRET_ACCESS_KEY: "secret",
    SSH_AUTH_SOCK: "/run/agent",
    DBUS_SESSION_BUS_ADDRESS: "unix:path=/run/bus",
    DISPLAY: ":0",
    EMPTY: "",
    LD_LIBRARY_PATH: "/lib",
    "odd name": "odd",
  };
  const inside = await environment(world, [], { env: { ...allowed, ...secret } });
  assert.deepEqual(inside, {
    ...allowed,
    PATH: `${world.env.PATH}:/dev/stemjail`,
    XDG_RUNTIME_DIR: "/dev/runtime",
    LD_PRELOAD: "/dev/stemjail/stemshim.so",
  });
});

testAsUser("what is not set outside is not set inside", async (world) => {
  const nothing = Object.fromEntries(
    ["LANG", "TERM", "SHELL", "USER", "LOGNAME"].map((name) => [name, undefined]),
  );
  assert.deepEqual(Object.keys(await environment(world, [], { env: nothing })).sort(), [
    "HOME",
    "LD_PRELOAD",
    "PATH",
    "XDG_RUNTIME_DIR",
  ]);
});

testAsUser("--env sets a variable, empties one, and passes one on", async (world) => {
  const options = [
    "-e",
    "SET=a=b c",
    "--env=EMPTY=",
    "-ePASSED",
    "--env",
    "UNSET",
    "-e",
    "LANG=de",
  ];
  const inside = await environment(world, options, { env: { PASSED: "outside\nvalue" } });
  const { SET, EMPTY, PASSED, LANG } = inside;
  assert.deepEqual({ SET, EMPTY, PASSED, LANG }, {
    SET: "a=b c",
    EMPTY: "",
    PASSED: "outside\nvalue",
    LANG: "de",
  });
  assert.equal("UNSET" in inside, false);
});

testAsUser("--env cannot take the shim away by accident, but adds to LD_PRELOAD", async (world) => {
  const { LD_PRELOAD } = await environment(world, [
    "-e",
    "LD_PRELOAD=/lib/x86_64-linux-gnu/libm.so.6",
  ]);
  assert.match(LD_PRELOAD, /^\/dev\/stemjail\/stemshim\.so:/);
});

testAsUser("what npm is told in the home makes no difference", async (world) => {
  world.write(`${world.home}/.npmrc`, "registry=${NO_SUCH_REGISTRY}\n");
  const { stdout, stderr } = await world.inside("echo $HOME");
  assert.deepEqual([stdout, stderr], [`${world.home}\n`, ""]);
});

testAsUser("a variable that is not UTF-8 outside harms nothing", async (world) => {
  const { status, stdout } = await world.shell(
    `export BROKEN=$'\\xff\\xfe' LC_NAME=$'\\xff'; stemjail run -- /bin/echo works`,
  );
  assert.deepEqual([status, stdout], [0, "works\n"]);
});

testAsUser("a profile passes, sets and unsets variables", async (world) => {
  world.profile(
    "environment",
    {},
    `[env]\npass = ["EDITOR"]\nset = { PAGER = "cat" }\nunset = ["TERM"]`,
  );
  const { stdout } = await world.shell(
    "EDITOR=vi PAGER=less stemjail run --exact -p environment -- env",
  );
  assert.match(stdout, /^EDITOR=vi$/m);
  assert.match(stdout, /^PAGER=cat$/m);
  assert.doesNotMatch(stdout, /^TERM=/m);
});

testAsEveryone("the working directory is kept where it is visible inside", async (world) => {
  world.directory(`${world.work}/deep`);
  const { stdout } = await world.jail(["pwd"], { cwd: `${world.work}/deep` });
  assert.equal(stdout, `${world.work}/deep\n`);
});

testAsEveryone("the working directory is / where it is not visible inside", async (world) => {
  const { status, stdout } = await world.jail(["pwd"], { cwd: world.profiles });
  assert.deepEqual([status, stdout], [0, "/\n"]);
});

testAsUser(
  "the working directory of /tmp outside is /tmp inside, which is another",
  async (world) => {
    const { stdout } = await world.inside("pwd; ls -A", { cwd: "/tmp" });
    assert.equal(stdout, "/tmp\n");
  },
);

testAsUser("--cwd chooses the directory, absolute or from here", async (world) => {
  world.directory(`${world.work}/deep`);
  const absolute = await world.run(["run", "-C", "/usr/bin", "pwd"]);
  assert.equal(absolute.stdout, "/usr/bin\n");
  const relative = await world.run(["run", "--cwd", "deep", "pwd"]);
  assert.equal(relative.stdout, `${world.work}/deep\n`);
});

testAsUser("--cwd of a directory that is not visible inside is an error", async (world) => {
  const { status, stdout, stderr } = await world.run(["run", "-C", world.profiles, "pwd"]);
  assert.deepEqual([status, stdout], [125, ""]);
  assert.match(stderr, /^stemjail: [^\n]*ENOENT[^\n]*\n$/);
  assert.equal(stderr.includes(world.profiles), true, stderr);
});

testAsUser("a working directory that was removed is no obstacle", async (world) => {
  const { status, stdout, stderr } = await world.shell(
    `mkdir gone; cd gone; rmdir "$PWD"; exec stemjail run -- pwd`,
  );
  assert.deepEqual([status, stdout, stderr], [0, "/\n", ""]);
});

testAsUser("a working directory whose name is not UTF-8 is kept", async (world) => {
  const script = `mkdir $'d\\xff'; cd $'d\\xff'; stemjail run -- pwd -P | tail -c 4 | od -An -tx1`;
  const { stdout, stderr } = await world.shell(script);
  assert.deepEqual([stdout.trim(), stderr], ["2f 64 ff 0a", ""]);
});

testAsEveryone("the umask is the client's", async (world) => {
  const script =
    "stemjail run -- sh -c 'umask; touch $0; mkdir $0-d' $name; stat -c %a $name $name-d";
  const { stdout } = await world.shell(
    `umask 022; stemjail run -- true; umask 077; name=private; ${script}; umask 002; name=shared; ${script}`,
  );
  assert.equal(stdout, "0077\n600\n700\n0002\n664\n775\n");
});

testAsUser("a portal started with a strict umask makes jails as usual", async (world) => {
  const { stdout } = await world.shell(
    `umask 077; stemjail run -- sh -c "stat -c %a / /dev /dev/shm /tmp"`,
  );
  assert.equal(stdout, "755\n755\n1777\n1777\n");
});

testAsUser("nothing but the place of the socket is needed of the environment", async (world) => {
  const { STEMJAIL_PROFILES, XDG_RUNTIME_DIR, XDG_STATE_HOME, XDG_CACHE_HOME } = world.env;
  const kept = { STEMJAIL_PROFILES, XDG_RUNTIME_DIR, XDG_STATE_HOME, XDG_CACHE_HOME };
  const words = Object.entries(kept).map(([name, value]) => `${name}=${value}`);
  const { status, stdout, stderr } = await world.start([
    ...["env", "-i", ...words, world.executable, "run", "--", "sh", "-c", "id -u | cat"],
  ]).outcome;
  assert.deepEqual([status, stdout, stderr], [0, `${world.user.uid}\n`, ""]);
});

testAsUser("however the executable is called, it finds itself", async (world) => {
  const { stdout, stderr } = await world.shell(
    `ln -s "$(command -v stemjail)" link; ./link run -- echo by a link
     cd "$(dirname "$(command -v stemjail)")"; ./stemjail run -- echo from here
     (exec -a other stemjail run -- echo by another name)`,
  );
  assert.deepEqual([stdout, stderr], ["by a link\nfrom here\nby another name\n", ""]);
});

testAsUser("arguments arrive as they are", async (world) => {
  const odd = [
    "",
    " ",
    "-p",
    "--",
    "*",
    "$HOME",
    "'\"",
    "line\nbreak",
    "∩",
    "\u{1f600}",
    "\x1b[31m",
  ];
  const { bytes } = await world.jail(["printf", "%s\\0", ...odd]);
  assert.deepEqual(new TextDecoder().decode(bytes).split("\0").slice(0, -1), odd);
});

testAsUser("arguments that are not UTF-8 arrive as they are", async (world) => {
  const { bytes } = await world.shell(
    `stemjail run -- printf '%s\\0' $'a\\xff\\xfeb' | od -An -tx1`,
  );
  assert.equal(new TextDecoder().decode(bytes).trim(), "61 ff fe 62 00");
});
