/** A jail that takes all it can get leaves the host usable, and the portal serving. */

import assert from "node:assert/strict";
import { exists, testAsEveryone, testAsUser } from "../system/harness.ts";
import { eventually } from "../system/process.ts";
import { processesOf } from "../system/traces.ts";
import type { World } from "../system/world.ts";

function limits(world: World, text: string): void {
  world.profile("plain", { [world.work]: "write" }, `[limits]\n${text}`);
}

/** Another jail can be had, and the portal answers. */
async function assertServing(world: World): Promise<void> {
  assert.equal((await world.run(["ps"])).status, 0);
  const { status, stdout, stderr } = await world.inside("echo ran");
  assert.deepEqual({ status, stdout }, { status: 0, stdout: "ran\n" }, stderr);
}

testAsUser("A fork bomb stays within its jail's limit, and ends with it", async (world) => {
  limits(world, "processes = 60");
  const bomb = `bomb() { bomb | bomb & }; bomb; sleep 60`;
  const { outcome } = world.start([world.executable, "run", "--", "/bin/bash", "-c", bomb]);
  outcome.catch(() => {});
  await eventually("it explodes", () => countInJail(world) > 20);
  for (let round = 0; round < 5; round++) {
    assert.ok(countInJail(world) <= 60, "there are more than the limit");
    await assertServing(world);
  }
  assert.equal((await world.run(["stop", "1"])).status, 0);
  await outcome;
  await eventually("nothing of it is left", () => countInJail(world) === 0);
  await assertServing(world);
});

testAsUser("The limit of processes is each jail's own", async (world) => {
  limits(world, "processes = 20");
  const many = "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 5 & done; echo ran";
  const both = await Promise.all([1, 2].map(() => world.jail(["/bin/bash", "-c", many])));
  assert.deepEqual(both.map(({ stdout, stderr }) => stdout + stderr), ["ran\n", "ran\n"]);
});

testAsUser("A program that wants all memory is refused it", async (world) => {
  limits(world, "address_space_mb = 512");
  const hog = "try:\n bytearray(1 << 30)\nexcept MemoryError:\n print('refused')";
  const { status, stdout, stderr } = await world.jail(["/usr/bin/python3", "-c", hog]);
  assert.deepEqual({ status, stdout }, { status: 0, stdout: "refused\n" }, stderr);
  await assertServing(world);
});

testAsUser("A program that opens all it can meets its limit", async (world) => {
  limits(world, "open_files = 64");
  const hog = [
    "import errno, os",
    "try:",
    " while True: last = os.open('/dev/null', os.O_RDONLY)",
    "except OSError as error: print(errno.errorcode[error.errno], last)",
  ].join("\n");
  const { stdout, stderr } = await world.jail(["/usr/bin/python3", "-c", hog]);
  assert.equal(stdout, "EMFILE 63\n", stderr);
  await assertServing(world);
});

testAsUser("A program cannot raise its limits again", async (world) => {
  limits(world, "processes = 50\nopen_files = 64");
  const { stdout } = await world.jail([
    "/bin/bash",
    "-c",
    "ulimit -n 65; ulimit -u 51; ulimit -n; ulimit -u; true",
  ]);
  assert.equal(stdout, "64\n50\n");
});

testAsUser("A crash leaves no core file", async (world) => {
  const { status } = await world.inside("ulimit -c unlimited 2>/dev/null; kill -SEGV $$");
  assert.equal(status, 139);
  assert.deepEqual([...Deno.readDirSync(world.work)], []);
});

testAsEveryone("A crash is no matter for the system's handler of crashes", async (world) => {
  // With 0 the kernel would run one that core_pattern names, and hand it the memory (core(5)).
  const limit = "resource.getrlimit(resource.RLIMIT_CORE)";
  const script = [
    "import ctypes, resource",
    `print(${limit})`,
    "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))",
    "libc = ctypes.CDLL(None, use_errno=True)",
    "none = (ctypes.c_ulong * 2)(0, 0)",
    "print(libc.prlimit(0, resource.RLIMIT_CORE, none, none), ctypes.get_errno())",
    "print(libc.prlimit(0, resource.RLIMIT_CORE, none, None))",
    // An address of which half is that of none.
    "libc.mmap.restype = ctypes.c_void_p",
    "half = libc.mmap(ctypes.c_void_p(1 << 32), ctypes.c_size_t(4096), 3, 0x100022, -1, 0)",
    "print(half == 1 << 32, libc.prlimit(0, resource.RLIMIT_CORE, ctypes.c_void_p(half), None))",
    `print(${limit})`,
  ];
  world.write(`${world.work}/script`, script.join("\n"));
  const { stdout, stderr } = await world.inside(`ulimit -c 0; python3 script`);
  assert.equal(stdout, "(1, 1)\n-1 1\n0\nTrue 0\n(1, 1)\n", stderr);
});

