/** The file system of a jail: what is the jail's own, and what a profile binds. */

import assert from "node:assert/strict";
import { exists, testAsEveryone, testAsUser, testWithRoot, type World } from "./harness.ts";

async function output(world: World, script: string): Promise<string> {
  const { status, stdout, stderr } = await world.inside(script);
  assert.equal(stderr, "");
  assert.equal(status, 0);
  return stdout;
}

testAsEveryone("/dev has the usual devices and links, and no other", async (world) => {
  assert.equal(
    await output(world, "ls /dev"),
    "fd full null ptmx pts random runtime shm stderr stdin stdout stemjail tty urandom zero\n"
      .replaceAll(" ", "\n"),
  );
  assert.equal(
    await output(world, "cd /dev; readlink fd stdin stdout stderr; readlink -e ptmx"),
    "/proc/self/fd\n/proc/self/fd/0\n/proc/self/fd/1\n/proc/self/fd/2\n/dev/pts/ptmx\n",
  );
});

testAsEveryone("the devices do what they are for", async (world) => {
  const script = `
    echo x > /dev/null; wc -c < /dev/null
    head -c 4 /dev/zero | od -An -tx1
    head -c 16 /dev/urandom | wc -c; head -c 1 /dev/random | wc -c
    (echo x > /dev/full) 2>/dev/null || echo full
    { echo out > /dev/stdout; echo out > /dev/fd/1; } | cat; echo in | cat /dev/stdin
    (: < /dev/tty) 2>/dev/null || echo no terminal`;
  assert.equal(
    await output(world, script),
    "0\n 00 00 00 00\n16\n1\nfull\nout\nout\nin\nno terminal\n",
  );
});

testAsEveryone("/dev cannot be added to, and device nodes cannot be made", async (world) => {
  const script =
    "touch /dev/new 2>&1; mknod /tmp/null c 1 3 2>&1; rm -f /dev/null 2>&1; ls /dev/null";
  const { stdout } = await world.inside(script);
  assert.match(stdout, /touch: .*Read-only file system/);
  assert.match(stdout, /mknod: .*Operation not permitted/);
  assert.match(stdout, /\/dev\/null\n$/);
});

testAsEveryone(
  "/tmp and /dev/shm are the jail's own, writable, and gone with it",
  async (world) => {
    const mark = `stemjail-system-${Deno.pid}`;
    const script =
      `ls -A /tmp /dev/shm; stat -c %a /tmp /dev/shm; touch /tmp/${mark} /dev/shm/${mark}`;
    const expected = "/dev/shm:\n\n/tmp:\n1777\n1777\n";
    assert.equal(await output(world, script), expected);
    assert.equal(await output(world, script), expected);
    for (const directory of ["/tmp", "/dev/shm"]) {
      assert.equal([...Deno.readDirSync(directory)].some(({ name }) => name === mark), false);
    }
  },
);

testAsEveryone("the runtime directory is the jail's own, and private", async (world) => {
  const script =
    'ls -A "$XDG_RUNTIME_DIR"; stat -c %a "$XDG_RUNTIME_DIR"; touch "$XDG_RUNTIME_DIR/x"';
  assert.equal(await output(world, script), "700\n");
  assert.equal(await output(world, script), "700\n");
});

testAsEveryone("the root is read-only and has only what is granted", async (world) => {
  const names = (await output(world, "ls -A /")).trim().split("\n");
  const top = world.work.split("/")[1];
  const links = ["bin", "lib", "lib64", "sbin"].filter((name) => exists(`/${name}`));
  assert.deepEqual(names, [...links, "dev", "etc", "proc", "tmp", "usr", top].sort());
  const { stderr } = await world.inside(
    "touch /new; mkdir /home/new /usr/new; echo x > /etc/passwd",
  );
  assert.match(stderr, /\/new.: Read-only file system/);
  assert.match(stderr, /\/usr\/new.: Read-only file system/);
  assert.match(stderr, /cannot create \/etc\/passwd: Read-only file system/);
});

testAsEveryone("links of the host's root are links inside", async (world) => {
  for (const name of ["bin", "sbin", "lib", "lib64"]) {
    if (!exists(`/${name}`) || !Deno.lstatSync(`/${name}`).isSymlink) continue;
    assert.equal(await output(world, `readlink /${name}`), `${Deno.readLinkSync(`/${name}`)}\n`);
  }
});

testAsEveryone("of a path's parents only the path is shown", async (world) => {
  world.write(`${world.home}/secret`, "secret\n");
  assert.equal(await output(world, `ls -A ${world.home}`), "work\n");
  const { status, stderr } = await world.jail(["cat", `${world.home}/secret`]);
  assert.deepEqual([status, /No such file or directory/.test(stderr)], [1, true]);
});

