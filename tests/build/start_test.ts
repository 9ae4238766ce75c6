import assert from "node:assert/strict";
import {
  FAILED_BEFORE_START,
  isRoot,
  makeProbeImage,
  must,
  Place,
  readReport,
  start,
} from "./fixture.ts";

const image = await makeProbeImage();

Deno.test("arguments arrive as they are, with newlines, bytes beyond ASCII, and empty ones", async () => {
  using place = new Place(image);
  const args = ["", "two\nlines", "--allow-all", "--", "-x", "é∩🦕", " ", "", "a=b", "@\u0001l"];
  assert.deepEqual((await place.report(args)).args, ["run", ...args]);
});

Deno.test("a hundred kilobytes of environment arrive as they are", async () => {
  using place = new Place(image);
  const env = Object.fromEntries(
    Array.from({ length: 100 }, (_, index) => [`VARIABLE_${index}`, `${index}\n`.repeat(300)]),
  );
  const { environment } = await place.report([], env);
  for (const [name, value] of Object.entries(env)) assert.equal(environment[name], value);
});

Deno.test("the user's environment can be had back from the runtime's", async () => {
  using place = new Place(image);
  const env = {
    HOME: "/nowhere",
    DENO_DIR: "/mine",
    DENO_NO_UPDATE_CHECK: "0",
    NODE_OPTIONS: "--x",
    STEMJAIL_SOCKET: "/run/s",
    STEMJAIL_DIR: "/stale",
  };
  const { environment } = await place.report([], env);
  const own = ["STEMJAIL_EXE", "STEMJAIL_DIR", "STEMJAIL_INSTALLED", "HOME"];
  const restored = Object.entries(environment)
    .filter(([name]) => !own.includes(name) && !name.startsWith("DENO_"))
    .map(([name, value]) => [name.replace(/^STEMJAIL_SAVED_/, ""), value]);
  const { STEMJAIL_DIR: _, ...expected } = { ...env, XDG_CACHE_HOME: place.cache };
  assert.deepEqual(Object.fromEntries(restored), expected);
});

Deno.test("an environment without PATH stays without", async () => {
  using place = new Place(image);
  assert.equal((await place.report()).environment["PATH"], undefined);
});

Deno.test("variables that configure the runtime do not reach it", async () => {
  using place = new Place(image);
  const env = { DENO_V8_FLAGS: "--no-such-flag", DENO_PERMISSION_BROKER_PATH: "/nowhere" };
  const { environment } = await place.report([], env);
  assert.equal(environment["STEMJAIL_SAVED_DENO_V8_FLAGS"], "--no-such-flag");
});

Deno.test("each start tells what to execute to start again, and that file does", async () => {
  using place = new Place(image);
  const { environment } = await place.report();
  assert.equal(environment["STEMJAIL_INSTALLED"], place.image);
  assert.equal(environment["STEMJAIL_DIR"], place.unpacked);
  Deno.removeSync(place.image);
  const again = readReport(
    await place.start(["run", "x"], environment, environment["STEMJAIL_EXE"]),
  );
  assert.deepEqual(again.args, ["run", "x"]);
  assert.deepEqual(again.environment, environment);
});

Deno.test("the runtime is denied network, programs, imports and questions by every subcommand", async () => {
  using place = new Place(image);
  const subcommands = [
    "portal",
    "monitor",
    "info",
    "ps",
    "profile",
    "doctor",
    "--help",
    "nonsense",
  ];
  for (const subcommand of subcommands) {
    const { permissions } = JSON.parse((await place.start([subcommand])).stdout);
    for (const name of ["net", "run", "import"]) assert.equal(permissions[name], "denied");
    assert.equal(permissions.sys, "prompt", `${subcommand}: sys`);
  }
});

Deno.test("a subcommand has only the permissions that the table gives it", async () => {
  using place = new Place(image);
  const states = async (...args: string[]) =>
    JSON.parse((await place.start(args)).stdout).permissions;
  for (const subcommand of ["portal", "profile", "desktop"]) {
    assert.partialDeepStrictEqual(await states(subcommand), { read: "prompt", write: "prompt" });
  }
  assert.partialDeepStrictEqual(await states("info"), { read: "prompt", write: "granted" });
  const none = { read: "prompt", write: "prompt", env: "prompt", ffi: "prompt" };
  assert.partialDeepStrictEqual(await states("monitor"), none);
  assert.partialDeepStrictEqual(await states("--version"), none);
  assert.partialDeepStrictEqual(await states(), none);
});

Deno.test("the native library opens, and a lazy part of the script loads", async () => {
  using place = new Place(image);
  const report = await place.report();
  assert.equal(report.samePid, true);
  assert.equal(report.lazyWord, "loaded");
});

