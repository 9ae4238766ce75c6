import assert from "node:assert/strict";
import { checkCache, checkRuntimeDirectory, checkSocket } from "../../src/doctor/places.ts";
import { type Differences, fakeSystem } from "./fake_system.ts";

const RUNTIME = "/run/user/1000";

Deno.test("a private runtime directory of the user's own is fine", () => {
  const { level, value } = checkRuntimeDirectory(fakeSystem());
  assert.deepEqual([level, value], ["ok", RUNTIME]);
});

for (
  const [reason, different] of [
    ["is missing", { directories: { [RUNTIME]: null } }],
    ["is a file, not a directory", { directories: { [RUNTIME]: { kind: "file" } } }],
    ["belongs to uid 0, not to 1000", { directories: { [RUNTIME]: { uid: 0 } } }],
    ["has mode 770: others may write to it", { directories: { [RUNTIME]: { mode: 0o770 } } }],
    ["is read-only", { readOnly: [RUNTIME] }],
  ] as const satisfies [string, Differences][]
) {
  Deno.test(`a runtime directory that ${reason} fails with a remedy`, () => {
    const { level, value, remedy } = checkRuntimeDirectory(fakeSystem(different));
    assert.deepEqual([level, value], ["FAIL", `${RUNTIME} ${reason}`]);
    assert.ok(remedy.some((line) => !line.startsWith("#")));
  });
}

Deno.test("a runtime directory of another user, as after su, is changed for the usual one", () => {
  const environment = { XDG_RUNTIME_DIR: "/run/user/0" };
  const directories = { "/run/user/0": { uid: 0 } };
  const { level, remedy } = checkRuntimeDirectory(fakeSystem({ environment, directories }));
  assert.deepEqual([level, remedy.at(-1)], ["FAIL", `export XDG_RUNTIME_DIR=${RUNTIME}`]);
});

Deno.test("without XDG_RUNTIME_DIR a warning says what is used instead", () => {
  const environment = { XDG_RUNTIME_DIR: undefined };
  const { level, value } = checkRuntimeDirectory(fakeSystem({ environment }));
  assert.deepEqual([level, value], [
    "warning",
    "XDG_RUNTIME_DIR is not set: /tmp/stemjail-1000 is used instead",
  ]);
});

Deno.test("a socket path of 107 bytes is fine, and one of 108 fails", () => {
  const socketOf = (length: number) => {
    const path = `/home/u/${"s".repeat(length - 8)}`;
    return checkSocket(fakeSystem({ environment: { STEMJAIL_SOCKET: path } }));
  };
  assert.equal(socketOf(107).level, "ok");
  assert.equal(socketOf(108).level, "FAIL");
});

Deno.test("the bytes of a socket path count, not its characters", () => {
  const environment = { STEMJAIL_SOCKET: `/home/u/${"é".repeat(50)}` };
  assert.match(checkSocket(fakeSystem({ environment })).value, /has 108 bytes/);
});

Deno.test("a relative socket path fails", () => {
  const environment = { STEMJAIL_SOCKET: "portal.sock" };
  assert.equal(checkSocket(fakeSystem({ environment })).level, "FAIL");
});

Deno.test("a socket directory of another user fails, as somebody may have made it in /tmp", () => {
  const environment = { XDG_RUNTIME_DIR: undefined };
  const directories = { "/tmp/stemjail-1000": { uid: 1001 } };
  const { level, value } = checkSocket(fakeSystem({ environment, directories }));
  assert.equal(level, "FAIL");
  assert.match(value, /\/tmp\/stemjail-1000 belongs to uid 1001/);
});

Deno.test("a stated socket whose directory cannot be made gets the command that makes it", () => {
  const environment = { STEMJAIL_SOCKET: "/home/u/a b/c/portal.sock" };
  const { level, remedy } = checkSocket(fakeSystem({ environment }));
  assert.deepEqual([level, remedy], ["FAIL", ["mkdir -p -m 700 '/home/u/a b/c'"]]);
});

const inMemory = { STEMJAIL_DIR: undefined, STEMJAIL_FILES: "deno=/proc/self/fd/9:" };

for (
  const [reason, different] of [
    ["it is mounted noexec", { noExecute: ["/home/u"] }],
    ["it cannot be written to", { readOnly: ["/home/u"] }],
    ["it could not be filled", {}],
  ] as const satisfies [string, Differences][]
) {
  Deno.test(`a cache that is not used since ${reason} is a warning`, () => {
    const { level, value } = checkCache(fakeSystem({ environment: inMemory, ...different }));
    assert.equal(level, "warning");
    assert.ok(value.startsWith(`/home/u/.cache/stemjail is not used, as ${reason}: `), value);
  });
}

Deno.test("a cache whose path has a comma is said to be of no use to the runtime", () => {
  const environment = { ...inMemory, XDG_CACHE_HOME: "/home/u/a,b" };
  assert.match(checkCache(fakeSystem({ environment })).value, /has a comma/);
});
