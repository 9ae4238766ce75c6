/**
 * What appears in a jail of the user's session: when every candidate has the trait for it, at the launch
 * or by a transition. None of it is a wall, so that what cannot be had is told, and missed.
 *
 * @module
 */
import { KernelError, unlessRefused } from "../../ffi/check.ts";
import {
  AT_FDCWD,
  close,
  openAt,
  OpenFlag,
  openResolved,
  ResolveFlag,
  setLength,
  writeAll,
} from "../../ffi/file.ts";
import { attachTree, cloneTree, MountAttribute, sealTree } from "../../ffi/mount.ts";
import { statusOf } from "../../ffi/status.ts";
import { commonTraits, type Trait } from "../profile/traits.ts";
import { RUN_DIRECTORY } from "../protocol/inside.ts";
import type { MonitorEvent, Provision } from "../protocol/messages.ts";
import { encodePath, nameOf } from "../stemflow/path.ts";
import type { StartImage } from "../stemflow/start.ts";
import type { EmptyJail } from "./empty_jail.ts";
import { GrantError } from "./grant_error.ts";
import { findPlace, isSameFile, makeOwnFile } from "./place.ts";

/** Read-only, both work as before; but mode and owner are the host's, and may be the user's to change. */
const inert = MountAttribute.noSetuid | MountAttribute.noExecute | MountAttribute.readOnly;
const attributes = { socket: inert | MountAttribute.noDevices, device: inert } as const;

/** A file that is not looked for in the run directory, but where the system's own would be. */
function isElsewhere({ kind, destination }: Provision): boolean {
  return kind === "file" && !destination.startsWith(`${RUN_DIRECTORY}/`);
}

/** The session of one jail. */
export class JailSession {
  readonly #offered = new Map<string, Provision>();
  /** What has appeared, by destination. */
  readonly #present = new Map<string, Provision>();
  #traits: readonly Trait[] = [];

  /**
   * Nothing appears yet.
   *
   * @param domains the jail's first candidates
   * @param provisions what can appear, later ones in place of earlier ones
   * @param tell hears of what could not be had
   */
  constructor(
    private readonly empty: EmptyJail,
    private readonly domains: StartImage["pool"]["domains"],
    provisions: readonly Provision[],
    private readonly tell: (event: MonitorEvent) => void,
  ) {
    for (const provision of provisions) this.#offered.set(provision.destination, provision);
    // They exist from the start, so that the ceiling can allow reading them.
    for (const path of this.ownFiles) this.#write(nameOf(path), new Uint8Array());
  }

  /** Files of the run directory that may come to be mounted elsewhere. */
  get ownFiles(): string[] {
    return [...this.#offered.values()].filter(isElsewhere)
      .map(({ destination }) => `${RUN_DIRECTORY}/${nameOf(destination)}`);
  }

  /** Adds to what can appear. */
  provide(provisions: readonly Provision[]): void {
    for (const provision of provisions) {
      this.#offered.set(provision.destination, provision);
      this.#present.delete(provision.destination);
    }
    this.#show();
  }

  /** Shows what all of these candidates have. */
  follow(candidates: readonly string[]): void {
    const chosen = this.domains.filter(({ name }) => candidates.includes(name));
    this.#traits = commonTraits(chosen.map(({ traits }) => traits as Trait[]));
    // A grant may have covered a file of ours.
    for (const [path, provision] of this.#present) {
      if (isElsewhere(provision) && !this.#isShown(provision)) this.#present.delete(path);
    }
    this.#show();
  }

  #show(): void {
    for (const provision of this.#offered.values()) {
      if (!this.#traits.includes(provision.trait as Trait)) continue;
      if (this.#present.get(provision.destination) === provision) continue;
      this.#present.set(provision.destination, provision);
      try {
        if (provision.kind === "file") this.#showFile(provision);
        else this.#mount(provision);
      } catch (error) {
        if (!(error instanceof KernelError || error instanceof GrantError)) throw error;
        const { destination: path } = provision;
        this.tell({ type: "denied", path, process: "", why: error.message });
      }
    }
  }

  #showFile(provision: Provision & { kind: "file" }): void {
    const name = nameOf(provision.destination);
    this.#write(name, Uint8Array.fromBase64(provision.content));
    if (!isElsewhere(provision) || this.#isShown(provision)) return;
    this.empty.namespaces.inJail(() => {
      const tree = cloneTree(AT_FDCWD, `${RUN_DIRECTORY}/${name}`, false);
      this.#attach(tree, provision.destination, true);
    });
  }

  #mount(provision: Provision & { kind: "socket" | "device" }): void {
    const { namespaces, sockets } = this.empty;
    const { source, kind, destination } = provision;
    const flags = OpenFlag.pathOnly | OpenFlag.noFollow;
    const rules = ResolveFlag.inRoot | ResolveFlag.noSymbolicLinks | ResolveFlag.noMagicLinks;
    const root = source.startsWith("/") ? namespaces.hostRoot : sockets;
    const node = openResolved(root, encodePath(source), { flags, resolve: rules });
    try {
      const found = statusOf(node).kind;
      if (!found.endsWith(kind)) {
        throw new GrantError(`${source}: it is a ${found}, and no ${kind}`);
      }
      const tree = cloneTree(node, "", false);
      sealTree(tree, attributes[kind]);
      namespaces.inJail(() => this.#attach(tree, destination, false));
    } finally {
      close(node);
    }
  }

  /** In M1. The tree is closed. */
  #attach(tree: number, destination: string, followsLinks: boolean): void {
    const { namespaces, skeleton } = this.empty;
    const find = () => findPlace(namespaces.jailRoot, destination, followsLinks);
    try {
      let place = find();
      if (place < 0) {
        makeOwnFile(skeleton, destination);
        place = find();
      }
      if (place < 0) throw new GrantError(`${destination}: there is no place for it`);
      attachTree(tree, place, destination);
      close(place);
    } finally {
      close(tree);
    }
  }

  /** Whether a path shows our file. */
  #isShown({ destination }: Provision): boolean {
    const isShown = unlessRefused(() =>
      isSameFile(
        findPlace(this.empty.namespaces.jailRoot, destination, true),
        openAt(this.empty.skeleton.run, nameOf(destination), OpenFlag.pathOnly),
      )
    );
    return isShown ?? false;
  }

  /** Writes a file of the run directory anew: it is read-only by its mounts, of which this is none. */
  #write(name: string, bytes: Uint8Array<ArrayBuffer>): void {
    const flags = OpenFlag.writeOnly | OpenFlag.create;
    const file = openAt(this.empty.skeleton.run, name, flags, 0o644);
    try {
      setLength(file, 0);
      writeAll(file, bytes);
    } finally {
      close(file);
    }
  }
}
