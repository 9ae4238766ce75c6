/** Memory that a table is written to, where its readers are in this process. */

import type { SharedMemory } from "../../src/stemflow/table_writer.ts";

/** Memory of this process, for readers in it. */
export function memoryOf(bytes: Uint8Array): SharedMemory {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
  return {
    length: bytes.length,
    write: (offset, from) => bytes.set(from, offset),
    store(offset, value) {
      Atomics.store(words, offset >>> 2, value);
      // On some processors a plain write may overtake an ordered store, but none an ordered load.
      Atomics.load(words, offset >>> 2);
    },
  };
}
