import assert from "node:assert/strict";
import { eventually } from "../system/process.ts";
import { shareOf, testWith, testWithRootAnd, untilShown, withDisplay } from "./desktop.ts";
import { withTunnel } from "./network.ts";

const RED = [230, 20, 20] as const;
const BLUE = [20, 20, 230] as const;
const display = ["Xvfb", "xauth", "xdpyinfo", "import"];

testWith(
  ["xterm", ...display],
  "a terminal in a jail draws, and its shell is in the jail",
  (world) =>
    withDisplay(world, async (shown) => {
      world.profile("plain", { [world.work]: "write" }, "[desktop]\nx11 = true");
      const script = "ls -A /home > inside; until [ -e done ]; do sleep 0.1; done";
      const line = ["xterm", "-geometry", "200x80+0+0", "-bg", `rgb:e6/14/14`, "-e", script];
      const jail = world.start([world.executable, "run", "--", ...line], { env: shown.env });
      await untilShown(world, shown, RED);
      await world.shell("touch done");
      assert.equal((await jail.outcome).status, 0);
      const [, , own] = world.home.split("/");
      assert.equal(Deno.readTextFileSync(`${world.work}/inside`), `${own}\n`);
    }),
);

testWithRootAnd(
  ["firefox-esr", "pasta", "xdotool", ...display],
  "a second Firefox opens nothing in the first one's jail",
  (world) =>
    withTunnel(() =>
      withDisplay(world, async (shown) => {
        world.directory(`${world.home}/Downloads`);
        for (const [name, colour] of [["first", RED], ["second", BLUE]] as const) {
          const text = `<body style="background:rgb(${colour.join()})">`;
          world.write(`${world.home}/Downloads/${name}.html`, text);
        }
        const unset = { STEMJAIL_PROFILES: undefined, XDG_CONFIG_HOME: undefined };
        const env = { ...unset, XDG_CACHE_HOME: undefined, ...shown.env };
        const start = (name: string) => {
          const address = `file://${world.home}/Downloads/${name}.html`;
          const line = [world.executable, "run", "--", "firefox-esr", address];
          return world.start(line, { env, cwd: "/", patience: 120_000 });
        };
        const windows = async () => {
          const search = "xdotool search --onlyvisible --class firefox";
          return (await world.shell(search, { env })).stdout.trim().split("\n").length;
        };
        const first = start("first");
        await untilShown(world, shown, RED);
        const before = await windows();
        const second = start("second");
        // Its own window says that the profile is in use.
        await eventually("the second one's window", async () => await windows() > before, 30_000);
        assert.ok(await shareOf(world, shown, BLUE) < 0.01);
        for (const client of [first, second]) client.kill("SIGTERM");
        await Promise.all([first.outcome, second.outcome]);
      })
    ),
);
