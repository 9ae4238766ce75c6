/** Each attack of the catalogue, performed from inside a jail of the built executable. */

import assert from "node:assert/strict";
import { askPortal, attack, type Mode, type Outcome, prepare } from "./attack.ts";
import { isAvailable } from "./contenders.ts";
import { createFixture, disposeFixture, type Fixture, users } from "./fixture.ts";

interface Theme {
  readonly title: string;
  /** Numbers of which each must have been tried. */
  readonly numbers: readonly string[];
  /** Attacks that work and change nothing that the jail does not own, with why they are let be. */
  readonly harmless?: Readonly<Record<string, string>>;
}

const THEMES: Record<Mode, Theme> = {
  tty: {
    title: "A01-A08: a terminal gives no way to type for the user",
    numbers: ["A01", "A02", "A03", "A05", "A06", "A07", "A08"],
  },
  proc: {
    title: "A10-A17: the monitor cannot be looked into, traced or entered",
    numbers: ["A10", "A11", "A12", "A13", "A14", "A15", "A16", "A17"],
  },
  kill1: { title: "A20: the monitor lives through every signal", numbers: ["A20"] },
  nested: { title: "A31-A33: there is no user namespace to be root in", numbers: ["A33"] },
  sys: {
    title: "A34, A40-A46d: there is no privilege to have",
    numbers: ["A34", "A40", "A41", "A42", "A43", "A44", "A46b", "A46c", "A46d"],
  },
  kernel: {
    title: "A45, A46: kernel interfaces for nobody's use are closed, keys of the user included",
    numbers: ["A45", "A46"],
  },
  conn: {
    title: "A90-A99: the user's services, network and shared memory are out of reach",
    numbers: ["A50", "A90", "A91", "A93", "A94", "A96", "A97", "A98", "A99"],
    harmless: {
      "socket-in-granted-tree": "who grants a tree grants the sockets in it",
      "inotify-granted": "who grants a tree shows when it is used",
    },
  },
  zombies: { title: "A62: orphans are reaped", numbers: ["A62"] },
  forks: {
    title: "A67: many processes end with their jail",
    numbers: ["A67"],
    harmless: { forks: "as many as the profile's limit lets be" },
  },
  daemon: {
    title: "A63: a daemon ends with its jail",
    numbers: ["A63"],
    harmless: { daemon: "it may be started" },
  },
  strangers: { title: "A70: the host's processes are unknown", numbers: ["A70"] },
  fds: { title: "A64: no descriptor of the portal or the user is passed on", numbers: ["A64"] },
  "fds-directory": { title: "A64: a directory as standard input leads nowhere", numbers: ["A64"] },
  link: { title: "A85, A86: no link leads out of a granted tree", numbers: ["A85", "A86"] },
  mounts: {
    title: "A29, A50, A82, A83: nothing is written but where a profile says",
    numbers: ["A29", "A50", "A82", "A83"],
    harmless: Object.fromEntries(
      ["shell-start-up", "ssh-keys", "autostart", "own-profile"].map((name) => [
        name,
        "a home that is not granted is an empty one of the jail's own",
      ]),
    ),
  },
  env: { title: "A66: the environment is an allow-list", numbers: ["A66"] },
};

/** These need root outside, to make what is attacked. */
const NEEDS_ROOT = ["set-user-id", "write-submount"];

async function withJails(
  user: ReturnType<typeof users>[number],
  act: (fixture: Fixture) => Promise<void>,
): Promise<void> {
  assert.ok(await isAvailable("stemjail"), "no executable to test: run `deno task build` first");
  const fixture = await createFixture(user);
  try {
    const finish = await prepare("stemjail", fixture);
    try {
      await act(fixture);
      assert.equal(await askPortal(fixture), true, "the portal does not answer any more");
    } finally {
      await finish();
    }
  } finally {
    await disposeFixture(fixture);
  }
}

function assertRefused(theme: Theme, outcomes: readonly Outcome[]): void {
  const refused = (outcome: Outcome) =>
    outcome.verdict === "ok" ||
    outcome.verdict === "same" && theme.harmless?.[outcome.name] !== undefined ||
    outcome.verdict === "skip" && Deno.uid() !== 0 && NEEDS_ROOT.includes(outcome.name);
  const worked = outcomes.filter((outcome) => !refused(outcome));
  assert.deepEqual(worked, []);
  const tried = new Set(outcomes.map((outcome) => outcome.number));
  assert.deepEqual(theme.numbers.filter((number) => !tried.has(number)), [], "not tried");
}

for (const user of users()) {
  for (const [mode, theme] of Object.entries(THEMES) as [Mode, Theme][]) {
    Deno.test(`${theme.title}, as ${user.name}`, async () => {
      await withJails(user, async (fixture) => {
        assertRefused(theme, await attack("stemjail", fixture, mode));
      });
    });
  }

  Deno.test(`A19: there is no moment before the lock-down, as ${user.name}`, async () => {
    await withJails(user, async (fixture) => {
      for (let round = 0; round < 20; round++) {
        assertRefused(THEMES.proc, await attack("stemjail", fixture, "proc"));
      }
    });
  });
}
