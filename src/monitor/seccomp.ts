/**
 * The seccomp filter of an application: a classic BPF program, assembled when a monitor starts, without
 * a compiler or a library.
 *
 * A binary search over the call's number leads to its decision in about eight comparisons. Each path to
 * "allow" that reads no argument reads nothing but architecture and number, which is what lets Linux
 * 5.11 and newer remember it in a bitmap and not run the program at all for such calls.
 *
 * @module
 */

import { type Abi, LAST_NUMBER, numberOf } from "./seccomp/numbers.ts";
import {
  ALLOW,
  type ArgumentDecision,
  AUDIT_ARCHITECTURE,
  type Decision,
  decisions,
  ENOSYS,
  INTERFACES,
  KILL,
} from "./seccomp/policy.ts";
import { type Label, Program } from "./seccomp/program.ts";

/** What a filter is assembled for. */
export interface FilterOptions {
  /** The machine's architecture, as `Deno.build.arch` names it. */
  readonly architecture: "x86_64" | "aarch64";
  /** Whether programs may make user namespaces of their own, and mount in them. */
  readonly nestedNamespaces: boolean;
  /** The highest id, in the jail, of a thread of its monitor. */
  readonly lastThread: number;
}

/** From this number on, up to the next range, one decision holds. */
interface Range {
  readonly from: number;
  readonly decision: Decision;
}

/** What a tracer puts in place of a call's number so that it is skipped. */
const SKIPPED = 0xffffffff;

/** Offsets in `struct seccomp_data`; both architectures have the low half of an argument first. */
const NUMBER_OFFSET = 0;
const ARCHITECTURE_OFFSET = 4;
const argumentOffset = ({ argument, half }: ArgumentDecision): number =>
  16 + 8 * argument + (half === "high" ? 4 : 0);

/**
 * Assembles the filter, as the array of `struct sock_filter` that seccomp(2) takes.
 *
 * A call by the numbers of an architecture that is not known ends the process; one whose number is not
 * known, because it is newer than this filter or belongs to x32 (whose numbers begin at 0x40000000),
 * answers ENOSYS, as an older kernel would.
 *
 * @see https://man7.org/linux/man-pages/man2/seccomp.2.html
 */
export function assembleFilter(options: FilterOptions): Uint8Array<ArrayBuffer> {
  const program = new Program();
  let next = program.return(KILL);
  for (const abi of INTERFACES[options.architecture].toReversed()) {
    const search = placeSearch(program, ranges(abi, options));
    const numbers = program.load(NUMBER_OFFSET, search);
    next = program.jump("equal", AUDIT_ARCHITECTURE[abi], numbers, next);
  }
  program.load(ARCHITECTURE_OFFSET, next);
  return program.bytes();
}

/** The decisions of one interface as ranges that cover every number, in order. */
function ranges(abi: Abi, { nestedNamespaces, lastThread }: FilterOptions): Range[] {
  const single = new Map<number, Decision>();
  for (const [call, decision] of decisions(nestedNamespaces, lastThread)) {
    const number = numberOf(call, abi);
    if (number !== null) single.set(number, decision);
  }
  const decide = (number: number): Decision => {
    if (number > LAST_NUMBER && number !== SKIPPED) return ENOSYS;
    return single.get(number) ?? ALLOW;
  };
  const edges = new Set([0, LAST_NUMBER + 1, SKIPPED]);
  for (const number of single.keys()) edges.add(number).add(number + 1);
  return [...edges]
    .sort((left, right) => left - right)
    .map((from) => ({ from, decision: decide(from) }))
    .filter(({ decision }, index, all) => index === 0 || all[index - 1].decision !== decision);
}

/** Places a binary search whose accumulator holds the call's number. */
function placeSearch(program: Program, ranges: readonly Range[]): Label {
  if (ranges.length === 1) return placeDecision(program, ranges[0].decision);
  const middle = ranges.length >> 1;
  const upper = placeSearch(program, ranges.slice(middle));
  const lower = placeSearch(program, ranges.slice(0, middle));
  return program.jump("atLeast", ranges[middle].from, upper, lower);
}

function placeDecision(program: Program, decision: Decision): Label {
  if (typeof decision === "number") return program.return(decision);
  let next = placeDecision(program, decision.otherwise);
  for (const { test, operand, then } of decision.cases.toReversed()) {
    next = program.jump(test, operand, placeDecision(program, then), next);
  }
  return program.load(argumentOffset(decision), next);
}
