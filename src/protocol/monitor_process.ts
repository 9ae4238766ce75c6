/**
 * What a monitor's process is started with.
 *
 * @module
 */
import { Namespace } from "../../ffi/namespace.ts";
import { groupId, userId } from "../../ffi/process.ts";
import { type SpawnRequest, SpawnStep } from "../../ffi/spawn.ts";
import { UserError } from "../errors.ts";

/** What every jail has of its own; nearly every one has a network too. */
const jailNamespaces = Namespace.user | Namespace.mount | Namespace.pid | Namespace.ipc |
  Namespace.uts;

/** Capabilities, by the numbers of capabilities(7), that the monitor has in its user namespace. */
const capabilities = [
  8, // CAP_SETPCAP: empties the application's bounding set
  12, // CAP_NET_ADMIN: brings the loopback interface up
  18, // CAP_SYS_CHROOT: setns(2) into a mount namespace
  21, // CAP_SYS_ADMIN: mounts, host name
  24, // CAP_SYS_RESOURCE: limits of the user namespace itself, in /proc/sys/user
].reduce((bits, capability) => bits | 1n << BigInt(capability), 0n);

/** What the launcher needs to find its files again. */
const passed = /^(HOME|XDG_CACHE_HOME|STEMJAIL_(EXE|DIR|FILES|INSTALLED|SAVED_HOME))$/;

function monitorEnvironment(): string[] {
  return Object.entries(Deno.env.toObject()).filter(([name]) => passed.test(name))
    .map(([name, value]) => `${name}=${value}`);
}

/**
 * How to start a monitor.
 *
 * @param descriptors its 0, 1 and 2, and as 3 its end of a socket pair
 * @param ownNetwork whether its jail has a network namespace of its own, or else the host's
 * @throws UserError when the program does not know its own file
 */
export function monitorRequest(descriptors: readonly number[], ownNetwork: boolean): SpawnRequest {
  const file = Deno.env.get("STEMJAIL_EXE");
  if (file === undefined) {
    throw new UserError(
      "Cannot start a monitor: STEMJAIL_EXE is not set; run the built executable",
    );
  }
  return {
    namespaces: jailNamespaces | (ownNetwork ? Namespace.network : 0),
    file,
    arguments: ["stemjail", "monitor"],
    environment: monitorEnvironment(),
    directory: "/",
    descriptors,
    steps: SpawnStep.blockSignals,
    identity: { uid: userId(), gid: groupId() },
    ambient: capabilities,
    // What a jail is made of does not depend on the user's.
    fileMask: 0o022,
  };
}
