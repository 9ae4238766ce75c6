/** The executable under test, copied alone into an empty directory of the user who runs it. */

import type { User } from "./users.ts";

/** Where a user has the executable. */
export interface Installation {
  readonly user: User;
  /** All of it lies below. */
  readonly base: string;
  /** Alone in its directory. */
  readonly executable: string;
  /** What the executable unpacks itself into. */
  readonly cache: string;
}

function original(): string {
  return Deno.env.get("STEMJAIL_TEST_EXECUTABLE") ??
    new URL("../../dist/stemjail", import.meta.url).pathname;
}

/** Installs the executable for a user. */
export function installFor(user: User): Installation {
  const base = Deno.makeTempDirSync({ dir: user.home, prefix: "system-" });
  const installation = { user, base, executable: `${base}/bin/stemjail`, cache: `${base}/cache` };
  makeOwned(base, user);
  makeOwned(`${base}/bin`, user);
  makeOwned(installation.cache, user);
  try {
    Deno.copyFileSync(original(), installation.executable);
  } catch (error) {
    Deno.removeSync(base, { recursive: true });
    throw new Error(`No executable to test, run \`deno task build\`: ${error}`);
  }
  Deno.chownSync(installation.executable, user.uid, user.gid);
  return installation;
}

/** Makes a directory that belongs to a user, if it is not there. */
export function makeOwned(path: string, { uid, gid }: User): void {
  Deno.mkdirSync(path, { recursive: true });
  Deno.chmodSync(path, 0o700);
  Deno.chownSync(path, uid, gid);
}
