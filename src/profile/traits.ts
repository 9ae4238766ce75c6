/**
 * What a domain has beside paths, as words. A jail has the words that all of its candidates have,
 * so they follow the rule of intersections that paths follow.
 *
 * @module
 */
import type { ProfileSettings } from "./profile.ts";

/** A word of a domain about the world outside its files; `dbus-talk:` goes with a bus name. */
export type Trait =
  | "net-nat"
  | "net-host"
  | "net-loopback"
  | "x11"
  | "wayland"
  | "dbus"
  | "dbus-unfiltered"
  | `dbus-talk:${string}`
  | "audio"
  | "gpu"
  | "portals";

/** Each mode of `[net]` as what it has; one that has more can stand in for one that has less. */
const networks: Readonly<Record<ProfileSettings["net"]["mode"], readonly Trait[]>> = {
  none: [],
  nat: ["net-nat"],
  host: ["net-nat", "net-loopback", "net-host"],
};

/** What `dbus = true` allows to talk to: services that show something, or keep the screen awake. */
const usualTalk = [
  "org.freedesktop.Notifications",
  "org.freedesktop.ScreenSaver",
  "org.gnome.SessionManager",
  "org.kde.StatusNotifierWatcher",
];

/**
 * The traits of a profile.
 *
 * @param settings what the profile says, `[net]` and `[desktop]` of it
 * @returns the words, each once
 */
export function traitsOf({ net, desktop }: Pick<ProfileSettings, "net" | "desktop">): Trait[] {
  const traits = new Set<Trait>(networks[net.mode]);
  if (net.mode === "nat" && net.loopback) traits.add("net-loopback");
  for (const key of ["x11", "wayland", "audio", "gpu", "portals"] as const) {
    if (desktop[key]) traits.add(key);
  }
  if (desktop.dbus !== false || desktop.portals) traits.add("dbus");
  if (desktop.dbus === "unfiltered") traits.add("dbus-unfiltered").add("portals");
  if (desktop.dbus === true) {
    for (const name of [...usualTalk, ...desktop.dbusTalk]) traits.add(`dbus-talk:${name}`);
  }
  return [...traits];
}

/** Whether a domain has a trait: who may say everything on the bus may say each single thing. */
function has(traits: readonly Trait[], trait: Trait): boolean {
  return traits.includes(trait) ||
    trait.startsWith("dbus-talk:") && traits.includes("dbus-unfiltered");
}

/** Whether a domain has all that another one has. */
export function hasAll(traits: readonly Trait[], wanted: readonly Trait[]): boolean {
  return wanted.every((trait) => has(traits, trait));
}

/**
 * What all domains of a set have.
 *
 * @param domains the traits of each, at least one
 */
export function commonTraits(domains: readonly (readonly Trait[])[]): Trait[] {
  const all = [...new Set(domains.flat())];
  return all.filter((trait) => domains.every((traits) => has(traits, trait)));
}
