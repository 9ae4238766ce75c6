/**
 * A jail's way to the network: `[net] mode = "nat"`. A program outside, as the user, carries what the
 * jail sends; the jail's namespace gets an interface, addresses and routes, and no capability.
 *
 * @module
 */
import { linkAt, removeAt } from "../../ffi/entry.ts";
import { AT_FDCWD, close, pipe } from "../../ffi/file.ts";
import { userId } from "../../ffi/process.ts";
import { messageOf, Status, UserError } from "../errors.ts";
import type { Provision } from "../protocol/messages.ts";
import type { Reactor } from "../protocol/reactor.ts";
import { findHelper, Helper, type HelperCommand } from "./helper.ts";
import { readHostText } from "./host_file.ts";

/** The interface inside. */
const INTERFACE = "nat0";
/** That of a carrier which adds the host's loopback alone: it stays down, and carries nothing. */
const LOOPBACK_INTERFACE = "loop0";

/** Addresses that nobody has, at which pasta answers as the host's own name server would. */
const RESOLVER_4 = "169.254.1.1";
const RESOLVER_6 = "fd53::53";

/** Where slirp4netns answers (its manual). */
const SLIRP_RESOLVER = "10.0.2.3";

/** Where the jail's name server is written down, whatever the host has there. */
const RESOLVER_FILE = "/etc/resolv.conf";

/** A network that is up, or an addition to one. */
export interface Network {
  /** Name server and search list, for the jail; nothing where they stay what they were. */
  readonly provisions: readonly Provision[];
  /** What the jail's monitor is to keep open: the carrier ends when it is closed. Or none. */
  readonly lifelines: readonly number[];
  /** The carrier. */
  readonly helper: Helper;
  /** A link to the jail's namespace, to be removed with it. */
  readonly path: string;
}

/** Which namespace is to be connected, and how. */
export interface Wish {
  /** A monitor that the caller has not collected: else another process might have its number. */
  readonly pid: number;
  /** Where a link to the namespace can be made. */
  readonly path: string;
  /** Whether the host's own loopback can be reached. */
  readonly loopback: boolean;
  /** The network that it has already, and lacks the loopback, or null. */
  readonly before: Network | null;
}

interface Carrier {
  readonly command: HelperCommand;
  /** Its name server, or null where the one from before stays. */
  readonly resolver: string | null;
  /** What ends for it to begin, or null. */
  readonly replaces: Helper | null;
  readonly lifelines: readonly number[];
  /** Closed once the carrier has it, or there is none. */
  readonly given: readonly number[];
}

/** Whether the host has any route by IPv4 but to itself: route(8), /proc/net/route. */
function hasInternet4(): boolean {
  return readHostText("/proc/net/route").split("\n").slice(1).some((line) => line.trim() !== "");
}

/** Carries the host's loopback, or nothing of it, at the jail's own: ports that are taken there stay so. */
function loopbackForwarding(isWanted: boolean): string[] {
  const forwarding = isWanted ? "auto" : "none";
  return ["--tcp-ns", forwarding, "--udp-ns", forwarding];
}

/** A network with an address, routes and a name server. */
const withRoutes = (resolver: string) => [
  ...["--config-net", "--ns-ifname", INTERFACE, "--dns-forward", resolver],
];

/** Nothing but the loopback's ports, beside whatever carries the rest: no connection notices. */
const withoutRoutes = [
  ...["--ns-ifname", LOOPBACK_INTERFACE, "--no-icmp", "--no-dhcp", "--no-dhcpv6", "--no-ndp"],
  "--no-ra",
];

function pasta(file: string, { pid, path, loopback, before }: Wish): Carrier {
  const resolver = hasInternet4() ? RESOLVER_4 : RESOLVER_6;
  return {
    command: {
      file,
      // It writes its pid once everything is set up.
      ready: 1,
      arguments: [
        ...["pasta", "--foreground", "--quiet", "--pid", "/proc/self/fd/1"],
        ...(before === null ? withRoutes(resolver) : withoutRoutes),
        ...["--tcp-ports", "none", "--udp-ports", "none"],
        ...loopbackForwarding(loopback),
        // Else the gateway's own services would be those of the host's loopback.
        "--no-map-gw",
        // For root it would become nobody, who may not enter this namespace.
        ...(userId() === 0 ? ["--runas", "0"] : []),
        // It ends when the link is removed. The namespace's own directory is closed to it, since the
        // monitor is not dumpable (proc_pid(5)).
        ...["--netns", path, "--userns", `/proc/${pid}/ns/user`],
      ],
    },
    resolver: before === null ? resolver : null,
    replaces: null,
    lifelines: [],
    given: [],
  };
}

