/** A host that has run out of something: a clear error, a portal that lives, and it works again. */

import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { testAsUser, testWithRoot } from "../system/harness.ts";
import { eventually } from "../system/process.ts";
import { descriptorsOf, type Process, processesWith } from "../system/traces.ts";
import type { World } from "../system/world.ts";
import { settledTraces, startColdPortal } from "./launch.ts";

/** What no user can do without, by the name of its limit in /proc/sys/user. */
const NAMESPACES = ["user", "mnt", "pid", "ipc", "uts", "net"];

for (const kind of NAMESPACES) {
  testAsUser(`Where no ${kind} namespace is left, nothing runs, and the error says so`, async (
    world,
  ) => {
    // In a user namespace of its own, the limit is nobody else's.
    const limited = `echo 0 > /proc/sys/user/max_${kind}_namespaces && ` +
      `exec "$0" run -- /bin/echo ran`;
    const line = ["unshare", "--user", "--map-root-user", "sh", "-c", limited, world.executable];
    const { status, stdout, stderr } = await world.start(line).outcome;
    assert.equal(stdout, "");
    assert.equal(status, 125, stderr);
    assert.match(stderr, /^stemjail: .*ENOSPC.*max_.*_namespaces.*\n$/);
  });
}

testAsUser(
  "A portal without processes to start says so, and works when there are some again",
  async (
    world,
  ) => {
    const portal = await startColdPortal(world);
    const usual = softLimit(portal, "Max processes");
    await setSoftLimit(world, portal, "nproc", "1");
    const { status, stdout, stderr } = await world.inside("echo ran");
    assert.deepEqual({ status, stdout }, { status: 125, stdout: "" }, stderr);
    assert.match(stderr, /^stemjail: .*EAGAIN.*ulimit -u.*\n$/);
    await setSoftLimit(world, portal, "nproc", usual);
    assert.equal((await world.inside("echo ran")).stdout, "ran\n");
  },
);

testAsUser("A portal without descriptors refuses, and serves when there are some again", async (
  world,
) => {
  const portal = await startColdPortal(world);
  await world.inside("true");
  const open = (await settledTraces(world)).descriptors;
  const usual = softLimit(portal, "Max open files");
  await setSoftLimit(world, portal, "nofile", String(open));
  const { status, stdout, stderr } = await world.inside("echo ran");
  assert.deepEqual({ status, stdout }, { status: 125, stdout: "" }, stderr);
  assert.match(stderr, /^stemjail: [^\n]+\n$/);
  const spent = processorTime(portal);
  await new Promise((resolve) => setTimeout(resolve, 500));
  // Refusing one client is no work; a loop around a full table would take the whole half second.
  assert.ok(processorTime(portal) - spent < 20, "the portal is busy with nothing");
  await setSoftLimit(world, portal, "nofile", usual);
  assert.equal((await world.inside("echo ran")).stdout, "ran\n");
});

testAsUser("Clients that leave in the middle of their request change nothing", async (world) => {
  const portal = await startColdPortal(world);
  const body = new TextEncoder().encode(`{"type":"ps","version":"nobody's"}`);
  const frame = new Uint8Array(4 + body.length);
  new DataView(frame.buffer).setUint32(0, body.length, true);
  frame.set(body, 4);
  const { descriptors } = await settledTraces(world);
  for (let length = 0; length <= frame.length; length++) {
    const client = await connected(world);
    client.end(frame.subarray(0, length));
    client.destroy();
  }
  await eventually("all are forgotten", () => descriptorsOf(portal).length === descriptors);
  assert.equal((await world.inside("echo ran")).stdout, "ran\n");
});

testAsUser("Clients that say nothing keep nobody else waiting", async (world) => {
  await startColdPortal(world);
  const silent = await Promise.all(Array.from({ length: 100 }, () => connected(world)));
  try {
    assert.equal((await world.inside("echo ran")).stdout, "ran\n");
  } finally {
    silent.forEach((client) => client.destroy());
  }
});

testWithRoot("A monitor that is killed ends its jail, and the client is told", async (world) => {
  await startColdPortal(world);
  const { outcome } = world.start([world.executable, "run", "--", "/bin/sleep", "60.25"]);
  await eventually("the jail runs", () => processesWith("60.25").some(isExecuted));
  const jails = JSON.parse((await world.run(["ps", "--json"])).stdout);
  Deno.kill(jails[0].pid, "SIGKILL");
  const { status, stderr } = await outcome;
  assert.equal(status, 137);
  assert.match(stderr, /^stemjail: The jail's monitor died.*\n$/);
  await eventually(
    "the portal forgets the jail",
    async () => (await world.run(["ps", "--json"])).stdout.trim() === "[]",
  );
});

testWithRoot(
  "A user without a name, a home or a group in the database has a jail",
  async (world) => {
    const uid = 3_000_000_000;
    const change = ["setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups"];
    const place = `${world.base}/nobody`;
    Deno.mkdirSync(`${place}/run`, { recursive: true });
    for (const path of [place, `${place}/run`]) {
      Deno.chownSync(path, uid, uid);
      Deno.chmodSync(path, 0o700);
    }
    for (const path of [world.installation.base, `${world.installation.base}/bin`, world.base]) {
      Deno.chmodSync(path, 0o711);
    }
    Deno.chmodSync(world.executable, 0o755);
    Deno.chmodSync(world.profiles, 0o755);
    const env = {
      HOME: undefined,
      USER: undefined,
      LOGNAME: undefined,
      XDG_RUNTIME_DIR: `${place}/run`,
      XDG_CACHE_HOME: `${place}/cache`,
      XDG_STATE_HOME: `${place}/state`,
      STEMJAIL_PROFILES: `${place}/profiles`,
    };
    Deno.mkdirSync(`${place}/profiles`);
    const profile = Deno.readTextFileSync(`${world.profiles}/plain.toml`);
    const granted = profile.replaceAll(world.work, place);
    Deno.writeTextFileSync(`${place}/profiles/plain.toml`, granted, { mode: 0o644 });
    const line = [...change, world.executable, "run", "--", "/bin/sh", "-c", "id -u; id -g"];
    const { status, stdout, stderr } = await world.start(line, {
      asRoot: true,
      env,
      cwd: "/",
    }).outcome;
    assert.equal(status, 0, stderr);
    assert.equal(stdout, `${uid}\n${uid}\n`);
  },
);

/** Whether it is the program, and not the client that has it among its arguments. */
function isExecuted({ command }: Process): boolean {
  return command[0] === "/bin/sleep";
}

/** Clock ticks, a hundredth of a second each, that a process has spent on the processor. */
function processorTime(pid: number): number {
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1].split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

/** A soft limit of a process, as /proc shows it. */
function softLimit(pid: number, name: string): string {
  const line = Deno.readTextFileSync(`/proc/${pid}/limits`).split("\n")
    .find((one) => one.startsWith(name))!;
  return line.slice(name.length).trim().split(/ +/)[0];
}

/** Whoever owns a process may lower its soft limits, and raise them again. */
async function setSoftLimit(world: World, pid: number, name: string, value: string) {
  const { status, stderr } = await world.start(["prlimit", `--pid=${pid}`, `--${name}=${value}:`])
    .outcome;
  assert.equal(status, 0, stderr);
}

function connected(world: World): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const client = connect(world.socket, () => resolve(client));
    client.on("error", reject);
  });
}
