import assert from "node:assert/strict";
import fc from "fast-check";
import { FILE_ACCESS, landlockAbi } from "../../ffi/landlock.ts";
import { type CeilingBind, noCeilingBecause, planCeiling } from "../../src/monitor/ceiling_plan.ts";

const DIRECTORY_RIGHTS = [
  ...["readDirectory", "removeDirectory", "removeFile", "makeCharacterDevice", "makeDirectory"],
  ...["makeRegular", "makeSocket", "makeFifo", "makeBlockDevice", "makeSymbolicLink", "refer"],
] as (keyof typeof FILE_ACCESS)[];

const name = fc.constantFrom("a", "aa", "b", "home");
const path = fc.array(name, { maxLength: 4 }).map((names) => `/${names.join("/")}`);
const binds = fc.uniqueArray(
  fc.record({
    path,
    write: fc.boolean(),
    kind: fc.constantFrom<CeilingBind["kind"]>("directory", "file", "link"),
  }),
  { selector: (bind) => bind.path, maxLength: 8 },
);
const abi = fc.integer({ min: 2, max: 9 });

function rights(access: bigint): string[] {
  return Object.entries(FILE_ACCESS).filter(([, bit]) => (access & bit) !== 0n).map(([key]) => key);
}

Deno.test("a rule holds only rights that the ruleset handles, and never none", () => {
  fc.assert(fc.property(abi, binds, (version, list) => {
    const plan = planCeiling(version, list);
    for (const { access } of plan.rules) {
      assert.equal(access & ~plan.handled, 0n);
      assert.notEqual(access, 0n);
    }
  }));
});

Deno.test("a rule for a file holds no right that only a directory has", () => {
  fc.assert(fc.property(abi, binds, (version, list) => {
    for (const rule of planCeiling(version, list).rules.filter((one) => !one.directory)) {
      assert.deepEqual(
        rights(rule.access).filter((one) => DIRECTORY_RIGHTS.includes(one as never)),
        [],
      );
    }
  }));
});

Deno.test("every bind but a link has one rule, which writes if a candidate may", () => {
  fc.assert(fc.property(abi, binds, (version, list) => {
    const rules = planCeiling(version, list).rules.filter((rule) => rule.tree === "host");
    const granted = list.filter((bind) => bind.kind !== "link");
    assert.deepEqual(rules.map((rule) => rule.path), granted.map((bind) => bind.path));
    for (const rule of rules) {
      const { write } = list.find((bind) => bind.path === rule.path)!;
      assert.equal((rule.access & FILE_ACCESS.writeFile) !== 0n, write);
      assert.notEqual(rule.access & FILE_ACCESS.readFile, 0n);
      assert.notEqual(rule.access & FILE_ACCESS.execute, 0n);
    }
  }));
});

Deno.test("where a file is inherited to read, what is granted to read cannot be truncated", () => {
  const list = [{ path: "/usr", write: false, kind: "directory" }] as const;
  const truncates = (kind: "file" | "character device" | "fifo", write: boolean) => {
    const inherited = [{ kind, write }];
    const rule = planCeiling(7, list, undefined, inherited).rules.find(({ path }) =>
      path === "/usr"
    );
    return rights(rule!.access).includes("truncate");
  };
  assert.equal(truncates("file", false), false);
  // Else Landlock looks no further than the grant, which takes half of its time off every open.
  assert.equal(truncates("file", true), true);
  assert.equal(truncates("fifo", false), true);
});

Deno.test("an older kernel is asked only for rights that it knows", () => {
  const handled = (version: number) => rights(planCeiling(version, []).handled);
  assert.equal(handled(2).includes("truncate"), false);
  assert.equal(handled(4).includes("ioctlDevice"), false);
  assert.equal(handled(7).length, 16);
  assert.equal(planCeiling(5, []).scope, 0n);
  assert.equal(planCeiling(6, []).scope, 3n);
});

Deno.test("a jail has no ceiling, and says why, where Landlock is missing, too old or in the way", () => {
  assert.match(noCeilingBecause(0, false) ?? "", /no Landlock/);
  assert.match(noCeilingBecause(1, false) ?? "", /renaming/);
  assert.match(noCeilingBecause(7, true) ?? "", /mounting/);
  assert.equal(noCeilingBecause(2, false), null);
  assert.equal(noCeilingBecause(7, false), null);
});

Deno.test({
  name:
    "under a ceiling, mounts made later open as far as some candidate may, and nothing else does",
  ignore: landlockAbi() < 6,
  fn: async () => {
    const directory = await Deno.makeTempDir();
    try {
      const child = new URL("ceiling_child.ts", import.meta.url).pathname;
      const { stdout, stderr } = await new Deno.Command("unshare", {
        args: ["-Urm", Deno.execPath(), "run", "-A", child, directory],
      }).output();
      const text = new TextDecoder().decode(stdout);
      assert.ok(text.startsWith("{"), new TextDecoder().decode(stderr));
      assert.deepEqual(JSON.parse(text), {
        before: { secret: "ok" },
        badRule: "EINVAL",
        missing: ["/gone"],
        after: {
          "read in a mount below a rule's path": "ok",
          "write where some candidate may": "ok",
          "create where some candidate may": "ok",
          "read a read-only tree": "ok",
          "write a read-only tree": "EACCES",
          "create in a read-only tree": "EACCES",
          "list a directory mounted by mistake": "ok",
          "read a file mounted by mistake": "EACCES",
          "list a host directory": "EACCES",
          "read a host file": "EACCES",
          "read a host file of the ceiling": "ok",
          "write a file bound by itself": "ok",
          "create in the jail's /tmp": "ok",
          "create in the jail's /dev": "ok",
          "create in the jail's /proc": "EACCES",
          "create in the jail's root": "EACCES",
          "list the jail's root": "ok",
          "reopen an inherited file as it was": "ok",
          "reopen an inherited file for writing": "EACCES",
          "reopen an inherited writable file": "ok",
          "mount": "EPERM",
          "signal a process outside": "refused",
        },
      });
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});
