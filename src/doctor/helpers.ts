/**
 * What profiles with a network or a session bus need beside the kernel. A jail without those starts
 * all the same, so that nothing here is a failure.
 *
 * @module
 */
import { type Finding, ok, warning } from "./finding.ts";
import { asRoot, installPackage } from "./remedy.ts";
import type { System } from "./system.ts";

const TUNNEL = "/dev/net/tun";

/** Whoever carries a jail's packets. */
function checkCarrier(system: System): Finding {
  const what = "way to the network";
  const pasta = system.findProgram("pasta");
  if (pasta !== null) return ok(what, pasta);
  const slirp = system.findProgram("slirp4netns");
  if (slirp !== null) return ok(what, `${slirp}, as there is no pasta`);
  const value = 'neither pasta nor slirp4netns: profiles with [net] mode = "nat" do not start';
  return warning(what, value, installPackage(system, "passt"));
}

function tunnelRemedy(system: System, refusal: string): string[] {
  if (refusal === "EACCES") {
    return [
      "# Open to all, as distributions have it: it alone gives no access to any network",
      asRoot(system, `chmod 666 ${TUNNEL}`),
    ];
  }
  return [
    "# The kernel's module makes it; in a container: docker run --device /dev/net/tun ...",
    asRoot(system, "modprobe tun"),
  ];
}

/** The device that the carrier's packets come through. */
function checkTunnel(system: System): Finding {
  const refusal = system.refusalToOpen(TUNNEL);
  if (refusal === null) return ok(TUNNEL, "open for reading and writing");
  const mode = system.status(TUNNEL)?.mode;
  const known = mode === undefined ? "" : ` (mode ${(mode & 0o777).toString(8)})`;
  const value = `${refusal}${known}: profiles with [net] mode = "nat" do not start`;
  return warning(TUNNEL, value, tunnelRemedy(system, refusal));
}

/** The filter between a jail and the session bus. */
function checkBusFilter(system: System): Finding {
  const what = "session bus filter";
  const file = system.findProgram("xdg-dbus-proxy");
  if (file !== null) return ok(what, file);
  const value = "no xdg-dbus-proxy: profiles with [desktop] dbus or portals have no session bus";
  return warning(what, value, installPackage(system, "xdg-dbus-proxy"));
}

/** The programs and the device that helpers of a jail need. */
export function checkHelpers(system: System): Finding[] {
  return [checkCarrier(system), checkTunnel(system), checkBusFilter(system)];
}
