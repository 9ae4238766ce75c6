/** What the desktop's tests share: a display of a test's own, and other servers of a session. */

import { eventually } from "../system/process.ts";
import { testAsUser, testWithRoot, type World } from "../system/harness.ts";

type Body = (world: World) => void | Promise<void>;

/** A test as an ordinary user, skipped aloud where a program that it drives is not installed. */
export function testWith(programs: readonly string[], name: string, body: Body): void {
  if (!isAnyMissing(programs, name)) testAsUser(name, body);
}

/** Like {@link testWith}, for a test that prepares something as root. */
export function testWithRootAnd(programs: readonly string[], name: string, body: Body): void {
  if (!isAnyMissing(programs, name)) testWithRoot(name, body);
}

function isAnyMissing(programs: readonly string[], name: string): boolean {
  const missing = programs.filter((program) => !isInstalled(program));
  if (missing.length === 0) return false;
  console.error(`SKIPPED, because ${missing.join(", ")} is not installed: ${name}`);
  Deno.test.ignore(name, () => {});
  return true;
}

function isInstalled(program: string): boolean {
  return ["/usr/bin", "/usr/sbin", "/bin", "/sbin"].some((directory) => {
    try {
      return Deno.statSync(`${directory}/${program}`).isFile;
    } catch {
      return false;
    }
  });
}

/** Runs `use` while a program of the session runs, and ends it. */
export async function during<Result>(
  world: World,
  line: readonly string[],
  env: Readonly<Record<string, string>>,
  isReady: () => boolean | Promise<boolean>,
  use: () => Promise<Result>,
  asRoot = false,
): Promise<Result> {
  const server = world.start(line, { env, asRoot, patience: 300_000 });
  let ended: string | null = null;
  server.outcome.then(({ stderr }) => ended = stderr, () => ended = "it hung");
  const wait = async () => {
    if (ended !== null) throw new Error(`${line[0]} ended: ${ended}`);
    return await isReady();
  };
  try {
    await eventually(`${line[0]} serves`, wait);
    return await use();
  } finally {
    if (ended === null) server.kill("SIGKILL");
    await server.outcome;
  }
}

/** An X server of the test's own. */
export interface Display {
  readonly number: number;
  /** How programs outside find it, and `stemjail run` too. */
  readonly env: Readonly<Record<string, string>>;
}

/** Display numbers that the tests use: apart from a user's, and from those of other test files. */
let nextNumber = 200 + Deno.pid % 20_000;

/** Whether there is a socket at a path. */
export function isSocket(path: string): boolean {
  try {
    return Deno.statSync(path).isSocket === true;
  } catch {
    return false;
  }
}

/** Runs `use` with a display that wants a cookie, which is added to the world's authority file. */
export function withDisplay<Result>(
  world: World,
  use: (display: Display) => Promise<Result>,
): Promise<Result> {
  const number = nextNumber++;
  const authority = `${world.home}/.Xauthority`;
  const cookie = crypto.randomUUID().replaceAll("-", "");
  const env = { DISPLAY: `:${number}`, XAUTHORITY: authority };
  const start = [
    `xauth -q -f ${authority} add :${number} MIT-MAGIC-COOKIE-1 ${cookie}`,
    `exec Xvfb :${number} -screen 0 1024x768x24 -nolisten tcp -auth ${authority}`,
  ].join(" && ");
  const isReady = async () =>
    isSocket(`/tmp/.X11-unix/X${number}`) &&
    (await world.start(["xdpyinfo"], { env }).outcome).status === 0;
  return during(world, ["sh", "-c", start], {}, isReady, () => use({ number, env }));
}

/** A colour's share of a display's pixels, from 0 to 1. */
export async function shareOf(
  world: World,
  display: Display,
  colour: readonly [red: number, green: number, blue: number],
): Promise<number> {
  const { status, bytes, stderr } = await world.start(
    ["import", "-silent", "-window", "root", "-depth", "8", "rgb:-"],
    { env: display.env },
  ).outcome;
  if (status !== 0) throw new Error(`No screenshot: ${stderr}`);
  let count = 0;
  for (let at = 0; at + 2 < bytes.length; at += 3) {
    if (colour.every((value, index) => Math.abs(bytes[at + index] - value) <= 2)) count++;
  }
  return count / (bytes.length / 3);
}

/** Waits until a colour fills most of a display. */
export async function untilShown(
  world: World,
  display: Display,
  colour: readonly [number, number, number],
): Promise<void> {
  const isShown = async () => await shareOf(world, display, colour) > 0.5;
  await eventually(`the colour ${colour.join(" ")} fills the display`, isShown, 40_000);
}

/** A server in Python that accepts connections at paths, and answers each with the path's name. */
export const SOCKET_SERVER = `
import os, selectors, socket, sys
waiting = selectors.DefaultSelector()
for path in sys.argv[1:]:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    waiting.register(listener, selectors.EVENT_READ, path)
while True:
    for key, _ in waiting.select():
        connection, _ = key.fileobj.accept()
        connection.sendall(os.path.basename(key.data).encode() + b"\\n")
        connection.close()
`;

/** A client in Python for {@link SOCKET_SERVER}: prints what each path answers, or why it does not. */
export const SOCKET_CLIENT = `
import socket, sys
for path in sys.argv[1:]:
    client = socket.socket(socket.AF_UNIX)
    try:
        client.connect(path)
        print(client.recv(100).decode().strip())
    except OSError as error:
        print(type(error).__name__)
`;
