/** What the tests of evolving jails share: trees that only some profiles grant, and programs to run. */

import { testAsEveryone, testAsUser, testWithRoot, type World } from "../system/harness.ts";
import { Session, type SessionOptions } from "./session.ts";

/** Trees below a home, each with files of its own. */
export interface Places {
  /** Granted to all, for reading. */
  readonly common: string;
  /** Programs of the tests; granted to all, for reading. */
  readonly bin: string;
  /** Granted to "Alpha" for writing, to "Reader" and "Mover" for reading. */
  readonly alpha: string;
  /** Granted to "Beta" and "Mover" for writing. */
  readonly beta: string;
  /** Granted to "Gamma" for writing. */
  readonly gamma: string;
  /** Granted to nobody. */
  readonly secret: string;
}

/** The state that jails of {@link places} start in. */
export const START = "Alpha ∩ Beta ∩ Gamma ∩ Mover ∩ Reader";

/** The state after the first look into alpha. */
export const SAW_ALPHA = "Alpha ∩ Mover ∩ Reader";

/** The state after the first look into beta. */
export const SAW_BETA = "Beta ∩ Mover";

/** Makes the trees, and profiles for them. */
export function places(world: World): Places {
  const at = (name: string) => `${world.home}/${name}`;
  const all = {
    common: at("common"),
    bin: at("bin"),
    alpha: at("alpha"),
    beta: at("beta"),
    gamma: at("gamma"),
    secret: at("secret"),
  };
  for (const [name, path] of Object.entries(all)) {
    files(world, path, { file: `of ${name}\n`, "deep/file": `deep in ${name}\n` });
  }
  const both = { [all.common]: "read", [all.bin]: "read" } as const;
  Deno.removeSync(`${world.profiles}/plain.toml`);
  world.profile("Alpha", { ...both, [all.alpha]: "write" });
  world.profile("Beta", { ...both, [all.beta]: "write" });
  world.profile("Gamma", { ...both, [all.gamma]: "write" });
  world.profile("Mover", { ...both, [all.alpha]: "read", [all.beta]: "write" });
  world.profile("Reader", { ...both, [all.alpha]: "read" });
  return all;
}

/** Writes files below a directory of the user's, and the directories that they take. */
export function files(
  world: World,
  directory: string,
  contents: Readonly<Record<string, string>>,
): void {
  world.directory(directory);
  for (const [name, text] of Object.entries(contents)) {
    const names = name.split("/").slice(0, -1);
    names.forEach((_, index) =>
      world.directory(`${directory}/${names.slice(0, index + 1).join("/")}`)
    );
    world.write(`${directory}/${name}`, text);
  }
}

/** Makes a symbolic link of the user's. */
export function link(world: World, target: string, path: string): void {
  Deno.symlinkSync(target, path);
  new Deno.Command("chown", {
    args: ["--no-dereference", `${world.user.uid}:${world.user.gid}`, path],
  }).outputSync();
}

type Body = (session: Session, places: Places, world: World) => void | Promise<void>;

function inJail(body: Body, options?: SessionOptions) {
  return async (world: World) => {
    const made = places(world);
    const session = await Session.start(world, options);
    await body(session, made, world);
    await session.end();
  };
}

/** A test with a jail among the profiles of {@link places}, as an ordinary user. */
export function testJail(name: string, body: Body, options?: SessionOptions): void {
  testAsUser(name, inJail(body, options));
}

/** The same, and as root. */
export function testJailAsEveryone(name: string, body: Body): void {
  testAsEveryone(name, inJail(body));
}

/** The same, with preparations before the jail that only root can make; the jail is a user's. */
export function testJailWithRoot(
  name: string,
  prepare: (places: Places, world: World) => Promise<void>,
  body: Body,
): void {
  testWithRoot(name, async (world) => {
    const made = places(world);
    await prepare(made, world);
    const session = await Session.start(world);
    await body(session, made, world);
    await session.end();
  });
}

const sources = new URL("./programs/", import.meta.url).pathname;

/** Compiles a program of the tests into a directory, under its source's name. */
export function compile(
  directory: string,
  source: string,
  options: readonly string[] = [],
): string {
  const path = source.startsWith("/") ? source : `${sources}${source}`;
  const target = `${directory}/${path.slice(path.lastIndexOf("/") + 1).replace(/\.c$/, "")}`;
  const { success, stderr } = new Deno.Command("gcc", {
    args: ["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-o", target, path, ...options],
    stdin: "null",
  }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return target;
}