Deno.test("the build is told by the script, and is the cache directory's name", async () => {
  using place = new Place(image);
  const { build } = await place.report();
  const found = /^stemjail \S+ \(self-extracting, deno (\S+), build ([0-9a-f]{16})\)$/.exec(build);
  assert.equal(found?.[1], Deno.version.deno);
  assert.equal(place.unpacked.split("/").at(-1), found?.[2]);
});

Deno.test("a limit of the address space is raised, or named where it cannot be", async () => {
  using place = new Place(image);
  const startUnder = (limit: string) =>
    start("/bin/sh", ["-c", `ulimit ${limit} 1000000; exec "$0" run`, place.image], {
      XDG_CACHE_HOME: place.cache,
    });
  assert.equal(readReport(await startUnder("-S -v")).samePid, true);
  assert.deepEqual(await startUnder("-v"), {
    code: FAILED_BEFORE_START,
    stdout: "",
    stderr: "stemjail: Cannot start: only 976 MiB of address space may be reserved; " +
      "raise the limit, as in `ulimit -v unlimited`\n",
  });
});

Deno.test("it starts with stdin, stdout and stderr closed", async () => {
  using place = new Place(image);
  const script = 'exec "$0" run <&- >&- 2>&-';
  const ended = await start("/bin/sh", ["-c", script, place.image], {
    XDG_CACHE_HOME: place.cache,
  });
  assert.deepEqual(ended, { code: 0, stdout: "", stderr: "" });
});

Deno.test("with stdin closed, no file of the launcher's takes its place", async () => {
  using place = new Place(image);
  const script = 'exec "$0" run <&-';
  const ended = await start("/bin/sh", ["-c", script, place.image], {
    XDG_CACHE_HOME: place.cache,
  });
  assert.equal(readReport(ended).samePid, true);
});

Deno.test("without HOME and XDG_CACHE_HOME the home directory is that of the user database", async () => {
  using place = new Place(image);
  const home = await must("sh", "-c", "getent passwd $(id -u) | cut -d: -f6");
  const { environment } = readReport(await start(place.image, ["run"], {}));
  const directory = environment["STEMJAIL_DIR"] ?? "";
  assert.ok(directory.startsWith(`${home}/.cache/stemjail/`), directory);
  Deno.removeSync(directory, { recursive: true });
});

Deno.test("a relative XDG_CACHE_HOME is ignored, as its specification demands", async () => {
  using place = new Place(image);
  const env = { XDG_CACHE_HOME: "cache", HOME: place.directory };
  const { environment } = readReport(await start(place.image, ["run"], env));
  assert.ok(environment["STEMJAIL_DIR"]?.startsWith(`${place.directory}/.cache/stemjail/`));
});

Deno.test("arguments that fit, but not with the runtime's own, are one clear line", async () => {
  using place = new Place(image);
  await place.report();
  // A quarter of the stack's limit, here 256 kB, is for arguments and environment (execve(2)). The
  // shell refuses what does not fit by itself; the first that does, the launcher must refuse.
  const script = 'ulimit -s 1024; exec "$0" run "$(printf %0100000d)" "$(printf %0100000d)" "$1"';
  let ended = await place.start(["run"]);
  for (let size = 62_000; size > 58_000; size -= 200) {
    const args = ["-c", script, place.image, "x".repeat(size)];
    ended = await start("/bin/sh", args, { XDG_CACHE_HOME: place.cache });
    if (ended.stderr.startsWith("stemjail: ")) break;
  }
  assert.equal(ended.code, FAILED_BEFORE_START);
  assert.match(ended.stderr, /^stemjail: Cannot start the runtime .*E2BIG; [^\n]*limit\n$/);
});

Deno.test({
  name: "copied alone into another user's empty directory, it runs",
  ignore: !isRoot,
  fn: async () => {
    using place = new Place(image);
    const user = `stemjail-${Deno.pid}`;
    await must("useradd", "--create-home", "--home-dir", `/var/tmp/${user}`, user);
    try {
      const program = `/var/tmp/${user}/stemjail`;
      Deno.copyFileSync(place.image, program);
      await must("chown", user, program);
      await must("chmod", "0700", program, `/var/tmp/${user}`);
      const script = 'cd; exec env -i HOME="$HOME" ./stemjail run x';
      const output = await must(
        "runuser",
        "-u",
        user,
        "--",
        "sh",
        "-c",
        `HOME=/var/tmp/${user}; ${script}`,
      );
      assert.deepEqual(JSON.parse(output).args, ["run", "x"]);
    } finally {
      await must("userdel", "--remove", user).catch(() => {});
    }
  },
});
