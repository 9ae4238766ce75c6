/**
 * What the end-to-end tests share: the executable, copied alone into a directory of an ordinary
 * user, and for each test a world of its own around it, from which nothing may be left.
 */

import { type Installation, installFor } from "./installation.ts";
import { everyone, ordinaryUser, type User } from "./users.ts";
import { World } from "./world.ts";

export { exists, World } from "./world.ts";

type Body = (world: World) => void | Promise<void>;

const installations = new Map<string, Installation>();

/** A world for one test; whoever asks for it disposes of it. */
export function createWorld(user: User): World {
  let installation = installations.get(user.name);
  if (installation === undefined) {
    installation = installFor(user);
    installations.set(user.name, installation);
  }
  return new World(installation);
}

Deno.test.afterAll(() => {
  for (const { base } of installations.values()) Deno.removeSync(base, { recursive: true });
  installations.clear();
});

function register(name: string, user: User, body: Body): void {
  Deno.test(`${name}, as ${user.name}`, async () => {
    const world = createWorld(user);
    try {
      await body(world);
    } catch (error) {
      await world.dispose().catch(() => {});
      throw error;
    }
    await world.dispose();
  });
}

/** A test that is run as an ordinary user. */
export function testAsUser(name: string, body: Body): void {
  register(name, ordinaryUser(), body);
}

/** A test that is run as an ordinary user and, where the tests may, as root. */
export function testAsEveryone(name: string, body: Body): void {
  for (const user of everyone()) register(name, user, body);
}

/** A test that needs root outside for its preparations, and runs StemJail as an ordinary user. */
export function testWithRoot(name: string, body: Body): void {
  if (Deno.uid() === 0) return register(name, ordinaryUser(), body);
  console.error(`SKIPPED, because it needs root: ${name}`);
  Deno.test.ignore(name, () => {});
}
