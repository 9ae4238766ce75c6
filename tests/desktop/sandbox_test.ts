/** What Firefox itself says of its sandbox in a jail, and what the kernel says of the same. */

import assert from "node:assert/strict";
import { testWithRootAnd } from "./desktop.ts";
import { withTunnel } from "./network.ts";
import { usual } from "./works.ts";

const CLIENT = new URL("marionette.py", import.meta.url).pathname;

/** What the client prints. */
interface Answer {
  readonly rows: Readonly<Record<string, string>>;
  readonly processes: readonly { mode: number; filters: number; users: string }[];
  readonly own: string;
}

/** The highest level that is known for Linux is 6; at 3 and above no file can be opened for writing. */
const LEAST_LEVEL = 4;

testWithRootAnd(
  ["firefox-esr", "pasta", "python3"],
  "about:support says that content is sandboxed, and each content process is",
  (world) =>
    withTunnel(async () => {
      world.directory(`${world.home}/Downloads`);
      world.write(`${world.home}/Downloads/client.py`, Deno.readTextFileSync(CLIENT));
      const start = "firefox-esr --headless -marionette -remote-allow-system-access";
      const script = `${start} 'data:text/html,page' >/dev/null 2>&1 &
        exec timeout 60 /usr/bin/python3 ~/Downloads/client.py`;
      const line = ["run", "-p", "firefox", "--", "sh", "-c", script];
      const how = { env: { ...usual, XDG_CACHE_HOME: undefined }, cwd: "/", patience: 90_000 };
      const { stdout, stderr } = await world.run(line, how);
      assert.match(stdout, /^\{/, stderr);
      const { rows, processes, own }: Answer = JSON.parse(stdout);
      for (
        const name of [
          "Seccomp-BPF (System Call Filtering)",
          "Seccomp Thread Synchronization",
          "User Namespaces",
          "Content Process Sandboxing",
          "Media Plugin Sandboxing",
        ]
      ) assert.equal(rows[name], "true", name);
      for (
        const name of ["Content Process Sandbox Level", "Effective Content Process Sandbox Level"]
      ) {
        assert.ok(Number(rows[name]) >= LEAST_LEVEL, `${name}: ${rows[name]}`);
      }
      assert.ok(processes.length > 0);
      // One filter is the jail's, the other Firefox's own (SECCOMP_MODE_FILTER is 2).
      for (const { mode, filters, users } of processes) {
        assert.ok(mode === 2 && filters >= 2 && users !== own, stdout);
      }
    }),
);
