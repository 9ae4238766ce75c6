/** A jail's own namespaces, identity and privileges, as a program inside sees them. */

import assert from "node:assert/strict";
import { exists, testAsEveryone, testAsUser, testWithRoot, type World } from "./harness.ts";
import { eventually } from "./process.ts";

const six = ["user", "mnt", "pid", "ipc", "uts", "net"];

async function lines(world: World, script: string): Promise<string[]> {
  const { status, stdout, stderr } = await world.inside(script);
  assert.equal(stderr, "");
  assert.equal(status, 0);
  return stdout.trimEnd().split("\n");
}

/** A field of /proc/self/status of a program inside. */
async function statusField(world: World, name: string): Promise<string> {
  const all = await lines(world, "cat /proc/self/status");
  return all.find((line) => line.startsWith(`${name}:`))!.slice(name.length + 1).trim();
}

testAsEveryone("six namespaces are the jail's own", async (world) => {
  const inside = await lines(
    world,
    `readlink ${six.map((name) => `/proc/self/ns/${name}`).join(" ")}`,
  );
  const outside = six.map((name) => Deno.readLinkSync(`/proc/self/ns/${name}`));
  assert.equal(inside.length, six.length);
  six.forEach((name, index) => {
    assert.match(inside[index], new RegExp(`^${name}:\\[\\d+\\]$`));
    assert.notEqual(inside[index], outside[index]);
  });
});

testAsUser("two jails share none of the six namespaces", async (world) => {
  const script = `readlink ${six.map((name) => `/proc/self/ns/${name}`).join(" ")}`;
  const [one, other] = [await lines(world, script), await lines(world, script)];
  assert.deepEqual(one.filter((name) => other.includes(name)), []);
});

testAsEveryone("user and group are mapped to themselves, and no other", async (world) => {
  const { uid, gid } = world.user;
  const [user, group, maps] = await lines(
    world,
    "id -u; id -g; cat /proc/self/uid_map /proc/self/gid_map | tr -s ' \\n' ' '",
  );
  assert.deepEqual([user, group], [String(uid), String(gid)]);
  assert.equal(maps.trim(), `${uid} ${uid} 1 ${gid} ${gid} 1`);
});

testAsEveryone("a file made in a writable grant is the user's outside", async (world) => {
  await lines(world, "umask 022; echo made > made; mkdir directory");
  for (const name of ["made", "directory"]) {
    const { uid, gid } = Deno.statSync(`${world.work}/${name}`);
    assert.deepEqual([uid, gid], [world.user.uid, world.user.gid]);
  }
  assert.equal(Deno.readTextFileSync(`${world.work}/made`), "made\n");
});

testAsEveryone("the application has no capability, and can get none", async (world) => {
  for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]) {
    assert.equal(await statusField(world, set), "0000000000000000", set);
  }
  assert.equal(await statusField(world, "NoNewPrivs"), "1");
});

testAsEveryone("the application is filtered by seccomp", async (world) => {
  assert.equal(await statusField(world, "Seccomp"), "2");
});

testWithRoot("supplementary groups do not lead to files of theirs", async (world) => {
  const { uid, gid } = world.user;
  const path = `${world.work}/of-a-group`;
  Deno.writeTextFileSync(path, "secret\n");
  Deno.chownSync(path, 0, 4);
  Deno.chmodSync(path, 0o640);
  const asMember = ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--groups=4"];
  const outside = world.start([...asMember, "cat", path], { asRoot: true });
  assert.equal((await outside.outcome).stdout, "secret\n");
  const run = [world.executable, "run", "--", "id", "-G"];
  const inside = world.start([...asMember, ...run], { asRoot: true });
  const groups = (await inside.outcome).stdout.trim().split(" ");
  assert.equal(groups.includes("4"), false, groups.join(" "));
});

testAsEveryone("no key of the session outside is in the jail's session", async (world) => {
  const count = "cat /proc/keys 2>/dev/null | grep -c stemjail-outside";
  const outside = await world.start(["python3", "-c", WITH_KEY, "/bin/sh", "-c", count]).outcome;
  assert.equal(outside.stdout, "1\n", outside.stderr);
  const jailed = [world.executable, "run", "--", "/bin/sh", "-c", count];
  assert.equal((await world.start(["python3", "-c", WITH_KEY, ...jailed]).outcome).stdout, "0\n");
});

