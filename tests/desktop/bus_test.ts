import assert from "node:assert/strict";
import { busRules } from "../../src/portal/desktop_bus.ts";
import { exists, type World } from "../system/harness.ts";
import { eventually } from "../system/process.ts";
import { during, isSocket, testWith } from "./desktop.ts";

const programs = ["dbus-daemon", "gdbus", "xdg-dbus-proxy"];
const SERVICE = new URL("service.py", import.meta.url).pathname;
const owned = [
  "org.freedesktop.Notifications",
  "org.freedesktop.systemd1",
  "org.example.Tool",
  "org.freedesktop.portal.Desktop",
];

function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

/** Runs `use` with a session bus on which a service owns names; `calls` tells what reached it. */
function withBus<Result>(world: World, use: (calls: () => string[]) => Promise<Result>) {
  const calls = `${world.base}/calls`;
  const daemon = [
    "dbus-daemon",
    "--session",
    "--nofork",
    `--address=unix:path=${world.runtime}/bus`,
  ];
  const isUp = () => isSocket(`${world.runtime}/bus`);
  return during(world, daemon, {}, isUp, () => {
    // The system's Python, which has the bindings.
    world.write(`${world.base}/service.py`, Deno.readTextFileSync(SERVICE));
    const service = ["/usr/bin/python3", `${world.base}/service.py`, calls, ...owned];
    const env = { DBUS_SESSION_BUS_ADDRESS: `unix:path=${world.runtime}/bus` };
    const isReady = () => readText(calls).includes("ready");
    const heard = () => readText(calls).trim().split("\n").slice(1);
    return during(world, service, env, isReady, () => use(heard));
  });
}

/** A shell's words that call a name on the bus. */
function call(name: string, method = `${name}.Ask`): string {
  const path = name.includes("portal") ? "/org/freedesktop/portal/desktop" : "/";
  return `gdbus call --session --timeout 5 --dest ${name} --object-path ${path} --method ${method}`;
}

function grant(world: World, more: string): void {
  world.profile("plain", { [world.work]: "write" }, more);
}

testWith(
  programs,
  "through the filtered bus an allowed name answers, and no other is reached",
  (world) =>
    withBus(world, async (calls) => {
      grant(world, '[desktop]\ndbus = true\ndbus_talk = ["org.example.*"]');
      const script = owned.map((name) => call(name)).join("\n");
      const { stdout, stderr } = await world.inside(script);
      assert.equal(stdout, "('org.freedesktop.Notifications',)\n('org.example.Tool',)\n", stderr);
      assert.deepEqual(calls(), ["org.freedesktop.Notifications", "org.example.Tool"]);
    }),
);

testWith(
  [...programs, "systemd-run"],
  "a program is started outside over the unfiltered bus, and never over the filtered one",
  (world) =>
    withBus(world, async (calls) => {
      // Without a runtime directory it does not look for systemd's private socket, but at the bus.
      const run = "timeout 10 env -u XDG_RUNTIME_DIR systemd-run --user --no-block";
      const start = (name: string) => world.inside(`${run} touch ${world.base}/${name}`);
      const isThere = (name: string) => exists(`${world.base}/${name}`);
      for (const bus of ["true", 'true\ndbus_talk = ["org.example.*"]', "true\nportals = true"]) {
        grant(world, `[desktop]\ndbus = ${bus}`);
        assert.notEqual((await start("filtered")).status, 0);
      }
      assert.deepEqual(calls(), []);
      grant(world, '[desktop]\ndbus = "unfiltered"');
      // That it asks for more than the service knows makes no difference.
      await start("unfiltered");
      await eventually("it is started outside", () => isThere("unfiltered"));
      assert.deepEqual(calls(), ["org.freedesktop.systemd1.Manager"]);
      assert.equal(isThere("filtered"), false);
    }),
);

