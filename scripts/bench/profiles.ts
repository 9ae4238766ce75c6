/**
 * Profiles for the benchmarks.
 *
 * @module
 */
import { root } from "../paths.ts";
import { systemLinks, systemPaths } from "./contenders.ts";
import type { Place } from "./place.ts";

/**
 * The text of a profile that grants the system and more.
 *
 * @param name of the profile
 * @param read paths to read
 * @param write paths to write
 */
export function profileText(
  name: string,
  read: readonly string[],
  write: readonly string[],
): string {
  const bind = (path: string, rest: string) =>
    `[[fs.bind]]\npath = ${JSON.stringify(path)}\n${rest}\n`;
  return [
    `name = ${JSON.stringify(name)}\n`,
    ...[...systemPaths, ...systemLinks].map((path) => bind(path, "optional = true\n")),
    ...read.map((path) => bind(path, "")),
    ...write.map((path) => bind(path, "write = true\n")),
  ].join("\n");
}

/**
 * Two activities: a jail starts with what both have, the system and the programs of the benchmarks,
 * and the first access to `disk` or `memory`, or else to `other`, moves it to one of them.
 *
 * @returns their directory
 */
export async function twoActivities(place: Place): Promise<string> {
  const directory = await place.makeDirectory("profiles");
  const programs = [place.path("app")];
  const work = [place.path("disk"), place.path("memory")];
  await place.writeFile("profiles/work.toml", profileText("work", programs, work));
  const other = profileText("other", programs, [place.path("other")]);
  await place.writeFile("profiles/other.toml", other);
  return directory;
}

/**
 * Many activities like a freelancer's clients: the system in common, and directories of their own.
 *
 * @param count how many
 * @returns the directory of the profiles, and a file that only one of them grants, for each
 */
export async function manyActivities(
  place: Place,
  count: number,
): Promise<{ readonly directory: string; readonly files: readonly string[] }> {
  const directory = await place.makeDirectory(`profiles-${count}`);
  await place.makeDirectory("clients");
  const files: string[] = [];
  for (let client = 0; client < count; client++) {
    const parts = ["plans", "mail", "invoices"].map((part) => `clients/client-${client}/${part}`);
    for (const part of parts) await place.makeDirectory(part);
    files.push(await place.writeFile(`${parts[0]}/first.txt`, "the first plan\n"));
    const name = `client-${client}`;
    const text = profileText(name, [place.path("app")], parts.map((part) => place.path(part)));
    await place.writeFile(`profiles-${count}/${name}.toml`, text);
  }
  return { directory, files };
}

/**
 * The profiles that come with StemJail, where the user can read them.
 *
 * @returns their directory
 */
export async function shippedProfiles(place: Place): Promise<string> {
  const directory = await place.makeDirectory("profiles-shipped");
  for await (const { name } of Deno.readDir(`${root}profiles`)) {
    await Deno.copyFile(`${root}profiles/${name}`, `${directory}/${name}`);
    await place.own(`profiles-shipped/${name}`);
  }
  return directory;
}