/** Opens what there is until it is refused, says how many that were, and keeps them for as long as told. */
const hoard = (open: string) =>
  [
    "import ctypes, os, sys, time",
    "libc = ctypes.CDLL(None, use_errno=True)",
    "kept = []",
    "place = ctypes.c_void_p()",
    "while len(kept) < 200000:",
    ` try: last = ${open}`,
    " except OSError: break",
    " if last < 0: break",
    " kept.append(last)",
    "print(len(kept), flush=True)",
    "for place in sys.argv[1:]:",
    " os.mkdir(place + '/held')",
    " while not os.path.exists(place + '/release'): time.sleep(0.02)",
  ].join("\n");

testAsEveryone("A69: a jail has its own number of pseudoterminals", async (world) => {
  const all = hoard("os.open('/dev/ptmx', os.O_RDWR | os.O_NOCTTY)");
  const { stdout, stderr } = await world.jail(["/usr/bin/python3", "-c", all]);
  assert.equal(stdout, "256\n", stderr);
});

/** What is counted for a user as a whole: how many there are, and one more of it, in Python's words. */
const COUNTED: readonly [what: string, total: () => number, open: string][] = [
  ["inotify", () => userLimit("inotify/max_user_instances"), "libc.inotify_init1(0)"],
  ["fanotify", () => userLimit("fanotify/max_user_groups"), "libc.fanotify_init(0x200, 0)"],
  ["timers and signals", pendingSignals, "libc.timer_create(1, None, ctypes.byref(place))"],
];

function userLimit(name: string): number {
  return Number(Deno.readTextFileSync(`/proc/sys/fs/${name}`));
}

function pendingSignals(): number {
  const line = /^Max pending signals +\d+ +(\d+)/m;
  return Number(line.exec(Deno.readTextFileSync("/proc/self/limits"))![1]);
}

for (const [what, total, open] of COUNTED) {
  testAsUser(
    `A69: a jail that takes all it can of ${what} leaves some to its user`,
    async (world) => {
      const all = hoard(open);
      const command = ["/usr/bin/python3", "-c", all];
      const jail = world.start([world.executable, "run", "--", ...command, world.work]);
      await eventually("it has them", () => exists(`${world.work}/held`));
      const outside = await world.shell(`python3 -c "${all}"`);
      world.write(`${world.work}/release`, "");
      const { stdout, stderr } = await jail.outcome;
      assert.ok(
        Number(stdout) > 0 && Number(stdout) <= Math.ceil(total() * 3 / 4),
        stdout + stderr,
      );
      assert.ok(Number(outside.stdout) > 0, outside.stdout + outside.stderr);
    },
  );
}

testAsUser("A69: a jail's own namespaces leave its user some", async (world) => {
  limits(world, "processes = 2000\n[sandbox]\nnested_namespaces = true");
  const limit = "cat /proc/sys/user/max_user_namespaces /proc/sys/user/max_net_namespaces";
  assert.equal((await world.inside(limit)).stdout, "1024\n1024\n");
});

const ownPlaces = ["/tmp", "/dev/shm", "$HOME", "$XDG_RUNTIME_DIR"];