testWith(
  programs,
  "portals open dialogs, and start nothing at the next login",
  (world) =>
    withBus(world, async (calls) => {
      grant(world, "[desktop]\nportals = true");
      const portal = "org.freedesktop.portal";
      const script = ["FileChooser", "Background", "ScreenCast", "DynamicLauncher"].map((name) =>
        call(`${portal}.Desktop`, `${portal}.${name}.Ask`)
      ).join("\n");
      const { stdout, stderr } = await world.inside(`${script}\n${call(owned[0])}`);
      assert.equal(stdout, `('${portal}.FileChooser',)\n`, stderr);
      assert.deepEqual(calls(), [`${portal}.FileChooser`]);
    }),
);

testWith(programs, "the unfiltered bus reaches every name", (world) =>
  withBus(world, async () => {
    grant(world, '[desktop]\ndbus = "unfiltered"');
    const { stdout, stderr } = await world.inside(owned.map((name) => call(name)).join("\n"));
    assert.equal(stdout, owned.map((name) => `('${name}',)\n`).join(""), stderr);
  }));

testWith(
  programs,
  "without dbus a jail has no bus and no address of one",
  (world) =>
    withBus(world, async () => {
      const script = 'echo "[$DBUS_SESSION_BUS_ADDRESS]"; ls -A /dev/runtime; ls $0 2>/dev/null';
      const { stdout } = await world.inside(script.replace("$0", `${world.runtime}/bus`));
      assert.equal(stdout, "[]\n");
    }),
);

testWith(
  programs,
  "the bus appears by a transition, and one that may say more takes its place",
  (world) =>
    withBus(world, async () => {
      const [one, two] = ["one", "two"].map((name) => `${world.home}/${name}`);
      for (const path of [one, two]) {
        world.directory(path);
        world.write(`${path}/file`, "");
      }
      Deno.removeSync(`${world.profiles}/plain.toml`);
      world.profile("more", { [one]: "read", [two]: "read" }, '[desktop]\ndbus = "unfiltered"');
      world.profile("some", { [one]: "read" }, "[desktop]\ndbus = true");
      world.profile("none");
      const until = (name: string) =>
        `for i in $(seq 50); do ${call(name)} 2>/dev/null && break; sleep 0.1; done`;
      const script = `ls -A /dev/runtime; cat ${one}/file; ${until(owned[0])}
      ${call(owned[2])} 2>/dev/null || echo refused
      cat ${two}/file; ${until(owned[2])}`;
      const { stdout, stderr } = await world.inside(script, { cwd: "/" });
      assert.equal(stdout, `('${owned[0]}',)\nrefused\n('${owned[2]}',)\n`, stderr);
    }),
);

Deno.test("what the filter lets through is what the traits say", () => {
  assert.deepEqual(busRules(["dbus", "dbus-talk:org.x.Y"]), ["--filter", "--talk=org.x.Y"]);
  assert.deepEqual(busRules(["dbus", "dbus-unfiltered", "portals"]), []);
  assert.ok(busRules(["dbus", "portals"]).every((rule) => !/Background|ScreenCast/.test(rule)));
});

testWith(
  programs,
  "a jail does not see the bus of another one, wherever the portal's socket is",
  (world) =>
    withBus(world, async () => {
      const env = { STEMJAIL_SOCKET: `${world.home}/.stemjail.sock` };
      grant(world, "[desktop]\ndbus = true");
      world.profile("all", { [world.home]: "write" });
      const waits = `until [ -S $XDG_RUNTIME_DIR/bus ]; do sleep 0.05; done; touch ready
        until [ -e go ]; do sleep 0.05; done`;
      const jail = world.start(
        [world.executable, "run", "-p", "plain", "--exact", "--", "/bin/sh", "-c", waits],
        { env },
      );
      await eventually("its bus is there", () => exists(`${world.work}/ready`));
      const sockets = `find ${world.home} -name 'bus-*'`;
      const outside = (await world.shell(sockets)).stdout;
      assert.match(outside, /\/bus-\d+-1\n/);
      const from = ["run", "-p", "all", "--exact", "--", "/bin/sh", "-c"];
      assert.equal((await world.run([...from, sockets], { env })).stdout, "");
      world.write(`${world.work}/go`, "");
      assert.equal((await jail.outcome).status, 0);
    }),
);
