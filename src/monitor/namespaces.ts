/**
 * The monitor's two mount namespaces: the host's, M0, of which it has a copy of its own, and the
 * jail's, M1. The main thread is in M0 but for the moments when it works in M1; the runtime's
 * other threads never leave M0.
 *
 * @module
 */
import { AT_FDCWD, close, openAt, OpenFlag } from "../../ffi/file.ts";
import { MountFlag, setPropagation } from "../../ffi/mount.ts";
import { enterMountNamespace, Namespace, unshare } from "../../ffi/namespace.ts";

/** The two namespaces, held by descriptors. */
export class MountNamespaces {
  private constructor(
    private readonly host: number,
    private readonly jail: number,
    /** The root of M0. */
    readonly hostRoot: number,
    /** The root of M1. */
    readonly jailRoot: number,
  ) {}

  /**
   * Separates the main thread, and has `build` turn a copy of M0 into M1.
   *
   * @param hide is called in M0, before any copy is made of it
   * @param build is called in what becomes M1, with the host's tree still at /
   */
  static create<Built>(
    hide: () => void,
    build: () => Built,
  ): { namespaces: MountNamespaces; built: Built } {
    // setns(2) of a mount namespace wants a thread that shares its root with no other one.
    unshare(Namespace.fileSystemAttributes);
    // What the host mounts later arrives in M0; nothing ever goes back.
    setPropagation("/", MountFlag.slave | MountFlag.recursive);
    hide();
    const host = currentMountNamespace();
    const hostRoot = openRoot();
    unshare(Namespace.mount);
    const built = build();
    const jail = currentMountNamespace();
    const jailRoot = openRoot();
    enterMountNamespace(host);
    return { namespaces: new MountNamespaces(host, jail, hostRoot, jailRoot), built };
  }

  /**
   * Does something with a copy of M1 in M1's place: what is mounted meanwhile goes away with it.
   *
   * @param action is given the two namespaces to work in, which are not to be kept
   */
  withCopyOfJail<Result>(action: (copy: MountNamespaces) => Result): Result {
    const { jail, root } = this.inJail(() => {
      unshare(Namespace.mount);
      return { jail: currentMountNamespace(), root: openRoot() };
    });
    try {
      return action(new MountNamespaces(this.host, jail, this.hostRoot, root));
    } finally {
      close(root);
      close(jail);
    }
  }

  /** Does something in M1, with M1's root as root and working directory. */
  inJail<Result>(action: () => Result): Result {
    enterMountNamespace(this.jail);
    try {
      return action();
    } finally {
      enterMountNamespace(this.host);
    }
  }
}

function currentMountNamespace(): number {
  return openAt(AT_FDCWD, "/proc/thread-self/ns/mnt", OpenFlag.readOnly);
}

function openRoot(): number {
  return openAt(AT_FDCWD, "/", OpenFlag.pathOnly | OpenFlag.directory);
}
