import assert from "node:assert/strict";
import fc from "fast-check";
import { assembleFilter } from "../../src/monitor/seccomp.ts";
import {
  type Abi,
  LAST_NUMBER,
  numberOf,
  SYSTEM_CALLS,
} from "../../src/monitor/seccomp/numbers.ts";
import { AUDIT_ARCHITECTURE, INTERFACES } from "../../src/monitor/seccomp/policy.ts";
import { Program } from "../../src/monitor/seccomp/program.ts";
import { runFilter } from "./bpf.ts";
import { headerNumbers } from "./kernel_headers.ts";
import { type Answer, LAST_THREAD, reference } from "./seccomp_reference.ts";

const ARCHITECTURES = ["x86_64", "aarch64"] as const;
const ANSWERS = new Map<number, Answer | "kill">([
  [0x7fff0000, "allow"],
  [0x80000000, "kill"],
  [0x00050000, "nothing"],
  [0x00050001, "EPERM"],
  [0x00050026, "ENOSYS"],
  [0x00050061, "EAFNOSUPPORT"],
  [0x0005005d, "EPROTONOSUPPORT"],
]);

/** Arguments at which some rule changes its mind, and their neighbours. */
const INTERESTING = [
  ...[
    0n,
    1n,
    2n,
    3n,
    4n,
    6n,
    8n,
    9n,
    10n,
    11n,
    12n,
    15n,
    16n,
    17n,
    31n,
    38n,
    58n,
    0x88n,
    0x106n,
    40n,
    0x80n,
  ],
  ...[0x100n, 0x200n, 0x40000n, 0x40008n, 0x40001n, 0x50f00n, 0x20000n, 0x20008n, 0x10000n],
  ...[
    0x5411n,
    0x5412n,
    0x5413n,
    0x541bn,
    0x541cn,
    0x541dn,
    0x5423n,
    0x84n,
    0x80002n,
    0x800n,
    0x80an,
  ],
  ...[0x1200011n, 0x3d0f00n, 0x100000n, 0x400000n, 0x2000000n, 0x4000000n, 0x8000000n, 0x10000000n],
  ...[0x20000000n, 0x40000000n, 0x80000000n, 0xffffffffn],
];
const HIGH_BITS = [0n, 1n << 32n, 0xffffffffn << 32n];

function namesByNumber(abi: Abi): Map<number, string> {
  const entries = SYSTEM_CALLS.map((call) => [numberOf(call, abi), call] as const);
  return new Map(entries.filter((entry): entry is [number, typeof entry[1]] => entry[0] !== null));
}

function expected(
  abi: Abi,
  names: Map<number, string>,
  nested: boolean,
  number: number,
  values: readonly bigint[],
): Answer {
  if (number === 0xffffffff) return "allow";
  if (number > LAST_NUMBER) return "ENOSYS";
  return reference(names.get(number), abi, nested, values);
}

function* filters() {
  for (const architecture of ARCHITECTURES) {
    for (const nestedNamespaces of [false, true]) {
      const filter = assembleFilter({ architecture, nestedNamespaces, lastThread: LAST_THREAD });
      for (const abi of INTERFACES[architecture]) yield { filter, abi, nestedNamespaces };
    }
  }
}

for (const abi of ["x86_64", "i386", "aarch64"] as const) {
  Deno.test(`the numbers of ${abi} are those of the kernel's headers`, async () => {
    const header = await headerNumbers(abi);
    if (header === null) {
      assert.notEqual(Deno.build.arch, abi, "the machine's own headers must be installed");
      console.log(`not compared: no headers for ${abi} on this machine`);
      return;
    }
    const newest = Math.max(...header.values());
    assert.ok(header.size > 250 && newest >= 439, `${header.size} calls up to ${newest}`);
    const wrong = SYSTEM_CALLS.filter((call) => {
      const number = numberOf(call, abi);
      // Headers may be older than the table, but then by all calls of later releases.
      if (!header.has(call) && number !== null && number > newest) return false;
      return number !== (header.get(call) ?? null);
    });
    assert.deepEqual(wrong, []);
  });
}

