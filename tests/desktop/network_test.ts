import assert from "node:assert/strict";
import type { World } from "../system/harness.ts";
import { eventually } from "../system/process.ts";
import { testWithRootAnd } from "./desktop.ts";
import { closeTunnel, type Network, withNetwork, withTunnel } from "./network.ts";

const programs = ["pasta", "curl", "dnsmasq", "ip", "setpriv"];
const PAGE = "curl -sf --noproxy '*' --max-time 5 http://server.test:8080/page";
const PRIVATE = ["127.0.0.1", "10.99.7.1", "10.99.7.2", "[::1]"].map((address) =>
  `curl -sf --noproxy '*' --max-time 2 http://${address}:8080/private`
).join("; ");

const NAT = '[net]\nmode = "nat"';
const NAT_WITH_LOOPBACK = `${NAT}\nloopback = true`;

/** A test of the network with the tunnel as distributions ship it. */
function testNetwork(
  name: string,
  body: (world: World, network: Network) => Promise<void>,
  more: readonly string[] = [],
): void {
  testWithRootAnd(
    [...programs, ...more],
    name,
    (world) => withTunnel(() => withNetwork(world, (network) => body(world, network))),
  );
}

function inside(network: Network, script: string): Promise<{ stdout: string; stderr: string }> {
  return network.run(["run", "--", "sh", "-c", script]);
}

/** What runs outside for the networks of a world's jails, by the link that each has to its namespace. */
function carriers(world: World): string[] {
  return [...Deno.readDirSync("/proc")].filter(({ name }) => /^\d+$/.test(name)).flatMap(
    ({ name }) => {
      try {
        const words = Deno.readTextFileSync(`/proc/${name}/cmdline`).split("\0");
        const isOne = words.some((word) => word.startsWith(`${world.runtime}/stemjail/net-`));
        return isOne ? [words.join(" ")] : [];
      } catch {
        return [];
      }
    },
  );
}

testNetwork(
  "nat reaches a server by its name, and not the host's loopback",
  async (world, network) => {
    world.profile("plain", {}, NAT);
    const { stdout, stderr } = await inside(network, `${PAGE}; ${PRIVATE}; echo end`);
    assert.equal(stdout, "served\nend\n", stderr);
  },
);

testNetwork("with loopback the host's own is reached too", async (world, network) => {
  world.profile("plain", {}, NAT_WITH_LOOPBACK);
  const wait =
    `for i in $(seq 30); do curl -sf --noproxy '*' http://127.0.0.1:8080/private && break; sleep 0.1; done`;
  const { stdout, stderr } = await inside(network, `${PAGE}; ${wait}`);
  assert.equal(stdout, "served\nprivate\n", stderr);
});

testNetwork("without a mode nothing is reached but the jail's own loopback", async (_, network) => {
  const own = `cd /tmp; echo own > f; python3 -m http.server 8080 --bind 127.0.0.1 >/dev/null 2>&1 &
    for i in $(seq 50); do curl -sf --noproxy '*' http://127.0.0.1:8080/f && break; sleep 0.1; done`;
  const script =
    `${PAGE}; ${PRIVATE}; ${own}; ls /sys/class/net 2>/dev/null; cut -d: -f1 -s /proc/net/dev`;
  const { stdout, stderr } = await inside(network, script);
  assert.equal(stdout.replace(/Inter-\|.*\n|face.*\n/g, ""), "own\n    lo\n", stderr);
});

/**
 * Two directories with a file, each with a profile of its own.
 *
 * @param ofRight the right one's settings; the left one has a network
 */
function twoSides(world: World, ofRight = ""): { left: string; right: string } {
  const [left, right] = ["left", "right"].map((name) => `${world.home}/${name}`);
  for (const path of [left, right]) {
    world.directory(path);
    world.write(`${path}/file`, "");
  }
  Deno.removeSync(`${world.profiles}/plain.toml`);
  world.profile("left", { [left]: "read" }, NAT);
  world.profile("right", { [right]: "read" }, ofRight);
  return { left, right };
}

testNetwork("the network comes up in a running program by a transition", async (world, network) => {
  const { left, right } = twoSides(world);
  const retry = `curl -s --noproxy '*' --retry 60 --retry-all-errors --retry-delay 1 \
    --max-time 40 http://server.test:8080/page`;
  const moved = await inside(network, `${PAGE}; ${retry} & sleep 0.3; cat ${left}/file; wait`);
  assert.equal(moved.stdout, "served\n", moved.stderr);
  const stays = await inside(network, `cat ${right}/file; sleep 1; ${PAGE}; echo end`);
  assert.equal(stays.stdout, "end\n");
});

testNetwork("whoever makes a transition to a network has it at once", async (world, network) => {
  const { left } = twoSides(world);
  const first = await inside(network, `cat ${left}/file; ${PAGE}`);
  assert.equal(first.stdout, "served\n", first.stderr);
});

const GET = "GET /page HTTP/1.0\\r\\n\\r\\n";

