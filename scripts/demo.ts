/**
 * A first jail: a demo home with three clients, and what a shell in a jail sees of it.
 *
 *     deno task demo
 *
 * It uses a home, a portal and a runtime directory of its own, and removes them at the end.
 *
 * @module
 */
import { root } from "./paths.ts";

const executable = `${root}dist/stemjail`;
const clients = ["OpenBar", "Paranoid", "Company"];

/** Not in /tmp, which is a jail's own and cannot be granted. */
const place = Deno.makeTempDirSync({ dir: "/var/tmp", prefix: "stemjail-demo-" });
const home = `${place}/home`;
const environment = {
  PATH: "/usr/local/bin:/usr/bin:/bin",
  TERM: Deno.env.get("TERM") ?? "dumb",
  HOME: home,
  XDG_RUNTIME_DIR: `${place}/run`,
  // What was unpacked once serves the demo too.
  XDG_CACHE_HOME: Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME") ?? place}/.cache`,
};

function makeHome(): void {
  Deno.mkdirSync(`${place}/run`, { mode: 0o700 });
  for (const client of clients) {
    Deno.mkdirSync(`${home}/Clients/${client}`, { recursive: true });
    Deno.writeTextFileSync(`${home}/Clients/${client}/plan`, `The plan of ${client}\n`);
  }
}

function stemjail(...args: string[]): Deno.CommandOutput {
  return new Deno.Command(executable, {
    args,
    env: environment,
    clearEnv: true,
    cwd: home,
    stdin: "null",
  }).outputSync();
}

/** Shows a command and what it prints, as a terminal would. */
function show(comment: string, args: readonly string[]): void {
  const words = args.map((word) => /^[\w./~-]+$/.test(word) ? word : `'${word}'`);
  console.log(`\n# ${comment}\n$ stemjail ${words.join(" ")}`);
  const { stdout, stderr, code } = stemjail(...args);
  Deno.stdout.writeSync(stdout);
  Deno.stdout.writeSync(stderr);
  if (code !== 0) console.log(`(exit status ${code})`);
}

/** The portal holds a lock on a file that has its process in it. */
function stopPortal(): void {
  const pid = Number(Deno.readTextFileSync(`${place}/run/stemjail/portal.sock.lock`));
  Deno.kill(pid, "SIGTERM");
}

try {
  makeHome();
  show("A shell can still become the jail of any client, and sees none of them yet.", [
    "run",
    "--",
    "sh",
    "-c",
    "hostname; ls /; ls ~/Clients",
  ]);
  show("Opening a client's file makes it that client's jail, and the others are gone for good.", [
    "run",
    "--",
    "sh",
    "-c",
    "hostname; cat ~/Clients/OpenBar/plan; hostname; cat ~/Clients/Paranoid/plan",
  ]);
  show("A named profile starts in its own domain. What it may write, it writes on the host.", [
    "run",
    "-p",
    "Paranoid",
    "--",
    "sh",
    "-c",
    "find ~ -type f; ls -A /tmp; echo done > ~/Clients/Paranoid/report",
  ]);
  console.log(`\n$ cat ~/Clients/Paranoid/report`);
  console.log(Deno.readTextFileSync(`${home}/Clients/Paranoid/report`).trimEnd());
  stopPortal();
} finally {
  Deno.removeSync(place, { recursive: true });
}
