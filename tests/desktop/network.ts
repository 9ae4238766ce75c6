/** A network of a test's own: a host in one namespace, and a server that it reaches in another. */

import type { World } from "../system/harness.ts";
import type { Outcome } from "../system/process.ts";
import { during } from "./desktop.ts";

const TUNNEL = "/dev/net/tun";
const OPEN = 0o666;

/** Locked by each who needs it open; in it the mode from before. */
const TUNNEL_USERS = "/run/stemjail-tests-tunnel";

/** Two hosts on one cable. */
export interface Network {
  /** The server's name, which its own name server knows. */
  readonly name: string;
  /** What it serves on port 8080. */
  readonly directory: string;
  /** Runs `stemjail ARGS` on the host, as the world's user. */
  run(args: readonly string[], how?: Start): Promise<Outcome>;
  /** Runs `use` while a program of the world's user serves a port of the server. */
  serving<Result>(
    line: readonly string[],
    port: number,
    use: () => Promise<Result>,
  ): Promise<Result>;
}

/** How a program of the host is run, where it differs from the usual. */
export interface Start {
  /** Commands that root runs first, in a mount namespace that the program has too. */
  readonly mounts?: readonly string[];
  readonly patience?: number;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

async function asRoot(world: World, script: string): Promise<void> {
  const { status, stderr } = await world.shell(script, { asRoot: true });
  if (status !== 0) throw new Error(`${script}: ${stderr}`);
}

/**
 * Runs `use` with the tunnel device open to everyone, as distributions ship it. The last one on this
 * machine who needs that gives it back the mode that it had.
 */
export async function withTunnel<Result>(use: () => Promise<Result>): Promise<Result> {
  const users = Deno.openSync(TUNNEL_USERS, { create: true, read: true, write: true });
  users.lockSync(false);
  const mode = Deno.statSync(TUNNEL).mode! & 0o777;
  if (mode !== OPEN) {
    Deno.writeTextFileSync(TUNNEL_USERS, String(mode));
    Deno.chmodSync(TUNNEL, OPEN);
  }
  try {
    return await use();
  } finally {
    if (users.tryLockSync(true)) {
      const before = Deno.readTextFileSync(TUNNEL_USERS);
      if (before !== "") Deno.chmodSync(TUNNEL, Number(before));
      users.truncateSync();
    }
    users.close();
  }
}

/** For {@link Start}: the tunnel closed to all but root, as some containers have it. */
export function closeTunnel(world: World): string[] {
  const node = `${world.base}/tun`;
  return [`mknod --mode=600 ${node} c 10 200`, `mount --bind ${node} ${TUNNEL}`];
}

/** Runs `use` with a network; the server serves a file "page", the host's loopback one "private". */
export async function withNetwork<Result>(
  world: World,
  use: (network: Network) => Promise<Result>,
): Promise<Result> {
  const host = `stemjail-host-${Deno.pid}`;
  const server = `stemjail-server-${Deno.pid}`;
  const [page, own] = ["page", "private"].map((name) => `${world.base}/${name}`);
  for (const directory of [page, own]) world.directory(directory);
  world.write(`${page}/page`, "served\n");
  world.write(`${own}/private`, "private\n");
  const setUp = `set -e
    ip netns add ${host}; ip netns add ${server}
    ip link add link0 netns ${host} type veth peer name link1 netns ${server}
    ip -n ${host} addr add 10.99.7.2/24 dev link0; ip -n ${server} addr add 10.99.7.1/24 dev link1
    for each in "${host} link0" "${server} link1"; do
      set -- $each; ip -n $1 link set lo up; ip -n $1 link set $2 up
    done
    ip -n ${host} route add default via 10.99.7.1
    mkdir -p /etc/netns/${host}; echo nameserver 10.99.7.1 > /etc/netns/${host}/resolv.conf`;
  const tearDown = `ip netns del ${host}; ip netns del ${server}
    rm -r /etc/netns/${host}; rmdir --ignore-fail-on-non-empty /etc/netns`;
  const serve = (namespace: string, address: string, directory: string) => [
    ...["ip", "netns", "exec", namespace, "/usr/bin/python3", "-m", "http.server", "8080"],
    ...["--bind", address, "--directory", directory],
  ];
  const names = [
    ...["ip", "netns", "exec", server, "dnsmasq", "--no-daemon", "--no-resolv", "--no-hosts"],
    ...["--address=/server.test/10.99.7.1", "--conf-file=/dev/null", "--user=root", "--pid-file="],
  ];
  const answers = (namespace: string, url: string) => async () =>
    (await world.shell(`ip netns exec ${namespace} curl -sf --noproxy '*' ${url}`, {
      asRoot: true,
    }))
      .status === 0;
  const { uid, gid } = world.user;
  const user = ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", "--"];
  const run: Network["run"] = (args, { mounts = [], patience, env } = {}) => {
    const script = [...mounts, 'exec "$@"'].join(" && ");
    const start = ["ip", "netns", "exec", host, "unshare", "--mount", "sh", "-c", script, "sh"];
    const line = [...start, ...user, world.executable, ...args];
    return world.start(line, { asRoot: true, cwd: "/", patience, env }).outcome;
  };
  const serving: Network["serving"] = (line, port, use) => {
    const connect = `ip netns exec ${host} bash -c ': < /dev/tcp/10.99.7.1/${port}'`;
    const isServed = async () => (await world.shell(connect, { asRoot: true })).status === 0;
    const start = ["ip", "netns", "exec", server, ...user, ...line];
    return during(world, start, {}, isServed, use, true);
  };
  await asRoot(world, setUp);
  try {
    return await during(
      world,
      serve(server, "10.99.7.1", page),
      {},
      answers(server, "http://10.99.7.1:8080/page"),
      () =>
        during(
          world,
          serve(host, "127.0.0.1", own),
          {},
          answers(host, "http://127.0.0.1:8080/private"),
          () =>
            during(
              world,
              names,
              {},
              answers(host, "http://server.test:8080/page"),
              () => use({ name: "server.test", directory: page, run, serving }),
              true,
            ),
          true,
        ),
      true,
    );
  } finally {
    await asRoot(world, tearDown);
  }
}
