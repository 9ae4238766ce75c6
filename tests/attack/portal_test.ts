/** A57-A59, F11, F12: what clients do to the portal: it goes on, as it was, and serves the others. */

import assert from "node:assert/strict";
import { exists, testAsEveryone, type World } from "../system/harness.ts";
import { eventually } from "../system/process.ts";
import { descriptorsOf, monitorsOf, portalsOf } from "../system/traces.ts";
import { assertRan, corpus, install } from "./attacker.ts";

const MAXIMUM_GROWTH_KIB = 128 * 1024;

/** A client that holds connections or keeps them busy, and says `ready` and then waits for its end. */
const CLIENT = `
import itertools, json, os, resource, socket, struct, sys, time
mode, path, version, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
resource.setrlimit(resource.RLIMIT_NOFILE, (8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))

def connect():
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(5)
    connection.connect(path)
    return connection

def frame(request):
    body = json.dumps(dict(request, version=version)).encode()
    return struct.pack("<I", len(body)) + body

held = []
for number in range(count):
    try:
        connection = connect()
        held.append(connection)
        if mode == "half":
            connection.send(frame({"type": "ps"})[:9])
        elif mode == "asked":
            connection.sendall(frame({"type": "ps"}))
            connection.recv(4)
        elif mode == "descriptors":
            null = [os.open("/dev/null", os.O_RDONLY) for _ in range(100)]
            socket.send_fds(connection, [frame({"type": "ps"})], null)
            for descriptor in null: os.close(descriptor)
        elif mode == "deaf":
            connection.setblocking(False)
    except OSError:
        pass
# A frame of the greatest length, one byte at a time.
pieces = {one: itertools.chain(b"\\xff\\xff\\xff\\x00", itertools.repeat(32)) for one in held}
end = time.monotonic() + 3
while mode in ("deaf", "pieces") and time.monotonic() < end:
    for connection in held:
        try:
            if mode == "deaf":
                connection.send(frame({"type": "info", "format": "json"}))
            else:
                connection.send(bytes([next(pieces[connection])]))
        except OSError:
            pass
open(sys.argv[5], "w").close()
time.sleep(60)
`;

async function versionOf(world: World): Promise<string> {
  return (await world.run(["--version"])).stdout.trim();
}

function residentKib(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1]);
}

/** Runs a client of a mode, and another that means well meanwhile; the portal's growth in KiB. */
async function besiege(world: World, mode: string, count: number): Promise<number> {
  const [{ pid }] = portalsOf(world);
  const before = residentKib(pid);
  const ready = `${world.work}/ready-${mode}`;
  world.write(`${world.work}/client.py`, CLIENT);
  const client = world.start(
    [
      "python3",
      `${world.work}/client.py`,
      mode,
      world.socket,
      await versionOf(world),
      `${count}`,
      ready,
    ],
    { patience: 60_000 },
  );
  const work = async () => {
    assertRan(await world.run(["ps"], { patience: 20_000 }));
    assertRan(await world.run(["run", "--", "true"], { patience: 20_000 }));
  };
  await work();
  await eventually("the client is at it", () => exists(ready), 40_000);
  await work();
  const growth = residentKib(pid) - before;
  client.kill("SIGKILL");
  await client.outcome.catch(() => {});
  assert.deepEqual(portalsOf(world).map((portal) => portal.pid), [pid]);
  return growth;
}

testAsEveryone(
  "F11, A57: a portal lives through frames that are none, cut off at any byte",
  async (world) => {
    install(world);
    // A portal without jails ends when a client of another build comes.
    const jail = world.start([world.executable, "run", "--", "sleep", "60"]);
    await eventually("a jail runs", async () => /sleep/.test((await world.run(["ps"])).stdout));
    await eventually("another monitor waits", () => monitorsOf(world).length === 2);
    const [{ pid }] = portalsOf(world);
    const before = descriptorsOf(pid).length;
    const text = (body: string, length = body.length) => {
      const bytes = new TextEncoder().encode(`    ${body}`);
      new DataView(bytes.buffer).setUint32(0, length, true);
      return bytes;
    };
    const version = await versionOf(world);
    const good = text(JSON.stringify({ type: "ps", version }));
    const bodies = [
      "",
      "null",
      "[]",
      "{}",
      "0",
      "garbage!",
      '{"type":"ps"',
      "[".repeat(100_000),
      '{"a":'.repeat(50_000),
      `{"type":"stop","id":"__proto__","version":${JSON.stringify(version)}}`,
      `{"type":"info","format":"constructor","version":${JSON.stringify(version)}}`,
      `{"type":"ps","version":${JSON.stringify("x".repeat(1_000_000))}}`,
      `{"type":"ps","version":{"toString":1}}`,
      `{"__proto__":{"type":"ps"},"version":${JSON.stringify(version)}}`,
      `{"type":"run","command":[],"version":${JSON.stringify(version)}}`,
    ];
    const frames = [
      ...Array.from(good, (_, length) => good.subarray(0, length)).filter(({ length }) =>
        length > 0
      ),
      ...bodies.map((body) => text(body)),
      text("", 0xffffff),
      text("{}", 0xffffffff),
      text("{}", 0x02000002),
      new Uint8Array([0xff]),
      ...Array.from({ length: 100 }, () => text("garbage!")),
    ];
    const file = corpus(world, "frames", frames);
    const attacker = `${world.base}/attacker/attacker`;
    const outcome = await world.start([attacker, "stream", file, world.socket]).outcome;
    assertRan(outcome);
    assert.equal(outcome.stdout.trimEnd().length, frames.length);
    assert.doesNotMatch(outcome.stdout, /t/, "a connection was left open");
    assert.deepEqual(portalsOf(world).map((portal) => portal.pid), [pid]);
    assertRan(await world.run(["ps"]));
    await eventually("descriptors are as before", () => descriptorsOf(pid).length <= before);
    jail.kill("SIGTERM");
    await jail.outcome;
  },
);

testAsEveryone("F12, A58: clients that hold connections do not keep others out", async (world) => {
  assertRan(await world.run(["info"]));
  for (const [mode, count] of [["idle", 200], ["half", 200], ["asked", 2000]] as const) {
    await besiege(world, mode, count);
  }
});

testAsEveryone(
  "A59, A61: a portal does not fill its memory for clients that never listen, or dribble",
  async (world) => {
    assertRan(await world.run(["info"]));
    for (const [mode, count] of [["deaf", 8], ["pieces", 8], ["descriptors", 200]] as const) {
      const growth = await besiege(world, mode, count);
      assert.ok(growth < MAXIMUM_GROWTH_KIB, `${mode}: the portal grew by ${growth} KiB`);
      console.log(`  ${mode}: growth=${growth}KiB`);
    }
  },
);