Deno.test("every number with every interesting argument gets the answer of the plain list", () => {
  for (const { filter, abi, nestedNamespaces } of filters()) {
    const names = namesByNumber(abi);
    const numbers = Array.from({ length: 601 }, (_, number) => number);
    const beyond = [0x3fffffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];
    const x32 = numbers.map((number) => number + 0x40000000);
    for (const number of [...numbers, ...x32, ...beyond]) {
      // One without a rule is asked less: nothing of it depends on an argument.
      const interesting = names.has(number) ? INTERESTING : INTERESTING.slice(0, 3);
      for (const value of interesting) {
        for (const high of HIGH_BITS) {
          const values = [value, value, value].map((argument) => argument | high);
          const data = { number, architecture: AUDIT_ARCHITECTURE[abi], arguments: values };
          assert.equal(
            ANSWERS.get(runFilter(filter, data)),
            expected(abi, names, nestedNamespaces, number, values),
            `${abi} nested=${nestedNamespaces} ${number} ${values}`,
          );
        }
      }
    }
  }
});

Deno.test("any number with any arguments gets the answer of the plain list", () => {
  const cases = [...filters()].map((one) => ({ ...one, names: namesByNumber(one.abi) }));
  const low = fc.oneof(fc.constantFrom(...INTERESTING), fc.bigInt(0n, 0xffffffffn));
  const argument = fc.tuple(low, fc.bigInt(0n, 0xffffffffn)).map(([value, high]) =>
    value | high << 32n
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...cases),
      fc.oneof(fc.integer({ min: 0, max: 600 }), fc.integer({ min: 0, max: 0xffffffff })),
      fc.array(argument, { minLength: 6, maxLength: 6 }),
      ({ filter, abi, nestedNamespaces, names }, any, values) => {
        const judged = [...names.keys()];
        const number = any % 3 === 0 ? judged[any % judged.length] : any;
        const data = { number, architecture: AUDIT_ARCHITECTURE[abi], arguments: values };
        const answer = ANSWERS.get(runFilter(filter, data));
        assert.equal(answer, expected(abi, names, nestedNamespaces, number, values));
      },
    ),
    { numRuns: 20_000 },
  );
});

Deno.test("a call by the numbers of an unknown architecture ends the process", () => {
  const unknown = { x86_64: AUDIT_ARCHITECTURE.aarch64, aarch64: 0x40000028 };
  for (const architecture of ARCHITECTURES) {
    const filter = assembleFilter({ architecture, nestedNamespaces: true, lastThread: 1 });
    for (const other of [unknown[architecture], 0, 0xc000003f, 0xffffffff]) {
      const data = { number: 0, architecture: other, arguments: [0n] };
      assert.equal(ANSWERS.get(runFilter(filter, data)), "kill");
    }
  }
});

Deno.test("a call without a rule is decided by number and architecture alone", () => {
  const filter = assembleFilter({ architecture: "x86_64", nestedNamespaces: false, lastThread: 1 });
  const names = namesByNumber("x86_64");
  for (let number = 0; number <= LAST_NUMBER; number++) {
    if (names.has(number)) continue;
    // The kernel remembers such calls and does not run the program for them. Without arguments to
    // read, a load of one would show as an error here.
    const data = { number, architecture: AUDIT_ARCHITECTURE.x86_64, arguments: [] };
    const short = runFilter(withoutArgumentLoads(filter), data);
    assert.equal(ANSWERS.get(short), "allow");
  }
});

/** The filter with each load of an argument made one that the kernel would refuse. */
function withoutArgumentLoads(filter: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const copy = filter.slice();
  const view = new DataView(copy.buffer);
  for (let at = 0; at < copy.length; at += 8) {
    if (view.getUint16(at, true) === 0x20 && view.getUint32(at + 4, true) >= 16) {
      view.setUint32(at + 4, 0xffff, true);
    }
  }
  return copy;
}

Deno.test("the program is short enough for the kernel, and its jumps lead forward inside it", () => {
  for (const { filter } of filters()) {
    assert.equal(filter.length % 8, 0);
    const length = filter.length / 8;
    assert.ok(length > 50 && length < 512, `${length} instructions`);
  }
});

Deno.test("a jump over more than 255 instructions reaches its target", () => {
  const program = new Program();
  const far = program.return(7);
  let next = program.return(8);
  for (let operand = 0; operand < 600; operand++) {
    next = program.jump("equal", operand, far, next);
  }
  program.load(0, next);
  const filter = program.bytes();
  for (const [number, value] of [[0, 7], [599, 7], [300, 7], [600, 8], [0xffffffff, 8]]) {
    assert.equal(runFilter(filter, { number, architecture: 0, arguments: [] }), value);
  }
});

Deno.test("a program that the kernel would refuse for its length is not assembled", () => {
  const program = new Program();
  for (let value = 0; value <= 4096; value++) program.return(value);
  assert.throws(() => program.bytes(), RangeError);
});
