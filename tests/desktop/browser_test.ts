import assert from "node:assert/strict";
import type { Program } from "../../scripts/program_table.ts";
import type { World } from "../system/harness.ts";
import { eventually } from "../system/process.ts";
import { type Display, shareOf, testWithRootAnd, untilShown, withDisplay } from "./desktop.ts";
import { withTunnel } from "./network.ts";
import { note } from "./seen.ts";

/** A browser, as a user knows it. */
interface Browser {
  readonly command: readonly string[];
  /** As the README's table has it. */
  readonly program: Program;
  /** The shipped profile that it starts in. */
  readonly profile: string;
  /** What its windows are called, for xdotool. */
  readonly windowClass: string;
  /** What is in the command line of a process that shows a page, and in no other's. */
  readonly page: string;
}

const browsers: readonly Browser[] = [
  {
    command: ["firefox-esr"],
    program: "Firefox, a page of one client",
    profile: "firefox",
    windowClass: "firefox",
    page: "-isForBrowser",
  },
  {
    // In the place of a program made with Electron, which is Chromium with a page of its own.
    command: ["chromium", "--no-first-run", "--no-default-browser-check"],
    program: "Chromium, a page of one client",
    profile: "chromium",
    windowClass: "chromium",
    page: "--type=renderer",
  },
];

const RED = [230, 20, 20] as const;
const GREEN = [20, 200, 20] as const;
const BLUE = [20, 20, 230] as const;

function page(colour: readonly number[], body = ""): string {
  return `<!doctype html><title>page</title><body style="background:rgb(${colour.join()})">${body}`;
}

/** As for a user who has everything in its usual place. */
const usual = {
  STEMJAIL_PROFILES: undefined,
  XDG_CONFIG_HOME: undefined,
  XDG_CACHE_HOME: undefined,
  XDG_STATE_HOME: undefined,
};

/** Shipped profiles with the two clients' own, which extend the browser's. */
function prepare(world: World, { profile }: Browser): typeof usual {
  const config = `${world.home}/.config`;
  const profiles = `${config}/stemjail/profiles`;
  for (const path of [config, `${config}/stemjail`, profiles]) world.directory(path);
  world.directory(`${world.home}/Clients`);
  for (const [client, colour] of [["left", RED], ["right", BLUE]] as const) {
    const directory = `${world.home}/Clients/${client}`;
    world.directory(directory);
    world.write(`${directory}/page.html`, page(colour));
    world.write(`${directory}/next.html`, page(GREEN));
    Deno.writeTextFileSync(
      `${profiles}/${client}.toml`,
      `name = "${client}"\nextends = ["${profile}"]\nrun.match = ["${profile}*"]
       fs.bind = [{ path = "~/Clients/${client}", write = true }]`,
    );
  }
  return usual;
}

/** A browser that runs in a jail, on a display. */
interface Shown {
  readonly display: Display;
  /** Types an address, as a user does. */
  go(address: string): Promise<void>;
  /** The domain of the jail, as `stemjail ps` tells it. */
  domain(): Promise<string>;
}

async function withBrowser(
  world: World,
  browser: Browser,
  line: readonly string[],
  use: (shown: Shown) => Promise<void>,
): Promise<void> {
  await withTunnel(() =>
    withDisplay(world, async (display) => {
      const env = { ...prepare(world, browser), ...display.env };
      const jail = world.start([world.executable, "run", ...line], {
        env,
        cwd: "/",
        patience: 120_000,
      });
      const go = async (address: string) => {
        const keys = `sleep 1; xdotool search --onlyvisible --class ${browser.windowClass} \
          windowfocus --sync %1; xdotool mousemove 400 500; xdotool key ctrl+l; sleep 0.5
          xdotool type --delay 20 '${address}'; sleep 0.5; xdotool key Return`;
        await world.shell(keys, { env });
      };
      const domain = async () => {
        const { stdout } = await world.run(["ps", "--json"], { env });
        return JSON.parse(stdout)[0]?.domain ?? "";
      };
      const ended = jail.outcome.then(({ status, stdout, stderr }) => {
        throw new Error(`The browser ended with ${status}: ${stdout}${stderr}`);
      });
      try {
        await Promise.race([use({ display, go, domain }), ended]);
      } finally {
        jail.kill("SIGTERM");
        await ended.catch(() => {});
      }
    })
  );
}

