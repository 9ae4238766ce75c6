/** The shim in programs that do what troubles a preloaded library. */

import assert from "node:assert/strict";
import { type PeerMode, Workshop, World } from "./world.ts";

/** Defines the tests for one build of the shim. */
function defineTests(workshop: Workshop, program: string): void {
  /** Runs one way in a world of its own. */
  async function survive(
    way: string,
    options: { path?: string; mode?: PeerMode | "deaf" | "absent"; cwd?: string } = {},
  ) {
    await using world = await World.make(workshop, options.mode);
    return await world.run(
      [program, way, `${world.base}${options.path ?? "/alpha/file"}`],
      options,
    );
  }

  async function opensWithOneRequest(way: string, cwd = ""): Promise<void> {
    assert.deepEqual(await survive(way, { cwd }), {
      code: 0,
      stdout: "ok\n",
      stderr: "",
      requests: ["1 0 /alpha/file"],
    });
  }

  async function opensNothing(way: string): Promise<void> {
    const outcome = await survive(way);
    assert.deepEqual(outcome, { code: 0, stdout: "ok\n", stderr: "", requests: [] });
  }

  workshop.test("a forked child asks for itself", () => opensWithOneRequest("fork"));
  workshop.test("a vfork child asks without harm to its parent", () =>
    opensWithOneRequest("vfork"));
  workshop.test("a child that shares the memory asks", () => opensWithOneRequest("clone", "open"));
  workshop.test("a handler on a small alternate signal stack may ask", () =>
    opensWithOneRequest("signal-stack"));
  workshop.test("errno is the kernel's on failure, and untouched on success", () =>
    opensWithOneRequest("errno"));
  workshop.test("a question interrupted by signals all along is answered", () =>
    opensWithOneRequest("interrupted"));
  workshop.test("a program that closes all descriptors may ask", () =>
    opensWithOneRequest("all-closed"));
  workshop.test("a question takes no descriptor number that the program counts on", () =>
    opensWithOneRequest("lowest"));
  workshop.test("a refused seccomp filter does not silence the shim", () =>
    opensWithOneRequest("filter-refused"));
  workshop.test("a removed working directory does no harm", () =>
    opensWithOneRequest("removed-directory"));
  workshop.test("a path from a directory descriptor is asked for", () =>
    opensWithOneRequest("descriptor"));
  workshop.test("a path through /proc/self/fd is asked for", () =>
    opensWithOneRequest("descriptor-link"));

  workshop.test("a program without a free descriptor gets its own error", () =>
    opensNothing("no-descriptors"));
  workshop.test("a filter that prctl installed kills nobody for the shim's sake", () =>
    opensNothing("filter-prctl"));
  workshop.test("a filter that syscall installed kills nobody for the shim's sake", () =>
    opensNothing("filter-syscall"));
  workshop.test("a program started under a filter that came unseen is not killed", () =>
    opensNothing("filters-unseen"));
  workshop.test("paths that are too long, empty or null get the kernel's error", () =>
    opensNothing("long-path"));

  workshop.test("a program started under a filter that was seen gets no shim", async () => {
    const { code, stdout } = await survive("filter-exec");
    assert.deepEqual({ code, stdout }, { code: 1, stdout: "" });
  });

  workshop.test("the directory of a child that shares the memory is not taken for the parent's", async () => {
    const outcome = await survive("directory-of-clone");
    assert.equal(outcome.stdout, "ok\n");
    assert.deepEqual(outcome.requests, ["1 0 /alpha"]);
  });

  for (const way of ["threads", "processes"]) {
    workshop.test(`many ${way} that ask at once all find the file`, async () => {
      const { stdout, stderr, requests } = await survive(way);
      assert.deepEqual({ stdout, stderr }, { stdout: "ok\n", stderr: "" });
      assert.deepEqual(new Set(requests), new Set(["1 0 /alpha/file"]));
    });
  }

  for (const mode of ["garbage", "close", "deaf", "absent"] as const) {
    workshop.test(`with a monitor that is ${mode} the kernel's answer stands`, async () => {
      const { code, stdout, stderr } = await survive("expect-nothing", { mode });
      assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: "ok\n", stderr: "" });
    });
  }

  workshop.test("a silent monitor is waited for a limited time only", async () => {
    const { stdout } = await survive("expect-nothing", { mode: "silent" });
    assert.equal(stdout, "ok\n");
  });
}

for (const workshop of await Workshop.openBoth()) {
  defineTests(workshop, await workshop.program("survive", "-pthread"));
}
