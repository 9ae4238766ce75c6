/** A63: a terminal that another jail was given does not keep a client from its end. */

import assert from "node:assert/strict";
import { exists, testAsUser } from "../system/harness.ts";
import { eventually } from "../system/process.ts";
import { assertRan } from "./attacker.ts";

/** Waits for a terminal, and writes to it as long as there is no file `stop`: so much, so often. */
const keeper = (text: string, pause: number) =>
  [
    "import os, socket, time",
    "server = socket.socket(socket.AF_UNIX)",
    "server.bind('socket')",
    "server.listen()",
    "terminal = socket.recv_fds(server.accept()[0], 1, 1)[1][0]",
    "os.close(os.open('kept', os.O_CREAT))",
    "while not os.path.exists('stop'):",
    ` try: os.write(terminal, ${text})`,
    " except OSError: break",
    ` time.sleep(${pause})`,
  ].join("\n");

const giver = [
  "import os, socket, time",
  "client = socket.socket(socket.AF_UNIX)",
  "client.connect('socket')",
  "socket.send_fds(client, [b'x'], [1])",
  "while not os.path.exists('kept'): time.sleep(0.02)",
].join("\n");

for (const [how, text, pause] of [["little", "b'x'", 0.1], ["much", "b'x' * 4096", 0]] as const) {
  testAsUser(
    `A63: who writes ${how} to another jail's terminal does not keep it`,
    async (world) => {
      world.write(`${world.work}/keeper`, keeper(text, pause));
      world.write(`${world.work}/giver`, giver);
      const other = world.start([world.executable, "run", "--", "python3", "keeper"]);
      await eventually("the other jail listens", () => exists(`${world.work}/socket`));
      const line = "script -qec 'stemjail run -- python3 giver' /dev/null > /dev/null";
      assertRan(await world.shell(`timeout 10 ${line} < /dev/null`));
      world.write(`${world.work}/stop`, "");
      assert.equal((await other.outcome).status, 0);
    },
  );
}
