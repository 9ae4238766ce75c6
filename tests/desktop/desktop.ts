/** What the desktop's tests share: a display of a test's own, and other servers of a session. */

import { testAsUser, testWithRoot, type World } from "../system/harness.ts";
import { eventually } from "../system/process.ts";

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
    // Gently first, so that it leaves nothing.
    if (ended === null) server.kill("SIGTERM");
    const timer = setTimeout(() => server.kill("SIGKILL"), 5_000);
    await server.outcome;
    clearTimeout(timer);
  }
}

/** An X server of the test's own. */
export interface Display {
  readonly number: number;
  /** How programs outside find it, and `stemjail run` too. */
  readonly env: Readonly<Record<string, string>>;
}

let displays = 0;

/** Whether there is a socket at a path. */
export function isSocket(path: string): boolean {
  try {
    return Deno.statSync(path).isSocket === true;
  } catch {
    return false;
  }
}

/** The number that a server wrote into a file, or null before that. */
function readNumber(path: string): number | null {
  try {
    const text = Deno.readTextFileSync(path);
    return text.endsWith("\n") ? Number(text) : null;
  } catch {
    return null;
  }
}

/**
 * Runs `use` with a display that wants a cookie, which is added to the world's authority file. The server
 * chooses a free number.
 */
export function withDisplay<Result>(
  world: World,
  use: (display: Display) => Promise<Result>,
): Promise<Result> {
  const place = `${world.base}/display-${displays++}`;
  const authority = `${world.home}/.Xauthority`;
  const cookie = crypto.randomUUID().replaceAll("-", "");
  const add = (file: string, number: number) =>
    `xauth -q -f ${file} add :${number} MIT-MAGIC-COOKIE-1 ${cookie}`;
  // Of its own file the server takes every cookie, whatever display it is for.
  const start = `${add(`${place}.auth`, 0)} && exec Xvfb -displayfd 3 -screen 0 1024x768x24 \
    -nolisten tcp -auth ${place}.auth 3> ${place}.number`;
  let display: Display | null = null;
  const isReady = async () => {
    const number = readNumber(`${place}.number`);
    if (number === null) return false;
    display = { number, env: { DISPLAY: `:${number}`, XAUTHORITY: authority } };
    const { status } = await world.shell(`${add(authority, number)} && xdpyinfo`, {
      env: display.env,
    });
    return status === 0;
  };
  return during(world, ["sh", "-c", start], {}, isReady, () => use(display!));
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
