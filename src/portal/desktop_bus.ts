/**
 * A jail's session bus: a socket of its own, behind which xdg-dbus-proxy lets through what the jail's
 * domain may say. The raw bus starts programs for whoever asks, outside of every jail.
 *
 * @module
 */
import type { Trait } from "../profile/traits.ts";
import { RUNTIME_DIRECTORY } from "../protocol/inside.ts";
import type { Provision } from "../protocol/messages.ts";
import type { Reactor } from "../protocol/reactor.ts";
import { nameOf } from "../stemflow/path.ts";
import { findHelper, Helper } from "./helper.ts";

const PROGRAM = "xdg-dbus-proxy";
const TALK = "dbus-talk:";

/**
 * Of the desktop's portals, those that show the user a dialog or tell how things look. Not those that
 * start programs, now or at the next login, or watch the screen.
 */
const portalRules = [
  "FileChooser",
  "Print",
  "Settings",
  "Notification",
  "Inhibit",
  "OpenURI",
  "Account",
  "Email",
].flatMap((name) => `org.freedesktop.portal.${name}.*`);

/** What the portal's answers come through, and how a request is closed. */
const portalPlumbing = [
  "org.freedesktop.portal.Request.*",
  "org.freedesktop.DBus.Properties.*",
  "org.freedesktop.DBus.Introspectable.*",
];

/** A filter that runs. */
export interface Bus {
  /** Its socket, for the jail. */
  readonly provisions: readonly Provision[];
  /** What the jail's monitor is to keep open: the filter ends when it is closed. */
  readonly lifelines: readonly number[];
  /** The filter. */
  readonly helper: Helper;
  /** Its socket's path on the host, to be removed with it. */
  readonly path: string;
}

/** The options of the filter for what a jail's domain has. */
export function busRules(traits: readonly Trait[]): string[] {
  if (traits.includes("dbus-unfiltered")) return [];
  const talk = traits.filter((trait) => trait.startsWith(TALK))
    .map((trait) => `--talk=${trait.slice(TALK.length)}`);
  const calls = traits.includes("portals")
    ? [...portalRules, ...portalPlumbing].map((rule) =>
      `--call=org.freedesktop.portal.Desktop=${rule}@/org/freedesktop/portal/desktop/*`
    )
    : [];
  const signals = traits.includes("portals")
    ? ["--broadcast=org.freedesktop.portal.Desktop=*@/org/freedesktop/portal/desktop/*"]
    : [];
  return ["--filter", ...talk, ...calls, ...signals];
}

/**
 * Starts a filter.
 *
 * @param address of the session bus
 * @param path where the filter's socket is to be
 * @param traits what the jail's domain has
 * @throws Error when there is no such program, or it failed
 */
export async function startBus(
  reactor: Reactor,
  address: string,
  path: string,
  traits: readonly Trait[],
): Promise<Bus> {
  const file = findHelper(PROGRAM);
  if (file === null) throw new Error(`it needs ${PROGRAM}; install the package of that name`);
  const helper = new Helper(reactor, {
    file,
    ready: 3,
    arguments: [PROGRAM, "--fd=3", address, path, ...busRules(traits)],
  });
  await helper.ready;
  const destination = `${RUNTIME_DIRECTORY}/bus`;
  return {
    provisions: [{ trait: "dbus", kind: "socket", source: nameOf(path), destination }],
    lifelines: [helper.takeLifeline()],
    helper,
    path,
  };
}
