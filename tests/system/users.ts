/** Who the tests run StemJail as. */

/** A user of this machine. */
export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** Where the tests may make directories. */
  readonly home: string;
}

const TESTER = "stemjail-tester";

let isTold = false;

/** An ordinary user: one made for the tests if they may make it, else whoever runs them. */
export function ordinaryUser(): User {
  if (Deno.uid() === 0) return find(TESTER) ?? make();
  tellOfSkipped();
  return currentUser();
}

/** All users to test as: the ordinary one, and root. */
export function everyone(): User[] {
  return Deno.uid() === 0 ? [ordinaryUser(), currentUser()] : [ordinaryUser()];
}

function currentUser(): User {
  return all().find(({ uid }) => uid === Deno.uid())!;
}

function all(): User[] {
  return Deno.readTextFileSync("/etc/passwd").trim().split("\n").map((line) => {
    const [name, , uid, gid, , home] = line.split(":");
    return { name, uid: Number(uid), gid: Number(gid), home };
  });
}

function find(name: string): User | undefined {
  return all().find((user) => user.name === name);
}

function make(): User {
  const { success, stderr } = new Deno.Command("useradd", {
    args: ["--create-home", "--shell", "/bin/bash", TESTER],
  }).outputSync();
  if (!success) throw new Error(`Cannot make a user: ${new TextDecoder().decode(stderr)}`);
  return find(TESTER)!;
}

function tellOfSkipped(): void {
  if (isTold) return;
  isTold = true;
  console.error("SKIPPED: the tests as root, and those that need root; run them as root for all");
}