testNetwork(
  "a transition adds the host's loopback to a network, and no connection notices",
  async (world, network) => {
    const { right } = twoSides(world, NAT_WITH_LOOPBACK);
    const script = `exec 3<>/dev/tcp/server.test/8080; ${PRIVATE}; cat ${right}/file
      curl -sf --noproxy '*' http://127.0.0.1:8080/private; ${PAGE}
      printf '${GET}' >&3; tail -n 1 <&3`;
    const { stdout, stderr } = await network.run(["run", "--", "bash", "-c", script]);
    assert.equal(stdout, "private\nserved\nserved\n", stderr);
  },
);

testNetwork("a transition away from the host's loopback adds nothing", async (world, network) => {
  const { left } = twoSides(world, NAT_WITH_LOOPBACK);
  const { stdout, stderr } = await inside(network, `cat ${left}/file; ${PRIVATE}; ${PAGE}`);
  assert.equal(stdout, "served\n", stderr);
});

testNetwork(
  "the host's network is had only where every candidate has it",
  async (world, network) => {
    Deno.removeSync(`${world.profiles}/plain.toml`);
    const other = `${world.home}/work`;
    world.profile("host", {}, '[net]\nmode = "host"');
    const script = "grep -c link0 /proc/net/dev; true";
    assert.equal((await inside(network, script)).stdout, "1\n");
    world.profile("none", { [other]: "read" });
    assert.equal((await inside(network, script)).stdout, "0\n");
    const named = await network.run(["run", "-p", "host", "--", "sh", "-c", script]);
    assert.equal(named.stdout, "1\n", "a wider profile without the network is no candidate");
  },
);

testNetwork("what carries the network ends with the jail", async (world, network) => {
  world.profile("plain", { [world.work]: "write" }, NAT);
  const script = `grep -c nat0 /proc/net/dev; until [ -e ${world.work}/end ]; do sleep 0.1; done`;
  const jail = inside(network, script);
  await eventually("it is carried", () => carriers(world).length === 1);
  world.write(`${world.work}/end`, "");
  const { stdout, stderr } = await jail;
  assert.equal(stdout, "1\n", stderr);
  const links = () =>
    [...Deno.readDirSync(`${world.runtime}/stemjail`)].filter(({ name }) => /^net-/.test(name));
  await eventually("nothing of it is left", () => carriers(world).length + links().length === 0);
});

const HIDE_PASTA = "mount --bind /dev/null /usr/bin/pasta";
const HIDE_BOTH = [HIDE_PASTA, "mount --bind /dev/null /usr/bin/slirp4netns"];

testNetwork("slirp4netns serves where there is no pasta", async (world, network) => {
  world.profile("plain", {}, NAT);
  const line = ["run", "--", "sh", "-c", `${PAGE}; ${PRIVATE}; echo end`];
  const { stdout, stderr } = await network.run(line, { mounts: [HIDE_PASTA] });
  assert.equal(stdout, "served\nend\n", stderr);
}, ["slirp4netns"]);

testNetwork("another slirp4netns brings the host's loopback", async (world, network) => {
  const { right } = twoSides(world, NAT_WITH_LOOPBACK);
  const own = "curl -sf --noproxy '*' --max-time 2 http://10.0.2.2:8080/private";
  const line = ["run", "--", "sh", "-c", `${PAGE}; ${own}; cat ${right}/file; ${own}; ${PAGE}`];
  const { stdout, stderr } = await network.run(line, { mounts: [HIDE_PASTA] });
  assert.equal(stdout, "served\nprivate\nserved\n", stderr);
  await eventually("none of both is left", () => carriers(world).length === 0, 3_000);
}, ["slirp4netns"]);

testNetwork("without either, the error names the package", async (world, network) => {
  world.profile("plain", {}, NAT);
  const { status, stderr } = await network.run(["run", "--", "true"], { mounts: HIDE_BOTH });
  assert.equal(status, 125);
  assert.match(stderr, /^stemjail: Cannot connect .* install the package passt\n$/);
}, ["slirp4netns"]);

testNetwork("a transition to a network that is not to be had goes on", async (world, network) => {
  const left = `${world.home}/left`;
  world.directory(left);
  world.write(`${left}/file`, "a text\n");
  world.profile("left", { [left]: "read" }, NAT);
  const line = ["run", "--", "sh", "-c", `cat ${left}/file; ${PAGE}; echo end`];
  const { stdout, stderr } = await network.run(line, { mounts: HIDE_BOTH });
  assert.equal(stdout, "a text\nend\n", stderr);
}, ["slirp4netns"]);

testNetwork(
  "where the tunnel is closed, the error comes soon and names it",
  async (world, network) => {
    world.profile("plain", {}, NAT);
    const how = { mounts: closeTunnel(world), patience: 30_000 };
    const { status, stderr } = await network.run(["run", "--", "true"], how);
    assert.equal(status, 125);
    assert.match(stderr, /^stemjail: Cannot connect the jail .*\/dev\/net\/tun must exist .*\n$/);
  },
);
