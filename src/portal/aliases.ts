/**
 * Other paths of the same files: a tree that is mounted twice shows at both places what is hidden
 * at one. proc_pid_mountinfo(5).
 *
 * @module
 */
import { AT_FDCWD, close, openAt, OpenFlag, readAll } from "../../ffi/file.ts";

const MAXIMUM_BYTES = 16 * 1024 * 1024;

/** A mount: where, and of what. */
export interface Mount {
  /** Device number, as major:minor. */
  readonly device: string;
  /** The directory of the file system that is mounted. */
  readonly root: string;
  /** Where it is mounted. */
  readonly point: string;
}

/** The kernel writes space, tab, newline and backslash as octal numbers. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(parseInt(digits, 8)));
}

/** The mounts that the text of a mountinfo file lists. */
export function parseMounts(text: string): Mount[] {
  return text.split("\n").filter((line) => line !== "").map((line) => {
    const [, , device, root, point] = line.split(" ");
    return { device, root: unescape(root), point: unescape(point) };
  });
}

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

/** The mounts of this process. */
export function currentMounts(): Mount[] {
  const file = openAt(AT_FDCWD, "/proc/self/mountinfo", OpenFlag.readOnly);
  try {
    return parseMounts(new TextDecoder().decode(readAll(file, MAXIMUM_BYTES)));
  } finally {
    close(file);
  }
}
