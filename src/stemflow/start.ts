/**
 * A jail's first state as plain data: what follows from its domains is worked out where that was done
 * before and is quick, and sent to where it would be done for the first time.
 *
 * @module
 */
import type { Bind } from "./domain.ts";
import type { Pool } from "./pool.ts";
import type { PoolImage } from "./pool_parts.ts";
import { serialiseTable, tableCapacity } from "./table.ts";

/** The state in which every domain of a pool is a candidate. */
export interface StartImage {
  /** The pool, for the states that follow. */
  readonly pool: PoolImage;
  /** What every candidate allows, as the least binds in path order. */
  readonly binds: readonly Bind[];
  /** The policy table, in base64. */
  readonly table: string;
  /** The bytes that the table of this state or of any later one takes at most. */
  readonly tableCapacity: number;
}

/** Works out the first state of a pool. */
export function imageOfStart(pool: Pool): StartImage {
  const everyone = pool.all();
  return {
    pool: pool.image(),
    binds: pool.effective(everyone),
    table: serialiseTable(pool, everyone).toBase64(),
    tableCapacity: tableCapacity(pool, everyone),
  };
}
