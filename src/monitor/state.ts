/**
 * The jail's present domain: candidate set, what is mounted for it, and the table that says so.
 *
 * @module
 */
import { close, openAt, OpenFlag, setLength } from "../../ffi/file.ts";
import { SharedMapping } from "../../ffi/mapping.ts";
import { setHostName } from "../../ffi/namespace.ts";
import { TABLE_NAME } from "../protocol/inside.ts";
import { CandidateSet } from "../stemflow/candidates.ts";
import type { Access, Bind } from "../stemflow/domain.ts";
import { planMounts } from "../stemflow/plan.ts";
import { intersectionName, Pool } from "../stemflow/pool.ts";
import type { StartImage } from "../stemflow/start.ts";
import { serialiseTable } from "../stemflow/table.ts";
import { mappingBytes, TableWriter } from "../stemflow/table_writer.ts";
import { GrantError } from "./grant_error.ts";
import type { Grants } from "./grants.ts";
import { hostNameOf } from "./host_name.ts";

/** How far a jail gets with accesses. */
export interface Reach {
  /** Its candidates then; the present ones when nothing would change. */
  readonly set: CandidateSet;
  /** Whether all of the accesses are allowed. */
  readonly isWhole: boolean;
}

/** A candidate set with a way to narrow it. Mounts, table and name move with it or not at all. */
export class DomainState {
  #set: CandidateSet;
  /** The names of the set's members, in the pool's order. */
  #candidates: readonly string[];
  /** What the set's candidates all allow: what is mounted. */
  #binds: readonly Bind[];
  readonly #table: TableWriter;
  #restored: Pool | null = null;

  /**
   * Mounts the first state.
   *
   * @param runDirectory writable descriptor of the jail's run directory, where the table goes
   * @throws GrantError when it cannot be mounted
   */
  constructor(
    private readonly start: StartImage,
    private readonly grants: Grants,
    runDirectory: number,
  ) {
    const { pool: { domains }, binds } = start;
    this.#set = CandidateSet.full(domains.length);
    this.#candidates = domains.map(({ name }) => name);
    this.#binds = binds;
    grants.apply(planMounts([], binds));
    this.#table = createTable(start, runDirectory);
    setHostName(hostNameOf(this.name));
  }

  /** Gets ready for requests: the first one is answered the sooner, and the launch is over. */
  prepare(): void {
    void this.#pool;
  }

  get #pool(): Pool {
    return this.#restored ??= Pool.restore(this.start.pool);
  }

  /** The domain's name, such as `OpenBar ∩ Paranoid`. */
  get name(): string {
    return intersectionName(this.#candidates);
  }

  /** The names of the candidates, in the pool's order. */
  get candidates(): readonly string[] {
    return this.#candidates;
  }

  /** The generation of the policy table. */
  get generation(): number {
    return this.#table.generation;
  }

  /** What the jail would be after accesses, one after the other, up to the first that is denied. */
  after(accesses: readonly Access[]): Reach {
    let set = this.#set;
    for (const access of accesses) {
      const decision = this.#pool.request(set, access);
      if (decision.kind === "denied") return { set, isWhole: false };
      if (decision.kind === "transition") set = decision.next;
    }
    return { set, isWhole: true };
  }

  /** Why a bind on the way to a path is not what it was when its profile was loaded, or null. */
  changedBind(path: string): string | null {
    return this.grants.changedBind(path);
  }

  /** Whether a set is the present one. */
  isPresent(set: CandidateSet): boolean {
    return set.equals(this.#set);
  }

  /**
   * Moves to a narrower set: mounts first, and only if all of them are made, the rest.
   *
   * @throws GrantError when a mount cannot be made; then nothing has changed, or, if the jail took a
   * mount point away at that very moment, nothing but the set
   */
  moveTo(set: CandidateSet): void {
    if (!set.isSubsetOf(this.#set)) throw new RangeError("A jail cannot get a candidate back");
    const binds = this.#pool.effective(set);
    try {
      this.grants.apply(planMounts(this.#binds, binds));
    } catch (error) {
      // What was visible for a moment is paid for, though it is there no more: S only shrinks.
      if (error instanceof GrantError && error.wasShown) this.#commit(set, this.#binds);
      throw error;
    }
    this.#commit(set, binds);
  }

  #commit(set: CandidateSet, binds: readonly Bind[]): void {
    this.#set = set;
    this.#candidates = this.#pool.membersOf(set);
    this.#binds = binds;
    this.#table.replace(serialiseTable(this.#pool, set));
    setHostName(hostNameOf(this.name));
  }
}

/** Makes the policy table, for a state and all that can follow it. */
function createTable(start: StartImage, runDirectory: number): TableWriter {
  const flags = OpenFlag.readWrite | OpenFlag.create | OpenFlag.exclusive;
  const descriptor = openAt(runDirectory, TABLE_NAME, flags, 0o444);
  try {
    const length = mappingBytes(start.tableCapacity);
    setLength(descriptor, length);
    return new TableWriter(
      new SharedMapping(descriptor, length),
      Uint8Array.fromBase64(start.table),
    );
  } finally {
    close(descriptor);
  }
}
