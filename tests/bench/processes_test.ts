import assert from "node:assert/strict";
import { endProcesses } from "../../scripts/bench/processes.ts";

function sleeper(seconds: string): Deno.ChildProcess {
  return new Deno.Command("sleep", { args: [seconds] }).spawn();
}

Deno.test("the processes that are meant are ended, and no others", async () => {
  // Numbers that no other sleeper is likely to be told.
  const seconds = [`6${Deno.pid}.25`, `7${Deno.pid}.25`];
  const [meant, other] = seconds.map(sleeper);
  try {
    await endProcesses(({ commandLine }) => commandLine.endsWith(`sleep\0${seconds[0]}\0`));
    assert.equal((await meant.status).signal, "SIGKILL");
    Deno.kill(other.pid, "SIGCONT");
  } finally {
    other.kill("SIGTERM");
    assert.equal((await other.status).signal, "SIGTERM");
  }
});

Deno.test("this process is never among them", async () => {
  const seen: number[] = [];
  await endProcesses(({ pid }) => {
    seen.push(pid);
    return false;
  });
  assert.ok(seen.includes(Deno.ppid));
  assert.ok(!seen.includes(Deno.pid));
});

Deno.test("the user and the arguments of a process are known", async () => {
  const child = sleeper(`8${Deno.pid}.25`);
  try {
    const uids: number[] = [];
    await endProcesses(({ pid, uid }) => {
      if (pid === child.pid) uids.push(uid);
      return false;
    });
    assert.deepEqual(uids, [Deno.uid()]);
  } finally {
    child.kill("SIGTERM");
    await child.status;
  }
});
