/**
 * Real programs that need a network, in clients' profiles that extend `dev` and have a way out, which
 * comes with the transition. The servers are in a network namespace of their own.
 */

import assert from "node:assert/strict";
import type { World } from "../system/harness.ts";
import { testWithRootAnd } from "./desktop.ts";
import { type Network, withNetwork, withTunnel } from "./network.ts";
import { doWork, usual, type Work } from "./works.ts";

/** A test of a program's work, between preparations and a last look. */
function testWork(
  work: Work,
  around: (world: World, network: Network, use: () => Promise<void>) => Promise<void>,
): void {
  testWithRootAnd(
    [...work.needs, "pasta", "curl", "dnsmasq", "ip", "setpriv"],
    `${work.program}: it moves to the client whose file it opens`,
    (world) =>
      withTunnel(() =>
        withNetwork(world, (network) => {
          const run = (args: readonly string[]) =>
            network.run(args, { env: usual, patience: 120_000 });
          return around(world, network, () => doWork(world, work, run));
        })
      ),
  );
}

async function outside(world: World, script: string, cwd = world.base): Promise<string> {
  const { status, stdout, stderr } = await world.shell(`set -e; ${script}`, { cwd });
  assert.equal(status, 0, stderr);
  return stdout;
}

/** Puts a package into a registry of plain files; its script tries what hostile ones do. */
async function publish(world: World, directory: string): Promise<void> {
  world.directory(`${world.base}/package`);
  const manifest = {
    name: "probe",
    version: "1.0.0",
    main: "main.js",
    scripts: { install: "cat ../../../right/plan ~/.ssh/id > stolen; echo run > ran" },
  };
  world.write(`${world.base}/package/package.json`, JSON.stringify(manifest));
  world.write(`${world.base}/package/main.js`, 'module.exports = "it works\\n"');
  await outside(world, `tar -czf ${directory}/probe-1.0.0.tgz package`);
  const tarball = Deno.readFileSync(`${directory}/probe-1.0.0.tgz`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-512", tarball));
  const dist = {
    tarball: "http://server.test:8080/probe-1.0.0.tgz",
    integrity: `sha512-${digest.toBase64()}`,
  };
  const versions = { "1.0.0": { ...manifest, hasInstallScript: true, dist } };
  const packument = { name: "probe", "dist-tags": { latest: "1.0.0" }, versions };
  world.write(`${directory}/probe`, JSON.stringify(packument));
}

testWork(
  {
    program: "npm, installing a package",
    needs: ["npm", "node"],
    profile: "dev",
    match: ["npm", "node"],
    more: '[net]\nmode = "nat"',
    files: { "../right/plan": "secret\n" },
    lines: [
      [
        ...["npm", "install", "--registry", "http://server.test:8080", "--prefix", "@"],
        ...["--fetch-retries", "0", "probe"],
      ],
      ["node", "-e", "fs.writeFileSync('@/said', require('@/node_modules/probe'))"],
    ],
    result: ["said", "it works\n"],
  },
  async (world, network, use) => {
    world.directory(`${world.home}/.ssh`);
    world.write(`${world.home}/.ssh/id`, "secret\n");
    await publish(world, network.directory);
    await use();
    const own = `${world.home}/Clients/left/node_modules/probe`;
    assert.equal(Deno.readTextFileSync(`${own}/ran`), "run\n");
    assert.equal(Deno.readTextFileSync(`${own}/stolen`), "");
    // Its cache and its log are the jail's own.
    assert.throws(() => Deno.statSync(`${world.home}/.npm`), Deno.errors.NotFound);
  },
);

/** What a server has: a repository, its own key, and the user's. */
const makeServer = `
  git init -q -b main seed; echo first > seed/file; git -C seed add file
  git -C seed -c user.name=a -c user.email=a commit -q -m "made outside"
  git clone -q --bare seed origin.git
  ssh-keygen -q -t ed25519 -N '' -f server; ssh-keygen -q -t ed25519 -N '' -f user
  echo "[10.99.7.1]:2222 $(cat server.pub)" > known`;

testWork(
  {
    program: "git, cloning and pushing over ssh",
    needs: ["git", "ssh", "ssh-keygen", "sshd"],
    profile: "dev",
    match: ["git"],
    more: '[net]\nmode = "nat"',
    before: "cp ../../../server/user key; cp ../../../server/known known",
    lines: [
      [
        ...["git", "clone", "-q", "-c"],
        "core.sshCommand=ssh -i @/key -o UserKnownHostsFile=@/known",
        ...["ssh://10.99.7.1:2222#/server/origin.git", "@/copy"],
      ],
      [
        ...["git", "-C", "@/copy", "-c", "user.name=a", "-c", "user.email=a"],
        ...["commit", "-q", "--allow-empty", "-m", "made inside"],
      ],
      ["git", "-C", "@/copy", "push", "-q"],
    ],
    result: ["copy/file", "first\n"],
  },
  async (world, network, use) => {
    const place = `${world.base}/server`;
    world.directory(place);
    await outside(world, makeServer, place);
    const options = [
      "ListenAddress=10.99.7.1:2222",
      `HostKey=${place}/server`,
      `AuthorizedKeysFile=${place}/user.pub`,
      "AuthenticationMethods=publickey",
      "PidFile=none",
      "UsePAM=no",
    ].flatMap((option) => ["-o", option]);
    const sshd = ["/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", ...options];
    await network.serving(sshd, 2222, use);
    const log = await outside(world, "git -C origin.git log --format=%s", place);
    assert.equal(log, "made inside\nmade outside\n");
  },
);