function testBrowser(browser: Browser, what: string, body: (world: World) => Promise<void>): void {
  const programs = [browser.command[0], "Xvfb", "xauth", "xdpyinfo", "xdotool", "import", "pasta"];
  testWithRootAnd(programs, `${browser.command[0]} ${what}`, body);
}

/** The status files of a browser's processes in jails of a world's user. */
function statuses(world: World, word: string): { filters: number; users: string }[] {
  return [...Deno.readDirSync("/proc")].filter(({ name }) => /^\d+$/.test(name))
    .flatMap(({ name }) => {
      try {
        const command = Deno.readTextFileSync(`/proc/${name}/cmdline`);
        const status = Deno.readTextFileSync(`/proc/${name}/status`);
        const isOurs = Deno.statSync(`/proc/${name}`).uid === world.user.uid;
        if (!isOurs || !command.includes(word)) return [];
        const filters = Number(/^Seccomp_filters:\s*(\d+)/m.exec(status)?.[1]);
        return [{ filters, users: Deno.readLinkSync(`/proc/${name}/ns/user`) }];
      } catch {
        return [];
      }
    });
}

for (const browser of browsers) {
  testBrowser(browser, "shows a client's file, and then never the other's", (world) => {
    const file = (name: string) => `file://${world.home}/Clients/${name}.html`;
    const line = ["--", ...browser.command, "about:blank"];
    return withBrowser(world, browser, line, async ({ display, go, domain }) => {
      const first = `left ∩ right ∩ ${browser.profile}`;
      await eventually("the jail", async () => await domain() === first);
      await eventually("a window", async () => {
        const search = `xdotool search --onlyvisible --class ${browser.windowClass}`;
        return (await world.shell(search, { env: display.env })).status === 0;
      }, 30_000);
      await go(file("left/page"));
      await untilShown(world, display, RED);
      assert.equal(await domain(), "left");
      await go(file("right/page"));
      await eventually("the page has gone", async () => await shareOf(world, display, RED) < 0.1);
      assert.ok(await shareOf(world, display, BLUE) < 0.01);
      assert.equal(await domain(), "left");
      // The same browser goes on, with what it may see.
      await go(file("left/next"));
      await untilShown(world, display, GREEN);
      assert.ok(await shareOf(world, display, BLUE) < 0.01);
      note({ program: browser.program, profile: browser.profile, transitions: [first, "left"] });
    });
  });

  testBrowser(
    browser,
    "shows a page of the jail's loopback, sandboxed, and saves where it may",
    (world) => {
      const download = `<a id=a download href=payload>x</a><script>onload = () =>
      setTimeout(() => document.getElementById("a").click(), 500)</script>`;
      const serve = `mkdir /tmp/site; cd /tmp/site; echo saved > payload
      echo '${page(GREEN, download).replaceAll("'", "")}' > page.html
      python3 -m http.server 8080 --bind 127.0.0.1 >/dev/null 2>&1 &
      for i in $(seq 50); do curl -s --noproxy '*' http://127.0.0.1:8080/ >/dev/null && break; sleep 0.1; done
      exec ${browser.command.join(" ")} http://127.0.0.1:8080/page.html`;
      const line = ["-p", browser.profile, "--", "sh", "-c", serve];
      return withBrowser(world, browser, line, async ({ display }) => {
        await untilShown(world, display, GREEN);
        const saved = `${world.home}/Downloads/payload`;
        await eventually("the download", () => {
          try {
            return Deno.readTextFileSync(saved) === "saved\n";
          } catch {
            return false;
          }
        }, 20_000);
        // The jail's filter is one; its own sandbox adds another, in a user namespace of its own.
        const pages = statuses(world, browser.page).filter(({ filters }) => filters >= 2);
        const [jail] = statuses(world, "http.server");
        assert.ok(pages.length > 0, "a content process with a filter of its own");
        assert.ok(pages.some(({ users }) => users !== jail.users), "a user namespace of its own");
        const names = [...Deno.readDirSync(world.home)].map(({ name }) => name).sort();
        const known = [
          ".Xauthority",
          ".cache",
          ".config",
          ".local",
          "Clients",
          "Downloads",
          "work",
        ];
        const own = browser.profile === "firefox" ? [".mozilla"] : [];
        assert.deepEqual(names.filter((name) => !known.includes(name)), own);
      });
    },
  );
}
