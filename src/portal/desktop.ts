/**
 * What of the user's session a jail can be offered: sockets, devices, a cookie, and the variables
 * that lead programs to them. Which of it appears is for the jail's domain to say (traits.ts).
 *
 * @module
 */
import { realPath, statusBehind } from "../../ffi/status.ts";
import type { Trait } from "../profile/traits.ts";
import { RUN_DIRECTORY, RUNTIME_DIRECTORY } from "../protocol/inside.ts";
import type { Provision } from "../protocol/messages.ts";
import { nameOf } from "../stemflow/path.ts";
import { parseDisplay, soleCookie } from "./desktop_x11.ts";
import { listHostDirectory, readHostFile, readHostText } from "./host_file.ts";

const AUTHORITY_FILE = `${RUN_DIRECTORY}/xauthority`;

/** The client's environment. */
export type Variables = Readonly<Record<string, string>>;

/** A session, as far as a jail may come to see it. */
export interface SessionOffer {
  /** What can appear. */
  readonly provisions: readonly Provision[];
  /** What programs inside find in their environment. */
  readonly variables: Variables;
}

/** What one trait offers. */
type Offer = (outside: Variables) => SessionOffer;

const NOTHING: SessionOffer = { provisions: [], variables: {} };

function socket(trait: Trait, path: string, destination: string): Provision[] {
  const source = realPath(path);
  return source === null ? [] : [{ trait, kind: "socket", source, destination }];
}

/** Variables that are only passed on. */
function passed(outside: Variables, ...names: readonly string[]): Variables {
  return Object.fromEntries(
    names.filter((name) => outside[name] !== undefined).map((name) => [name, outside[name]]),
  );
}

/** What toolkits ask for before they draw. */
function look(outside: Variables): Variables {
  const known = passed(
    outside,
    ...["XDG_CURRENT_DESKTOP", "XDG_SESSION_TYPE", "XCURSOR_THEME", "XCURSOR_SIZE", "GDK_SCALE"],
  );
  // The bus of assistive technologies, which is another one than the session's, stays outside.
  return { ...known, NO_AT_BRIDGE: "1" };
}

/** The authority file of the display alone, as far as the display has a cookie. */
function cookie(outside: Variables, number: number): Provision[] {
  const path = outside.XAUTHORITY || `${outside.HOME ?? ""}/.Xauthority`;
  const hostName = readHostText("/proc/sys/kernel/hostname").trim();
  const bytes = soleCookie(readHostFile(path) ?? new Uint8Array(), { number }, hostName);
  if (bytes === null) return [];
  const content = new Uint8Array(bytes).toBase64();
  return [{ trait: "x11", kind: "file", destination: AUTHORITY_FILE, content }];
}

const x11: Offer = (outside) => {
  const display = parseDisplay(outside.DISPLAY);
  if (display === null) return NOTHING;
  const path = `/tmp/.X11-unix/X${display.number}`;
  return {
    provisions: [...socket("x11", path, path), ...cookie(outside, display.number)],
    variables: {
      ...look(outside),
      DISPLAY: outside.DISPLAY,
      XAUTHORITY: AUTHORITY_FILE,
      // The jail's System V shared memory is not the X server's; the others find out by themselves.
      QT_X11_NO_MITSHM: "1",
    },
  };
};

const wayland: Offer = (outside) => {
  const name = outside.WAYLAND_DISPLAY || "wayland-0";
  const path = name.startsWith("/") ? name : `${outside.XDG_RUNTIME_DIR ?? ""}/${name}`;
  const inside = nameOf(name);
  const provisions = socket("wayland", path, `${RUNTIME_DIRECTORY}/${inside}`);
  if (provisions.length === 0) return NOTHING;
  return { provisions, variables: { ...look(outside), WAYLAND_DISPLAY: inside } };
};

const audio: Offer = (outside) => {
  const runtime = outside.XDG_RUNTIME_DIR ?? "";
  const stated = /^unix:(\/.*)$/.exec(outside.PULSE_SERVER ?? "")?.[1];
  const pulse = `${RUNTIME_DIRECTORY}/pulse/native`;
  const provisions = [
    ...socket("audio", `${runtime}/pipewire-0`, `${RUNTIME_DIRECTORY}/pipewire-0`),
    ...socket("audio", stated ?? `${runtime}/pulse/native`, pulse),
  ];
  return { provisions, variables: { PULSE_SERVER: `unix:${pulse}` } };
};

/** The devices that draw and compute: of the kernel's own drivers, and of those of NVIDIA and AMD. */
const graphicsDevices = /^(?:dri\/(?:card|renderD)\d+|nvidia(?:\d+|ctl|-modeset|-uvm)|kfd)$/;

function deviceNames(): string[] {
  const cards = listHostDirectory("/dev/dri").map((name) => `dri/${name}`);
  return [...cards, ...listHostDirectory("/dev")].filter((name) => graphicsDevices.test(name));
}

const gpu: Offer = () => ({
  provisions: deviceNames().map((name) => ({
    trait: "gpu",
    kind: "device",
    source: `/dev/${name}`,
    destination: `/dev/${name}`,
  })),
  variables: {},
});

/** The session bus of a client's environment, or null. */
export function busAddress(outside: Variables): string | null {
  if (outside.DBUS_SESSION_BUS_ADDRESS) return outside.DBUS_SESSION_BUS_ADDRESS;
  const path = `${outside.XDG_RUNTIME_DIR ?? ""}/bus`;
  return statusBehind(path)?.kind === "socket" ? `unix:path=${path}` : null;
}

/** Variables alone: the socket is that of a filter, started when a jail comes to have the trait. */
function onBus(variables: Variables): Offer {
  return (outside) => busAddress(outside) === null ? NOTHING : { provisions: [], variables };
}

const bus = onBus({ DBUS_SESSION_BUS_ADDRESS: `unix:path=${RUNTIME_DIRECTORY}/bus` });
const portals = onBus({ GTK_USE_PORTAL: "1" });

const offers: Readonly<Partial<Record<Trait, Offer>>> = {
  x11,
  wayland,
  dbus: bus,
  portals,
  audio,
  gpu,
};

/**
 * Works out what a jail can come to see of the session.
 *
 * Variables are offered for all that some candidate has: they grant nothing, and a running program's
 * cannot be added to later.
 *
 * @param outside the client's environment
 * @param traits what some candidate has
 */
export function offerSession(outside: Variables, traits: ReadonlySet<Trait>): SessionOffer {
  const made = [...traits].map((trait) => offers[trait]?.(outside) ?? NOTHING);
  return {
    provisions: made.flatMap(({ provisions }) => provisions),
    variables: Object.assign(
      { XDG_RUNTIME_DIR: RUNTIME_DIRECTORY },
      ...made.map(({ variables }) => variables),
    ),
  };
}
