import assert from "node:assert/strict";
import type { World } from "../system/harness.ts";
import { during, isSocket, SOCKET_CLIENT, SOCKET_SERVER, testWith } from "./desktop.ts";

const names = ["wayland-0", "pipewire-0", "pulse/native", "other"];

/** Runs `use` while the sockets of a session listen, each in the world's runtime directory. */
function withSession<Result>(world: World, use: () => Promise<Result>): Promise<Result> {
  const paths = names.map((name) => `${world.runtime}/${name}`);
  const isReady = () => paths.every(isSocket);
  return during(world, ["python3", "-c", SOCKET_SERVER, ...paths], {}, isReady, use);
}

/** What a jail hears from the sockets, at the places that its variables name. */
async function heard(world: World): Promise<string> {
  const script = `: "\${WAYLAND_DISPLAY:=none}" "\${PULSE_SERVER:=unix:/none}"
    python3 -c '${SOCKET_CLIENT}' "$XDG_RUNTIME_DIR/$WAYLAND_DISPLAY" \
    "$XDG_RUNTIME_DIR/pipewire-0" "\${PULSE_SERVER#unix:}" "$XDG_RUNTIME_DIR/other" ${world.runtime}/other`;
  const { stdout, stderr } = await world.inside(script);
  assert.equal(stderr, "");
  return stdout.trim().split("\n").join(" ");
}

const ABSENT = "FileNotFoundError";

testWith(
  ["python3"],
  "each socket of the session appears where the profile says so",
  (world) =>
    withSession(world, async () => {
      const grant = (more: string) => world.profile("plain", { [world.work]: "write" }, more);
      grant("[desktop]\nwayland = true");
      assert.equal(await heard(world), `wayland-0 ${Array(4).fill(ABSENT).join(" ")}`);
      grant("[desktop]\naudio = true");
      assert.equal(await heard(world), `${ABSENT} pipewire-0 native ${ABSENT} ${ABSENT}`);
    }),
);

testWith(
  ["python3"],
  "the runtime directory is a jail's own, private, and gone with it",
  async (world) => {
    const first = await world.inside(
      'echo "$XDG_RUNTIME_DIR"; stat -c %a:%U "$XDG_RUNTIME_DIR"; touch "$XDG_RUNTIME_DIR/mine"; ls "$XDG_RUNTIME_DIR"',
    );
    assert.equal(first.stdout, `/dev/runtime\n700:${world.user.name}\nmine\n`, first.stderr);
    const second = await world.inside('ls -A "$XDG_RUNTIME_DIR"');
    assert.equal(second.stdout, "");
  },
);

testWith(
  ["python3"],
  "a trap where a socket is to appear catches nothing",
  (world) =>
    withSession(world, async () => {
      const [left, right] = ["left", "right"].map((name) => `${world.home}/${name}`);
      for (const path of [left, right]) world.directory(path);
      world.write(`${left}/file`, "");
      Deno.removeSync(`${world.profiles}/plain.toml`);
      world.profile("left", { [left]: "read" }, "[desktop]\naudio = true\nwayland = true");
      world.profile("right", { [right]: "read" });
      // Nothing is followed: neither a link at the place, which is covered, nor one on the way to it.
      const script = `mkdir /tmp/elsewhere; ln -s /tmp/elsewhere/x /dev/runtime/wayland-0
        ln -s /tmp/elsewhere /dev/runtime/pulse; cat ${left}/file
        ls -A /tmp/elsewhere
        python3 -c '${SOCKET_CLIENT}' /dev/runtime/pipewire-0 /dev/runtime/wayland-0`;
      const { stdout, status, stderr } = await world.inside(script, { cwd: "/" });
      assert.equal(stdout, "pipewire-0\nwayland-0\n", stderr);
      assert.equal(status, 0);
      assert.match(Deno.readTextFileSync(world.log), /"\/dev\/runtime\/pulse\/native".*ELOOP/);
    }),
);

testWith(
  ["pipewire", "pw-cli"],
  "a real PipeWire answers a jail whose profile has audio",
  (world) => {
    const isReady = () => isSocket(`${world.runtime}/pipewire-0`);
    return during(world, ["pipewire"], {}, isReady, async () => {
      world.profile("plain", { [world.work]: "write" }, "[desktop]\naudio = true");
      const { stdout, stderr } = await world.inside("timeout 10 pw-cli info 0");
      assert.match(stdout, /core\.name|PipeWire:Interface:Core/, stderr);
    });
  },
);

testWith(
  ["weston", "weston-simple-shm"],
  "a real Wayland compositor shows a jail's window",
  (world) => {
    const line = [
      "weston",
      "--backend=headless",
      "--socket=wayland-7",
      "--idle-time=0",
      "--no-config",
    ];
    const isReady = () => isSocket(`${world.runtime}/wayland-7`);
    return during(world, line, {}, isReady, async () => {
      world.profile("plain", { [world.work]: "write" }, "[desktop]\nwayland = true");
      const script = 'echo "$WAYLAND_DISPLAY"; timeout 2 weston-simple-shm; echo $?';
      const { stdout, stderr } = await world.inside(script, {
        env: { WAYLAND_DISPLAY: "wayland-7" },
      });
      // 124: it drew until its time was over.
      assert.equal(stdout, "wayland-7\n124\n", stderr);
    });
  },
);
