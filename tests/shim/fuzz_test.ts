/** A short run of each fuzz target; fuzz.ts runs them for as long as one likes. */

import assert from "node:assert/strict";
import { canFuzz, fuzz, targets } from "./fuzz.ts";

const ignore = !await canFuzz();

for (const name of targets) {
  Deno.test({
    name: `nothing is found by 20,000 runs of ${name}`,
    ignore, // without clang
    fn: async () => {
      const text = await fuzz(name, "-runs=20000");
      assert.match(text, /number_of_executed_units: 2\d{4}/);
    },
  });
}
