/**
 * Confines itself under a ceiling, as an application is, and prints what opens: run by the test under
 * `unshare --user --map-root-user --mount`, with an empty directory as its argument.
 */
import { KernelError } from "../../ffi/check.ts";
import { accessOf, close, openAt, OpenFlag } from "../../ffi/file.ts";
import { addPathRule, landlockAbi } from "../../ffi/landlock.ts";
import { bind } from "../../ffi/library.ts";
import { attachTree, cloneTree, mountFileSystem } from "../../ffi/mount.ts";
import { Namespace, unshare } from "../../ffi/namespace.ts";
import { statusOf } from "../../ffi/status.ts";
import { createCeiling } from "../../src/monitor/ceiling.ts";
import { planCeiling } from "../../src/monitor/ceiling_plan.ts";

const libc = bind({
  prctl: { parameters: ["i32", "u64", "u64", "u64", "u64"], result: "i32" },
  restrict: { name: "syscall", parameters: ["i64", "i32", "u32"], result: "i64" },
  kill: { parameters: ["i32", "i32"], result: "i32" },
});

const base = Deno.args[0];
const DIRECTORIES = [
  ...["host/home/u/notes", "host/home/u/work", "host/secret", "host/usr/bin"],
  ...["jail/home/u/notes", "jail/usr", "jail/secret", "jail/dev", "jail/proc", "jail/tmp"],
];

/** What an attempt answers: ok, or errno by name. */
function attempt(act: () => unknown): string {
  try {
    act();
    return "ok";
  } catch (error) {
    if (error instanceof KernelError) return error.code;
    throw error;
  }
}

function open(path: string, flags: number): string {
  return attempt(() => close(openAt(-100, `${base}/${path}`, flags, 0o600)));
}

mountFileSystem("tmpfs", base, 0n);
DIRECTORIES.forEach((path) => Deno.mkdirSync(`${base}/${path}`, { recursive: true }));
const FILES = ["home/u/notes/plan", "home/u/work/code", "secret/key", "usr/bin/tool", "single"];
FILES.forEach((path) => Deno.writeTextFileSync(`${base}/host/${path}`, path));
Deno.writeTextFileSync(`${base}/outside-read`, "");
Deno.writeTextFileSync(`${base}/outside-write`, "");

const directory = (path: string) => openAt(-100, path, OpenFlag.pathOnly | OpenFlag.directory);
const trees = { host: directory(`${base}/host`), jail: directory(`${base}/jail`) };
const plan = planCeiling(landlockAbi(), [
  { path: "/home/u", write: true, kind: "directory" },
  { path: "/home/u/notes", write: true, kind: "directory" },
  { path: "/usr", write: false, kind: "directory" },
  { path: "/single", write: true, kind: "file" },
  { path: "/bin", write: false, kind: "link" },
  { path: "/gone", write: true, kind: "directory" },
]);
const readOnly = openAt(-100, `${base}/outside-read`, OpenFlag.readOnly);
const readWrite = openAt(-100, `${base}/outside-write`, OpenFlag.readWrite);
const { ruleset, missing } = createCeiling(
  plan,
  [
    ...[readOnly, readWrite, openAt(-100, `${base}/host/secret`, OpenFlag.readOnly), 1],
  ].map((descriptor) => ({ descriptor, ...statusOf(descriptor), ...accessOf(descriptor) })),
  trees,
);

// The mounts come after the ruleset, in another namespace than the rules were made in.
unshare(Namespace.fileSystemAttributes | Namespace.mount);
for (const path of ["home/u/notes", "usr", "secret"]) {
  const tree = cloneTree(-100, `${base}/host/${path}`, true);
  attachTree(tree, directory(`${base}/jail/${path}`), path);
  close(tree);
}

const before = { secret: open("jail/secret/key", OpenFlag.readOnly) };
const badRule = attempt(() => addPathRule(ruleset, readOnly, 1n << 3n, "a file"));

const PR_SET_NO_NEW_PRIVS = 38;
if (libc.prctl(PR_SET_NO_NEW_PRIVS, 1n, 0n, 0n, 0n) !== 0) throw new Error("prctl failed");
if (libc.restrict(446n, ruleset, 0) !== 0n) throw new Error("landlock_restrict_self failed");

const { create, directory: asDirectory, readOnly: reading, truncate, writeOnly } = OpenFlag;
console.log(JSON.stringify({
  before,
  badRule,
  missing,
  after: {
    "read in a mount below a rule's path": open("jail/home/u/notes/plan", reading),
    "write where some candidate may": open("jail/home/u/notes/plan", writeOnly | truncate),
    "create where some candidate may": open("jail/home/u/notes/new", writeOnly | create),
    "read a read-only tree": open("jail/usr/bin/tool", reading),
    "write a read-only tree": open("jail/usr/bin/tool", writeOnly),
    "create in a read-only tree": open("jail/usr/new", writeOnly | create),
    "list a directory mounted by mistake": open("jail/secret", asDirectory),
    "read a file mounted by mistake": open("jail/secret/key", reading),
    "list a host directory": open("host/secret", asDirectory),
    "read a host file": open("host/secret/key", reading),
    "read a host file of the ceiling": open("host/home/u/work/code", reading),
    "write a file bound by itself": open("host/single", writeOnly | truncate),
    "create in the jail's /tmp": open("jail/tmp/x", writeOnly | create),
    "create in the jail's /dev": open("jail/dev/x", writeOnly | create),
    "create in the jail's /proc": open("jail/proc/x", writeOnly | create),
    "create in the jail's root": open("jail/x", writeOnly | create),
    "list the jail's root": open("jail", asDirectory),
    "reopen an inherited file as it was": open("outside-read", reading),
    "reopen an inherited file for writing": open("outside-read", writeOnly),
    "reopen an inherited writable file": open("outside-write", writeOnly | truncate),
    "mount": attempt(() => mountFileSystem("tmpfs", `${base}/jail/tmp`, 0n)),
    "signal a process outside": libc.kill(Deno.ppid, 0) === 0 ? "ok" : "refused",
  },
}));
