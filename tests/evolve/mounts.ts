/** Mount tables as the kernel shows them (proc_pid_mountinfo(5)), and what a path lies on in them. */

/** One mount. */
export interface Mount {
  readonly id: string;
  readonly parent: string;
  /** MAJOR:MINOR of the file system. */
  readonly device: string;
  /**
   * Path in the file system of what is mounted. What was replaced there since is still the mount's own:
   * the host's package manager may well do that to /etc/ld.so.cache during a test.
   */
  readonly root: string;
  /** Where it is mounted. */
  readonly point: string;
  /** Of the mount, not of its file system. */
  readonly options: ReadonlySet<string>;
  readonly type: string;
}

/** Reads a mountinfo file, in its order: that in which the mounts were made. */
export function readMounts(path: string): Mount[] {
  return parseMounts(Deno.readTextFileSync(path));
}

/** The mounts that the text of a mountinfo file lists. */
export function parseMounts(text: string): Mount[] {
  return text.trimEnd().split("\n").map(parseMount);
}

function parseMount(line: string): Mount {
  const [head, tail] = line.split(" - ");
  const [id, parent, device, root, point, options] = head.split(" ");
  return {
    id,
    parent,
    device,
    root: unescape(root).replace(/\/\/deleted$/, ""),
    point: unescape(point),
    options: new Set(options.split(",")),
    type: tail.split(" ")[0],
  };
}

/** The kernel writes white space and backslashes in octal. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(parseInt(octal, 8)));
}

/** Whether a path is another one or lies below it. */
export function isWithin(path: string, tree: string): boolean {
  return path === tree || path.startsWith(tree === "/" ? "/" : `${tree}/`);
}

/** The mounts of one namespace, as a process sees them that starts at its root. */
export class MountTree {
  readonly #children: ReadonlyMap<string, readonly Mount[]>;
  readonly #root: Mount;

  constructor(private readonly mounts: readonly Mount[]) {
    const known = new Set(mounts.map(({ id }) => id));
    this.#root = mounts.find(({ id, parent }) => id === parent || !known.has(parent))!;
    this.#children = Map.groupBy(
      mounts.filter((mount) => mount !== this.#root),
      (mount) => mount.parent,
    );
  }

  /** The mount that a path without symbolic links lies on: each step down may cross into others. */
  at(path: string): Mount {
    let here = this.#root;
    for (let next: Mount | undefined = here; next !== undefined; next = this.#below(here, path)) {
      here = next;
    }
    return here;
  }

  /** The mounts that are not covered by others, by their mount points. */
  visible(): Mount[] {
    return this.mounts.filter((mount) => this.at(mount.point) === mount);
  }

  /** Of a mount's children on the way to a path the one met first; of two in a place the later. */
  #below(mount: Mount, path: string): Mount | undefined {
    const onTheWay = (this.#children.get(mount.id) ?? []).filter((child) =>
      isWithin(path, child.point)
    );
    const shortest = Math.min(...onTheWay.map(({ point }) => point.length));
    return onTheWay.findLast(({ point }) => point.length === shortest);
  }
}
