/** What a jail is compared with: the host's own tree, with what every jail has of a container. */

import type { Difference, Outcome, World } from "../system/world.ts";

/**
 * Runs a program outside of StemJail, with what is read-only in the jail read-only too (EROFS is no other
 * answer then), one user alone, and no capabilities: what differs is StemJail's own doing.
 */
export function runOutside(
  world: World,
  line: readonly string[],
  difference: Difference,
): Promise<Outcome> {
  const readOnly = ["/usr", "/etc"].flatMap((path) => ["--ro-bind", path, path]);
  const options = ["--unshare-user", "--cap-drop", "ALL", "--dev-bind", "/", "/", ...readOnly];
  return world.start(["bwrap", ...options, "--", ...line], difference).outcome;
}