/** Runs its arguments in a new session keyring with a key: keyctl(2) and add_key(2). */
const WITH_KEY = `
import ctypes, os, platform, sys
add_key, keyctl = (248, 250) if platform.machine() == "x86_64" else (217, 219)
call = ctypes.CDLL(None).syscall
assert call(keyctl, 1, None) > 0
assert call(add_key, b"user", b"stemjail-outside", b"secret", 6, -3) > 0
os.execv(sys.argv[1], sys.argv[1:])`;

testAsEveryone("nothing but the jail's own processes is seen", async (world) => {
  const found = await lines(world, "for p in /proc/[0-9]*; do cat $p/comm; done | sort -u");
  assert.deepEqual(found.filter((name) => !["cat", "sh", "sort"].includes(name)), []);
});

testAsEveryone("the network is a loopback that works, and nothing else", async (world) => {
  const [names, answer] = await lines(
    world,
    `python3 -c '
import os, socket
print(" ".join(name for _, name in socket.if_nameindex()))
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
server.accept()[0].send(b"answer")
print(client.recv(10).decode())'`,
  );
  assert.deepEqual([names, answer], ["lo", "answer"]);
});

testAsUser("the host name says the domain", async (world) => {
  assert.deepEqual(await lines(world, "uname -n"), ["plain"]);
  const longest = "é".repeat(10) + "Name of an activity " + "x".repeat(30);
  world.profile(longest, { [world.work]: "write" });
  const { stdout, stderr } = await world.shell(
    `stemjail run --socket "$XDG_RUNTIME_DIR/other" -p "${longest}" -- uname -n`,
  );
  assert.match(stdout, /^[A-Za-z0-9-]{1,63}\n$/, stderr);
});

testAsUser("nothing is open but the three descriptors, whatever was outside", async (world) => {
  const script = `exec 5</etc/passwd 7<>"$HOME/work/seven" 200</etc/group
    stemjail run -- /bin/sh -c 'echo /proc/self/fd/*; echo /proc/1/fd/*'`;
  const { stdout, stderr } = await world.shell(script);
  assert.equal(stderr, "");
  // The shell expands the pattern itself, so what it opens to do so is in the list: number 3.
  const [own, monitor] = stdout.trim().split("\n");
  const open = own.split(" ").map((path) => path.slice("/proc/self/fd/".length));
  assert.deepEqual(open.filter((name) => name !== "3"), ["0", "1", "2"]);
  assert.equal(monitor, "/proc/1/fd/*");
});

testAsUser("a portal started with descriptors open passes none on", async (world) => {
  const portal = world.start([
    "/bin/bash",
    "-c",
    'exec 5</etc/passwd 7<>"$HOME/work/seven" 200</etc/group; exec stemjail portal',
  ]);
  await eventually("the portal serves", () => exists(world.socket));
  const list = "import os; print(*os.listdir('/proc/self/fd'))";
  const { stdout } = await world.jail(["python3", "-c", list]);
  assert.deepEqual(stdout.trim().split(" ").sort(), ["0", "1", "2", "3"]);
  portal.kill("SIGTERM");
  await portal.outcome;
});

testAsUser("signals ignored or blocked outside are neither inside", async (world) => {
  const script = `trap '' HUP INT TERM USR1 PIPE
    exec stemjail run -- grep -E '^Sig(Blk|Ign):' /proc/self/status`;
  const { stdout } = await world.shell(script);
  assert.deepEqual(stdout.trim().split("\n").map((line) => line.split(/\s+/)), [
    ["SigBlk:", "0000000000000000"],
    ["SigIgn:", "0000000000000000"],
  ]);
});

testAsEveryone("the monitor is not to be read, traced or listed", async (world) => {
  const script = `for name in root cwd exe fd environ maps mem ns/mnt; do
      cat /proc/1/$name >/dev/null 2>&1 && echo "can read $name"
      readlink /proc/1/$name && echo "can follow $name"
    done; exit 0`;
  const { stdout } = await world.inside(script);
  assert.equal(stdout, "");
});
