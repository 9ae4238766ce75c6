/** A user's home with a probe, a granted tree and secrets, for attacks from inside a jail. */

const PROBE_SOURCES = new URL("probe/", import.meta.url).pathname;

/** Who runs the jails. */
export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** Paths of the host, made for one run. */
export interface Fixture {
  readonly user: User;
  /** All that follows lies below. */
  readonly base: string;
  /** A home of which only `work` is granted. */
  readonly home: string;
  /** Granted for writing. */
  readonly work: string;
  /** Granted for reading; with a writable mount in it where `submount` is set. */
  readonly readOnly: string;
  readonly submount: string | null;
  /** Never granted. */
  readonly secret: string;
  /** Granted for reading: the probe, and a set-user-ID copy of it where the run is root's. */
  readonly binaries: string;
  readonly probe: string;
  readonly setUserId: string | null;
  /** A fifo into which nobody ever types. */
  readonly keyboard: string;
  readonly profiles: string;
  readonly runtime: string;
}

/** The content that no jail may see and no attack may change. */
export const SECRET = "nobody in a jail reads this\n";

/** The users of /etc/passwd that a test can run jails as: root, if it may, and an ordinary one. */
export function users(): User[] {
  const all = Deno.readTextFileSync("/etc/passwd").trim().split("\n").map((line) => {
    const [name, , uid, gid, , home] = line.split(":");
    return { name, uid: Number(uid), gid: Number(gid), home };
  });
  const own = all.filter((user) => user.uid === Deno.uid());
  if (Deno.uid() !== 0) return own;
  const ordinary = all.find((user) =>
    user.uid >= 1000 && user.uid < 60000 && isDirectory(user.home)
  );
  if (ordinary === undefined) {
    throw new Error("No ordinary user to run jails as: make one (useradd -m NAME)");
  }
  return [ordinary, ...own];
}

/** Makes the files; `dispose` removes them. */
export async function createFixture(user: User): Promise<Fixture> {
  const base = await Deno.makeTempDir({ dir: user.home, prefix: "escape-" });
  const fixture: Fixture = {
    user,
    base,
    home: `${base}/home`,
    work: `${base}/home/work`,
    readOnly: `${base}/read-only`,
    submount: Deno.uid() === 0 ? `${base}/read-only/submount` : null,
    secret: `${base}/home/secret/key`,
    binaries: `${base}/bin`,
    probe: `${base}/bin/probe`,
    setUserId: Deno.uid() === 0 ? `${base}/bin/probe-setuid` : null,
    keyboard: `${base}/keyboard`,
    profiles: `${base}/profiles`,
    runtime: `${base}/run`,
  };
  const { home, work, readOnly, binaries, profiles, runtime } = fixture;
  for (const path of [home, work, readOnly, binaries, profiles, runtime, `${home}/secret`]) {
    await Deno.mkdir(path, { mode: 0o700 });
  }
  await succeed("mkfifo", [fixture.keyboard]);
  await Deno.writeTextFile(fixture.secret, SECRET);
  await Deno.writeTextFile(`${profiles}/escape.toml`, profile(fixture));
  await buildProbe(fixture);
  await succeed("chown", ["-R", `${user.uid}:${user.gid}`, base]);
  if (fixture.setUserId !== null) await makeSetUserId(fixture.probe, fixture.setUserId);
  if (fixture.submount !== null) {
    await Deno.mkdir(fixture.submount);
    await succeed("mount", ["-t", "tmpfs", "-o", "mode=1777,size=1m", "tmpfs", fixture.submount]);
  }
  return fixture;
}

/** Removes what `createFixture` made. */
export async function disposeFixture(fixture: Fixture): Promise<void> {
  if (fixture.submount !== null) await succeed("umount", [fixture.submount]);
  await Deno.remove(fixture.base, { recursive: true });
}

/** The arguments KEY=VALUE that tell the probe where the things outside are. */
export function settings(fixture: Fixture, run: number): string[] {
  const values: Record<string, string | number | null> = {
    secret: fixture.secret,
    home: fixture.home,
    writable: fixture.work,
    granted: fixture.probe,
    readonly: fixture.readOnly,
    submount: fixture.submount,
    setuid: fixture.setUserId,
    profiles: fixture.profiles,
    portal: `${fixture.runtime}/portal.sock`,
    socket: `${fixture.work}/socket`,
    abstract: `@stemjail-escape-${Deno.pid}-${run}`,
    port: 20_000 + (Deno.pid * 31 + run) % 20_000,
    shm: 0x5afe0000 + (Deno.pid * 31 + run) % 0xffff,
    "posix-shm": `stemjail-escape-${Deno.pid}-${run}`,
    key: `stemjail-escape-${Deno.pid}`,
    token: `stemjail-escape-${Deno.pid}-${run}`,
    devpts: deviceOf("/dev/pts"),
    outside: Deno.pid,
  };
  return Object.entries(values)
    .filter(([, value]) => value !== null)
    .map(([key, value]) => `${key}=${value}`);
}

function profile({ work, readOnly, binaries }: Fixture): string {
  const bind = (path: string, rest = "") =>
    `[[fs.bind]]\npath = ${JSON.stringify(path)}\n${rest}\n`;
  const system = ["/usr", "/etc", "/bin", "/sbin", "/lib", "/lib64"];
  return [
    `name = "escape"\n`,
    ...system.map((path) => bind(path, "optional = true\n")),
    bind(binaries),
    bind(readOnly),
    bind(work, "write = true\n"),
  ].join("\n");
}

async function buildProbe(fixture: Fixture): Promise<void> {
  const sources = [...Deno.readDirSync(PROBE_SOURCES)]
    .filter((entry) => entry.name.endsWith(".c"))
    .map((entry) => PROBE_SOURCES + entry.name);
  const flags = ["-O1", "-std=gnu11", "-static", "-Wall", "-Wextra", "-Werror"];
  await succeed("cc", [...flags, "-o", fixture.probe, ...sources]);
}

async function makeSetUserId(probe: string, path: string): Promise<void> {
  await Deno.copyFile(probe, path);
  await Deno.chown(path, 0, 0);
  await Deno.chmod(path, 0o4755);
}

async function succeed(command: string, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args }).output();
  if (!success) throw new Error(`Cannot run ${command}: ${new TextDecoder().decode(stderr)}`);
}

function deviceOf(path: string): number {
  return Deno.statSync(path).dev;
}

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
