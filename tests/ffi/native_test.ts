/** What ffi/ and shim/native.h both state, by what the two make of it. */

import assert from "node:assert/strict";
import { AT_FDCWD, close, openAt, OpenFlag } from "../../ffi/file.ts";
import { Namespace } from "../../ffi/namespace.ts";
import { groupId, userId } from "../../ffi/process.ts";
import { RELAY_RECORD_BYTES, RelayRecord } from "../../ffi/relay.ts";
import { spawn, SpawnError, type SpawnRequest, SpawnStep } from "../../ffi/spawn.ts";
import { buildNative } from "../../scripts/build_native.ts";
import { root } from "../../scripts/paths.ts";

await buildNative({ only: ["libstemjail.so"] });

/** The values of C expressions that native.h gives a meaning. */
async function valuesOf(expressions: readonly string[]): Promise<number[]> {
  const directory = await Deno.makeTempDir({ prefix: "stemjail-native-" });
  try {
    const prints = expressions.map((each) => `printf("%lld\\n", (long long)(${each}));`);
    const text = `#include "native.h"\n#include <stdio.h>\nint main(void) { ${
      prints.join(" ")
    } }\n`;
    await Deno.writeTextFile(`${directory}/values.c`, text);
    const program = `${directory}/values`;
    const args = [`-I${root}shim`, `${directory}/values.c`, "-o", program];
    const compiled = await new Deno.Command("cc", { args }).output();
    assert.ok(compiled.success, new TextDecoder().decode(compiled.stderr));
    const { stdout } = await new Deno.Command(program).output();
    return new TextDecoder().decode(stdout).trim().split("\n").map(Number);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("the steps that a child takes only when asked to have the bits that C gives them", async () => {
  const names = {
    newSession: "SPAWN_NEW_SESSION",
    newGroup: "SPAWN_NEW_GROUP",
    dropCapabilities: "SPAWN_DROP_CAPABILITIES",
    noNewPrivileges: "SPAWN_NO_NEW_PRIVILEGES",
    newKeyring: "SPAWN_NEW_KEYRING",
    blockSignals: "SPAWN_BLOCK_SIGNALS",
    mayChangeToRoot: "SPAWN_MAY_CHANGE_TO_ROOT",
  } satisfies Record<keyof typeof SpawnStep, string>;
  assert.deepEqual(await valuesOf(Object.values(names)), Object.values(SpawnStep));
});

Deno.test("the records of a relay have the numbers and the size that C gives them", async () => {
  const names = {
    exited: "RELAY_EXITED",
    stopped: "RELAY_STOPPED",
    signal: "RELAY_SIGNAL",
    keyboard: "RELAY_KEYBOARD",
  } satisfies Record<keyof typeof RelayRecord, string>;
  const stated = [...Object.values(RelayRecord), RELAY_RECORD_BYTES];
  const values = await valuesOf([...Object.values(names), "sizeof(struct relay_record)"]);
  assert.deepEqual(values, stated);
});

const NOWHERE = "/nonexistent/place";
const NO_DESCRIPTOR = 999;
const SPARE_USER = 54_321;
const NO_CAPABILITY = 1n << 62n;

const request: SpawnRequest = {
  file: "/bin/true",
  arguments: ["true"],
  environment: [],
  descriptors: [],
  steps: 0,
};

/** What makes each step of a child fail, with the errno that tells it from the others. */
const failures: readonly (readonly [step: string, code: string, Partial<SpawnRequest>])[] = [
  ["clone", "EINVAL", { namespaces: Namespace.mount | Namespace.fileSystemAttributes }],
  ["write the id maps", "EPERM", {
    namespaces: Namespace.user,
    identity: { uid: SPARE_USER, gid: SPARE_USER },
  }],
  ["raise ambient capabilities", "EINVAL", {
    namespaces: Namespace.user,
    identity: { uid: userId(), gid: groupId() },
    ambient: NO_CAPABILITY,
  }],
  ["place descriptors", "EBADF", { descriptors: [NO_DESCRIPTOR] }],
  ["chdir", "ENOENT", { directory: NOWHERE }],
  ["setrlimit", "EINVAL", { limits: [{ resource: 99, soft: 0n, hard: 0n }] }],
  ["landlock_restrict_self", "EBADF", {
    ruleset: NO_DESCRIPTOR,
    steps: SpawnStep.noNewPrivileges,
  }],
  ["install the seccomp filter", "EINVAL", {
    filter: new Uint8Array(8).fill(0xff),
    steps: SpawnStep.noNewPrivileges,
  }],
  ["execve", "ENOENT", { file: NOWHERE }],
];

for (const [step, code, change] of failures) {
  Deno.test(`a child that fails to ${step} says so`, () => {
    assert.throws(() => spawn({ ...request, ...change }), (error: unknown) => {
      assert.ok(error instanceof SpawnError);
      assert.deepEqual([error.step, error.code], [step, code]);
      return true;
    });
  });
}

Deno.test("a child that fails to take the terminal says so", () => {
  const terminal = openAt(AT_FDCWD, "/dev/null", OpenFlag.readWrite);
  try {
    assert.throws(() => spawn({ ...request, terminal }), {
      step: "take the terminal",
      code: "ENOTTY",
    });
  } finally {
    close(terminal);
  }
});
