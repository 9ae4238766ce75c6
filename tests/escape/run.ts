/**
 * Prints what becomes of each attack, in each jail: `deno task escape [--against NAME]... [MODE]...`
 *
 * Exits with 1 if an attack from inside StemJail worked.
 */

import { attack, type Mode, MODES, type Outcome, prepare } from "./attack.ts";
import { type Contender, CONTENDERS, isAvailable } from "./contenders.ts";
import { createFixture, disposeFixture, users } from "./fixture.ts";

interface Arguments {
  readonly contenders: Contender[];
  readonly modes: Mode[];
}

function parseArguments(words: readonly string[]): Arguments {
  const contenders: Contender[] = [];
  const modes: Mode[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index];
    if (word === "--against") {
      const name = words[++index] as Contender;
      if (!CONTENDERS.includes(name)) throw new Error(`--against takes ${CONTENDERS.join(", ")}`);
      contenders.push(name);
    } else if (word in MODES) {
      modes.push(word as Mode);
    } else {
      throw new Error(`Cannot use ${word}: the modes are ${Object.keys(MODES).join(", ")}`);
    }
  }
  return {
    contenders: contenders.length === 0
      ? [...CONTENDERS]
      : [...new Set<Contender>([...contenders, "stemjail"])],
    modes: modes.length === 0 ? Object.keys(MODES) as Mode[] : modes,
  };
}

/** Every outcome by attack and contender. */
type Table = Map<string, Map<Contender, Outcome>>;

async function fill(table: Table, contender: Contender, modes: Mode[]): Promise<void> {
  const fixture = await createFixture(users()[0]);
  try {
    const finish = await prepare(contender, fixture);
    try {
      for (const mode of modes) {
        for (const outcome of await attack(contender, fixture, mode)) {
          const key = `${outcome.number.padEnd(5)} ${outcome.name}`;
          if (!table.has(key)) table.set(key, new Map());
          table.get(key)!.set(contender, outcome);
        }
      }
    } finally {
      await finish();
    }
  } finally {
    await disposeFixture(fixture);
  }
}

function print(table: Table, contenders: Contender[]): void {
  const cell = (outcome: Outcome | undefined) =>
    outcome === undefined ? "-" : `${outcome.verdict} ${outcome.detail}`;
  const header = ["attack", ...contenders];
  const rows = [...table].sort(([left], [right]) =>
    left.localeCompare(right, "en", { numeric: true })
  )
    .map(([key, outcomes]) => [key, ...contenders.map((one) => cell(outcomes.get(one)))]);
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column].length))
  );
  for (const row of [header, ...rows]) {
    console.log(row.map((text, column) => text.padEnd(widths[column])).join("  ").trimEnd());
  }
}

const { contenders: wanted, modes } = parseArguments(Deno.args);
const table: Table = new Map();
const contenders: Contender[] = [];
for (const contender of wanted) {
  if (await isAvailable(contender)) contenders.push(contender);
  else console.log(`not run: ${contender} is not installed here`);
}
for (const contender of contenders) await fill(table, contender, modes);
print(table, contenders);
const escaped = [...table.values()].filter((row) => row.get("stemjail")?.verdict === "FAIL").length;
if (escaped > 0) console.log(`${escaped} attacks worked from inside StemJail`);
Deno.exit(escaped > 0 ? 1 : 0);