testAsEveryone("directories, files, links, sockets and fifos can be bound", async (world) => {
  const place = `${world.home}/place`;
  world.directory(place);
  world.write(`${place}/file`, "of a file\n");
  world.write(`${place}/target`, "of a target\n");
  world.write(`${place}/unbound`, "");
  await world.shell("mkfifo fifo; ln -s target link", { cwd: place });
  const server = world.start(["python3", "-c", SERVER, `${place}/socket`]);
  await world.shell("until [ -S socket ]; do sleep 0.02; done", { cwd: place });
  const mode = (name: string) => [`${place}/${name}`, "write"] as const;
  world.profile("kinds", Object.fromEntries(["file", "link", "socket", "fifo"].map(mode)));
  const script = `cd ${place}; ls; readlink link; cat file link
    echo through the fifo > fifo
    python3 -c '
import socket
client = socket.socket(socket.AF_UNIX); client.connect("socket"); print(client.recv(99).decode())'`;
  const reader = world.start(["cat", `${place}/fifo`]);
  const { stdout, stderr } = await world.run(["run", "-p", "kinds", "--", "/bin/sh", "-c", script]);
  assert.equal(stderr, "");
  assert.equal(
    stdout,
    "fifo\nfile\nlink\nsocket\ntarget\ntarget\nof a file\nof a target\nfrom outside\n",
  );
  assert.equal((await reader.outcome).stdout, "through the fifo\n");
  await server.outcome;
});

const SERVER = `
import socket, sys
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen()
server.accept()[0].send(b"from outside")`;

testAsEveryone("a writable tree in a read-only one, and a read-only one in that", async (world) => {
  const outer = `${world.home}/outer`;
  for (const path of [outer, `${outer}/rw`, `${outer}/rw/ro`, `${outer}/rw/ro/rw`]) {
    world.directory(path);
    world.write(`${path}/here`, "");
  }
  world.profile("nested", {
    [outer]: "read",
    [`${outer}/rw`]: "write",
    [`${outer}/rw/ro/rw`]: "write",
  });
  const script = `cd ${outer}
    for place in . rw rw/ro rw/ro/rw; do
      [ -e $place/here ] && touch $place/new 2>/dev/null && echo $place
    done; exit 0`;
  const { stdout } = await world.run(["run", "-p", "nested", "--", "/bin/sh", "-c", script]);
  // A grant for writing covers all below it: nothing takes writing back.
  assert.equal(stdout, "rw\nrw/ro\nrw/ro/rw\n");
  assert.deepEqual([exists(`${outer}/new`), exists(`${outer}/rw/new`)], [false, true]);
});

testAsUser(
  "a read-only file in a writable tree of another profile stays what each says",
  async (world) => {
    const place = `${world.home}/place`;
    world.directory(place);
    world.write(`${place}/file`, "text\n");
    world.profile("reader", { [place]: "read", [`${place}/file`]: "write" });
    const script =
      `cd ${place}; echo more >> file; touch new 2>/dev/null || echo refused; cat file`;
    const { stdout } = await world.run(["run", "-p", "reader", "--", "/bin/sh", "-c", script]);
    assert.equal(stdout, "refused\ntext\nmore\n");
  },
);

testWithRoot("a writable mount below a read-only grant is read-only", async (world) => {
  const outer = `${world.home}/outer`;
  world.directory(outer);
  world.directory(`${outer}/disk`);
  world.profile("submount", { [outer]: "read" });
  const mounted = await world.shell(`mount -t tmpfs -o mode=1777 tmpfs ${outer}/disk`, {
    asRoot: true,
  });
  assert.equal(mounted.status, 0, mounted.stderr);
  try {
    Deno.writeTextFileSync(`${outer}/disk/file`, "on the disk\n");
    const script = `cat ${outer}/disk/file; touch ${outer}/disk/new`;
    const run = await world.run(["run", "-p", "submount", "--", "/bin/sh", "-c", script]);
    assert.equal(run.stdout, "on the disk\n");
    assert.match(run.stderr, /Read-only file system/);
  } finally {
    await world.shell(`umount -l ${outer}/disk`, { asRoot: true });
  }
});

testAsEveryone("set-user-ID and device files of a grant are nothing special", async (world) => {
  const attributes = (await output(world, "cat /proc/self/mountinfo")).trim().split("\n")
    .map((line) => line.split(" ")).map(([, , , , path, options]) => ({ path, options }));
  const granted = attributes.filter(({ path }) => /^\/(usr|etc|home|root)/.test(path));
  assert.equal(granted.length >= 3, true);
  for (const { path, options } of granted) assert.match(options, /nosuid,nodev/, path);
});

testAsEveryone("of the host's file systems only what is granted is mounted", async (world) => {
  const own = ["tmpfs", "proc", "devpts", "devtmpfs"];
  const table = (await output(world, "cat /proc/self/mountinfo")).trim().split("\n");
  const mounts = table.map((line) => {
    const [, , , , path, ...rest] = line.split(" ");
    return { path, type: rest[rest.indexOf("-") + 1] };
  });
  const host = mounts.filter(({ type }) => !own.includes(type)).map(({ path }) => path);
  assert.deepEqual(host.filter((path) => !/^\/(usr|etc|bin|sbin|lib)/.test(path)), [world.work]);
});

testAsEveryone("a home that is not granted is an empty one, gone with the jail", async (world) => {
  world.write(`${world.home}/.bashrc`, "exit 9\n");
  const script = "ls -A ~; touch ~/new && ls -A ~";
  assert.equal(await output(world, script), "work\nnew\nwork\n");
  assert.equal(await output(world, script), "work\nnew\nwork\n");
  assert.equal(exists(`${world.home}/new`), false);
});

testAsUser("a launch makes no file or directory outside", async (world) => {
  const before = [...Deno.readDirSync(world.home)].map(({ name }) => name).sort();
  await output(world, "true");
  assert.deepEqual([...Deno.readDirSync(world.home)].map(({ name }) => name).sort(), before);
  assert.deepEqual([...Deno.readDirSync(world.work)], []);
});
