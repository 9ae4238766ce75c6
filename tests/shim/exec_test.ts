/** Programs, their interpreters, and the environment that they get. */

import assert from "node:assert/strict";
import { compileProgram } from "./build.ts";
import { Workshop, World } from "./world.ts";

/** Defines the tests for one build of the shim. */
function defineTests(workshop: Workshop, program: string): void {
  /** Every way of starting a program. */
  const BY_PATH = "execve execv execl execle execveat fexecve posix_spawn".split(" ");
  const BY_NAME = "execvp execvpe execlp posix_spawnp".split(" ");

  /** Puts a program under a hidden name, to be brought by a request. */
  async function install(world: World, name: string, text: string): Promise<void> {
    await Deno.writeTextFile(`${world.base}/${name}`, text, { mode: 0o755 });
  }

  for (const way of [...BY_PATH, ...BY_NAME].filter((way) => way !== "fexecve")) {
    workshop.test(`${way} asks for a program outside the present grants`, async () => {
      await using world = await World.make(workshop);
      await install(world, ".alpha/tool", "#!/bin/sh\necho ran\n");
      const outcome = await world.run([program, way, `${world.base}/alpha/tool`]);
      assert.deepEqual(outcome, {
        code: 0,
        stdout: "ran\n",
        stderr: "",
        requests: ["1 0 /alpha/tool"],
      });
    });
  }

  for (const way of ["execve", "posix_spawn", "execvp", "posix_spawnp"]) {
    workshop.test(`${way} asks for the interpreter of a script, and for the interpreter's own`, async () => {
      await using world = await World.make(workshop);
      await install(world, "open/script", `#!${world.base}/alpha/interpreter\n`);
      await install(world, ".alpha/interpreter", `#!${world.base}/gamma/interpreter\n`);
      await install(world, ".gamma/interpreter", "#!/bin/echo\n");
      const outcome = await world.run([program, way, `${world.base}/open/script`]);
      assert.equal(outcome.code, 0, outcome.stderr);
      assert.deepEqual(outcome.requests, ["1 0 /alpha/interpreter", "1 0 /gamma/interpreter"]);
    });
  }

  workshop.test("the dynamic loader of a program is asked for", async () => {
    await using world = await World.make(workshop);
    const loader = "/lib64/ld-linux-x86-64.so.2";
    if (Deno.build.arch !== "x86_64") return;
    await Deno.copyFile(loader, `${world.base}/.alpha/loader`);
    await compileProgram(`${world.base}/open/tool`, "programs/hello.c", {
      flags: [`-Wl,--dynamic-linker=${world.base}/alpha/loader`],
    });
    const outcome = await world.run([program, "execve", `${world.base}/open/tool`]);
    assert.deepEqual({ code: outcome.code, stdout: outcome.stdout, requests: outcome.requests }, {
      code: 0,
      stdout: "hello\n",
      requests: ["1 0 /alpha/loader"],
    });
  });

  for (const way of BY_NAME) {
    workshop.test(`${way} asks for the candidates of a name in their order`, async () => {
      await using world = await World.make(workshop);
      await install(world, ".alpha/tool", "#!/bin/sh\necho ran\n");
      await install(world, ".gamma/tool", "#!/bin/sh\necho wrong\n");
      const path = `/nowhere:${world.base}/open:${world.base}/alpha:${world.base}/gamma:/usr/bin`;
      const outcome = await world.run([program, way, "tool"], { env: { PATH: path } });
      assert.deepEqual(outcome, {
        code: 0,
        stdout: "ran\n",
        stderr: "",
        requests: ["1 0 /alpha/tool"],
      });
    });

    workshop.test(`${way} does not ask for what comes after the program`, async () => {
      await using world = await World.make(workshop);
      const path = `/usr/bin:${world.base}/alpha`;
      const outcome = await world.run([program, way, "true"], { env: { PATH: path } });
      assert.deepEqual(outcome, { code: 0, stdout: "", stderr: "", requests: [] });
    });
  }

  workshop.test("a program that is missing or not executable gets the kernel's error", async () => {
    await using world = await World.make(workshop);
    for (const [path, error] of [["/usr/no/tool", "ENOENT"], ["/etc/passwd", "EACCES"]]) {
      for (const way of [...BY_PATH.filter((way) => way !== "fexecve"), ...BY_NAME]) {
        const { stdout } = await world.run([program, way, path]);
        assert.equal(stdout, `${error}\n`, way);
      }
    }
  });

  /** What LD_PRELOAD a program sees that was started in a way, with an environment. */
  async function preloadOf(way: string, preload: string, setting: string): Promise<string> {
    await using world = await World.make(workshop);
    const outcome = await world.run([program, way, "/usr/bin/printenv", setting], {
      env: { LD_PRELOAD: preload.replaceAll("SHIM", world.shim) },
    });
    return outcome.stdout.replaceAll(world.shim, "SHIM").trimEnd();
  }

  for (const way of [...BY_PATH, ...BY_NAME]) {
    workshop.test(`${way} passes the shim on to a program with a cleaned environment`, async () => {
      assert.equal(await preloadOf(way, "SHIM", "empty"), "SHIM");
    });

    workshop.test(`${way} puts the shim before what the program preloads`, async () => {
      assert.equal(await preloadOf(way, "SHIM", "other.so"), "SHIM:other.so");
    });
  }

  workshop.test("a preload list that holds the shim is passed on as it is", async () => {
    assert.equal(await preloadOf("execve", "SHIM", "keep"), "SHIM");
  });

  workshop.test("a huge environment is passed on whole", async () => {
    await using world = await World.make(workshop);
    const env = Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`V${index}`, "x"]));
    await install(world, "open/script", "#!/bin/sh\nenv\n");
    const script = `${world.base}/open/script`;
    const outcome = await world.run([program, "execve", script, "drop"], { env });
    assert.equal(outcome.stdout.split("\n").filter((line) => /^V\d+=x$/.test(line)).length, 3000);
    assert.match(outcome.stdout, /^LD_PRELOAD=.*stemshim\.so$/m);
  });

  workshop.test("outside a jail the environment is left alone", async () => {
    await using world = await World.make(workshop, "absent");
    await install(world, "open/script", "#!/bin/sh\nenv\n");
    const outcome = await world.run([program, "execve", `${world.base}/open/script`, "empty"]);
    assert.match(outcome.stdout, /^PATH=/m);
    assert.doesNotMatch(outcome.stdout, /LD_PRELOAD/);
  });
}

for (const workshop of await Workshop.openBoth()) {
  defineTests(workshop, await workshop.program("execute"));
}
