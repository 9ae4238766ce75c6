/**
 * Other paths of the same files: a tree that is mounted twice shows at both places what is hidden
 * at one. proc_pid_mountinfo(5).
 *
 * @module
 */
import type { Mount } from "../protocol/mounts.ts";

function below(path: string, outer: string): string | null {
  if (outer === "/") return path === "/" ? "" : path;
  if (path === outer) return "";
  return path.startsWith(`${outer}/`) ? path.slice(outer.length) : null;
}

function join(outer: string, rest: string): string {
  return outer === "/" ? rest || "/" : `${outer}${rest}`;
}

/**
 * The other paths at which a path's file may be seen, whether or not it really is.
 *
 * @param path absolute, without symbolic links
 */
export function aliasesOf(path: string, mounts: readonly Mount[]): string[] {
  const holding = mounts.filter(({ point }) => below(path, point) !== null)
    .reduce<Mount | null>(
      (best, mount) => best !== null && best.point.length > mount.point.length ? best : mount,
      null,
    );
  if (holding === null) return [];
  const place = join(holding.root, below(path, holding.point) ?? "");
  const aliases = mounts.filter(({ device }) => device === holding.device)
    .map(({ root, point }) => {
      const rest = below(place, root);
      return rest === null ? null : join(point, rest);
    });
  return aliases.filter((alias): alias is string => alias !== null && alias !== path);
}
