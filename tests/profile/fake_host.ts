// A host made of a few lines, for what a test cannot make on a real one: devices, refusals, any path.

import type { FileKind, FileSystem } from "../../src/profile/file_system.ts";

/** A path of the host: a file's content, or what else it is. */
export type FakeNode =
  | string
  | Uint8Array
  | { readonly link: string }
  | { readonly kind: FileKind; readonly size?: number }
  | { readonly errno: string };

/** A host, and how often each path's own kind was asked for. */
export interface FakeHost extends FileSystem {
  readonly asked: Map<string, number>;
}

function failure(errno: string): Error {
  return Object.assign(new Error(`${errno}: made up`), { code: errno });
}

/** Makes a host of paths; the directories around them exist. */
export function fakeHost(nodes: Record<string, FakeNode>): FakeHost {
  const all = new Map<string, FakeNode>([["/", { kind: "directory" }]]);
  for (const [path, node] of Object.entries(nodes)) {
    for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
      const parent = path.slice(0, at);
      if (!(parent in nodes)) all.set(parent, { kind: "directory" });
    }
    all.set(path, node);
  }
  const asked = new Map<string, number>();

  function find(path: string): FakeNode {
    const node = all.get(path);
    if (node === undefined) throw failure("ENOENT");
    if (typeof node === "object" && "errno" in node) throw failure(node.errno);
    return node;
  }

  function kindOf(node: FakeNode): FileKind {
    if (typeof node === "string" || node instanceof Uint8Array) return "file";
    if ("link" in node) return "link";
    return "kind" in node ? node.kind : "file";
  }

  function follow(path: string): FakeNode {
    const node = find(path);
    return typeof node === "object" && "link" in node ? follow(node.link) : node;
  }

  return {
    asked,
    kind: (path) => {
      asked.set(path, (asked.get(path) ?? 0) + 1);
      return kindOf(find(path));
    },
    follow: (path) => {
      const node = follow(path);
      const bytes = typeof node === "string" ? new TextEncoder().encode(node) : node;
      const size = bytes instanceof Uint8Array
        ? bytes.length
        : "size" in bytes
        ? bytes.size ?? 0
        : 0;
      return { kind: kindOf(node), size };
    },
    readLink: (path) => {
      const node = find(path);
      if (typeof node === "object" && "link" in node) return node.link;
      throw failure("EINVAL");
    },
    readFile: (path) => {
      const node = follow(path);
      if (typeof node === "string") return new TextEncoder().encode(node);
      if (node instanceof Uint8Array) return node;
      throw failure("EISDIR");
    },
    readDirectory: (path, most = Infinity) => {
      if (kindOf(find(path)) !== "directory") throw failure("ENOTDIR");
      const prefix = path === "/" ? "/" : `${path}/`;
      return [...all.keys()].filter((other) =>
        other.startsWith(prefix) && other !== "/" && !other.slice(prefix.length).includes("/")
      ).map((other) => other.slice(prefix.length)).slice(0, most + 1);
    },
  };
}

/** The lines of a profile that grants these paths for reading. */
export function profileText(name: string, ...paths: string[]): string {
  const binds = paths.map((path) => `[[fs.bind]]\npath = ${JSON.stringify(path)}\n`);
  return `name = ${JSON.stringify(name)}\n${binds.join("")}`;
}