testAsEveryone("All of a jail's own files share one limit, wherever they are", async (world) => {
  limits(world, "tmp_mb = 8");
  const size = 'df --output=size -B1048576 "$place" | tail -1 | tr -d " "';
  const each = (command: string) => `for place in ${ownPlaces.join(" ")}; do ${command}; done`;
  const sizes = await world.inside(each(size));
  assert.equal(sizes.stdout, "8\n".repeat(ownPlaces.length), sizes.stderr);
  for (const place of ownPlaces) {
    const fill = `head -c 64M /dev/zero > "${place}/full"; stat -c %s "${place}/full"`;
    const refused = each(`(echo x > "$place/more") 2>&- && echo "$place took more"`);
    const { stdout, stderr } = await world.inside(`${fill}; ${refused}; true`);
    assert.equal(stdout, `${8 * 1024 * 1024}\n`, place);
    assert.match(stderr, /No space left on device/);
  }
  await assertServing(world);
});

testAsEveryone("A jail's own files are limited in number too", async (world) => {
  limits(world, "tmp_mb = 8");
  const many = [
    "import errno, os, sys",
    "for place in sys.argv[1:]:",
    " made = 0",
    " try:",
    "  while made < 5000:",
    "   os.mkdir(f'{place}/{made}')",
    "   made += 1",
    " except OSError as error: print(errno.errorcode[error.errno])",
    " print(made > 900, made < 1100)",
    " for number in range(made): os.rmdir(f'{place}/{number}')",
  ].join("\n");
  const { stdout, stderr } = await world.inside(`python3 -c "${many}" ${ownPlaces.join(" ")}`);
  assert.equal(stdout, "ENOSPC\nTrue True\n".repeat(ownPlaces.length), stderr);
});

testAsEveryone(
  "The tightest limit of any profile that a jail could be of is its own",
  async (world) => {
    limits(world, "tmp_mb = 8");
    world.profile(
      "tighter",
      { [world.work]: "write", [world.base]: "read" },
      "[limits]\ntmp_mb = 3",
    );
    world.profile("untold", { [world.work]: "write", [world.home]: "read" });
    const { stdout } = await world.inside("df --output=size -B1048576 /tmp | tail -1");
    assert.equal(stdout.trim(), "3");
  },
);

testAsEveryone("Without a limit of a profile's it is half of the memory", async (world) => {
  const memory = Deno.systemMemoryInfo().total;
  const { stdout } = await world.inside("df --output=size -B1 /tmp | tail -1");
  assert.ok(Math.abs(Number(stdout) - memory / 2) < 1024 * 1024, stdout);
});

const fillBytes = "head -c 4M /dev/zero > /tmp/full";
const fillNames = "cd /dev/shm; for i in $(seq 1100); do mkdir $i || break; done";

testAsEveryone(
  "A jail whose own files fill their place still gets what it asks for",
  async (world) => {
    Deno.removeSync(`${world.profiles}/plain.toml`);
    // A mount point in the jail's own home is one of its own files, but takes no block.
    for (const [fill, place] of [[fillBytes, world.home], [fillNames, `${world.base}/elsewhere`]]) {
      for (const name of ["one", "other"]) {
        const tree = `${place}/${name}/deep`;
        Deno.mkdirSync(tree, { recursive: true });
        Deno.writeTextFileSync(`${tree}/file`, `of ${name}\n`);
        world.profile(name, { [world.work]: "write", [tree]: "read" }, "[limits]\ntmp_mb = 1");
      }
      const { stdout, stderr } = await world.inside(`(${fill}); cat ${place}/one/deep/file`);
      assert.match(stderr, /No space left on device/);
      assert.equal(stdout, "of one\n", stderr);
    }
  },
);

testAsUser(
  "A flood of messages to the monitor does not keep other jails waiting",
  async (world) => {
    const flood = [
      "import os, socket, threading, time",
      "end = time.time() + 3",
      "def go():",
      " while time.time() < end:",
      "  try:",
      "   s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)",
      "   s.connect('/dev/stemjail/socket')",
      "   for _ in range(50): s.send(os.urandom(64))",
      "  except OSError: pass",
      "threads = [threading.Thread(target=go) for _ in range(8)]",
      "[t.start() for t in threads]; [t.join() for t in threads]",
      "print('done')",
    ].join("\n");
    const flooding = world.jail(["/usr/bin/python3", "-c", flood]);
    await assertServing(world);
    assert.equal((await flooding).stdout, "done\n");
    await assertServing(world);
  },
);

/** How many shells of the bomb there are. */
function countInJail(world: World): number {
  return processesOf(world).filter(({ command }) => command[0] === "/bin/bash").length;
}