/** Two of it in one namespace would be rivals for its routes: another one takes the place of the first. */
function slirp(file: string, { pid, path, loopback, before }: Wish): Carrier {
  // It ends when the other end of descriptor 4 is closed.
  const [exit, lifeline] = pipe();
  return {
    command: {
      file,
      ready: 3,
      extra: exit,
      arguments: [
        ...["slirp4netns", "--configure", "--mtu=65520", "--ready-fd=3", "--exit-fd=4"],
        ...(loopback ? [] : ["--disable-host-loopback"]),
        ...[`--userns-path=/proc/${pid}/ns/user`, "--netns-type=path"],
        ...[path, INTERFACE],
      ],
    },
    resolver: SLIRP_RESOLVER,
    replaces: before?.helper ?? null,
    lifelines: [lifeline],
    given: [exit],
  };
}

function chooseCarrier(wish: Wish): Carrier {
  const pastaFile = findHelper("pasta");
  if (pastaFile !== null) return pasta(pastaFile, wish);
  const slirpFile = findHelper("slirp4netns");
  if (slirpFile !== null) return slirp(slirpFile, wish);
  throw new UserError(
    'Cannot connect the jail to the network: [net] mode = "nat" needs pasta; install the package passt',
    Status.notStarted,
  );
}

/** The jail's resolv.conf: its own name server, the host's search list and options. */
function resolverText(resolver: string): string {
  const kept = readHostText("/etc/resolv.conf").split("\n")
    .filter((line) => /^(search|domain|options)\s/.test(line));
  return [`nameserver ${resolver}`, ...kept, ""].join("\n");
}

/**
 * The file that a jail finds its name server in.
 *
 * @param resolver address of the name server; without it, the file as it is before there is a network
 */
export function resolverProvision(resolver?: string): Provision {
  const text = resolver === undefined ? "" : resolverText(resolver);
  const content = new TextEncoder().encode(text).toBase64();
  return { trait: "net-nat", kind: "file", destination: RESOLVER_FILE, content };
}

/** What to do about a carrier that failed. */
function failure(error: unknown, { command }: Carrier): UserError {
  const reason = messageOf(error);
  const name = command.arguments[0];
  const tunnel = "/dev/net/tun must exist and be open for you to read and write (mode 0666)";
  return new UserError(
    `Cannot connect the jail to the network: ${name}: ${reason}; ${tunnel}`,
    Status.notStarted,
  );
}

async function startCarrier(
  reactor: Reactor,
  { command, given, replaces }: Carrier,
  { path, pid }: Wish,
): Promise<Helper> {
  try {
    await replaces?.end();
    removeAt(AT_FDCWD, path);
    linkAt(`/proc/${pid}/ns/net`, AT_FDCWD, path);
    return new Helper(reactor, command);
  } finally {
    given.forEach(close);
  }
}

/**
 * Connects the network namespace of a process, or adds the host's loopback to what it has.
 *
 * @throws UserError when there is no way, or it did not work in time
 */
export async function connectNetwork(
  reactor: Reactor,
  wish: Wish,
): Promise<Network> {
  const carrier = chooseCarrier(wish);
  const { path } = wish;
  try {
    const helper = await startCarrier(reactor, carrier, wish);
    await helper.ready;
    const provisions = carrier.resolver === null ? [] : [resolverProvision(carrier.resolver)];
    return { provisions, lifelines: carrier.lifelines, helper, path };
  } catch (error) {
    carrier.lifelines.forEach(close);
    removeAt(AT_FDCWD, path);
    throw failure(error, carrier);
  }
}
