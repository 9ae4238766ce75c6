/**
 * A monitor's parser and decisions under random messages, in this process: no exception, no request
 * read otherwise than the protocol says, no grant but what the definitions allow, flat memory.
 */

import assert from "node:assert/strict";
import { AT_FDCWD, openAt, OpenFlag } from "../../ffi/file.ts";
import { decide } from "../../src/monitor/decide.ts";
import { GrantError } from "../../src/monitor/grant_error.ts";
import type { DomainState, Reach } from "../../src/monitor/state.ts";
import { parseShimRequest, type ShimRequest } from "../../src/protocol/shim.ts";
import type { CandidateSet } from "../../src/stemflow/candidates.ts";
import type { Access } from "../../src/stemflow/domain.ts";
import { Pool } from "../../src/stemflow/pool.ts";
import { Model, modelDomains, modelRoots } from "./model.ts";
import { chooseSeed, Random } from "./random.ts";
import { makeMessage, meaningOf } from "./shim_messages.ts";

const MESSAGES = Number(Deno.env.get("STEMJAIL_FUZZ_MESSAGES") ?? 700_000);
const PER_JAIL = 40;
const MAXIMUM_GROWTH = 128 * 1024 * 1024;
const BASE = "/stemjail-fuzz";

/** The state of a jail whose mounts are none, and fail now and then. */
class MountlessState {
  set: CandidateSet;

  constructor(readonly pool: Pool, private readonly random: Random) {
    this.set = pool.all();
  }

  get name(): string {
    return this.pool.nameOf(this.set);
  }

  after(accesses: readonly Access[]): Reach {
    let set = this.set;
    for (const access of accesses) {
      const decision = this.pool.request(set, access);
      if (decision.kind === "denied") return { set, isWhole: false };
      if (decision.kind === "transition") set = decision.next;
    }
    return { set, isWhole: true };
  }

  changedBind(_path: string): string | null {
    return null;
  }

  isPresent(set: CandidateSet): boolean {
    return set.equals(this.set);
  }

  moveTo(set: CandidateSet): void {
    if (this.random.once(4)) throw new GrantError("a mount that fails");
    this.set = set;
  }
}

/** Quicker than assert.deepEqual, which takes longer than all that is tested. */
function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

function assertRead(message: Uint8Array, request: ShimRequest | null): void {
  const meaning = meaningOf(message);
  const kinds = { malformed: undefined, access: 1, list: 2, mount: 3 } as const;
  assert.equal(request?.kind, kinds[meaning.kind]);
  if (request?.kind !== 1 || meaning.kind !== "access") return;
  assert.equal(request.write, meaning.write);
  assert.ok(isSame(request.path, meaning.path));
}

Deno.test("a monitor reads and judges random messages as the definitions do", () => {
  const random = new Random(chooseSeed());
  const hostRoot = openAt(AT_FDCWD, "/", OpenFlag.pathOnly | OpenFlag.directory);
  const pool = Pool.build(modelDomains(BASE));
  const roots = modelRoots(BASE);
  let state = new MountlessState(pool, random);
  let model = new Model(modelDomains(BASE));
  let before = 0;
  const tally = { granted: 0, denied: 0, malformed: 0, other: 0 };
  for (let count = 0; count < MESSAGES; count++) {
    if (count === MESSAGES / 10) before = Deno.memoryUsage().rss;
    if (count % PER_JAIL === 0) {
      state = new MountlessState(pool, random);
      model = new Model(modelDomains(BASE));
    }
    const message = makeMessage(random, roots);
    const request = parseShimRequest(message);
    assertRead(message, request);
    if (request?.kind !== 1) {
      tally[request === null ? "malformed" : "other"]++;
      continue;
    }
    const expected = model.after(request.path, request.write).map(({ name }) => name);
    const from = state.set;
    const outcome = decide(
      state as unknown as DomainState,
      hostRoot,
      request.path,
      request.write,
      () => "",
    );
    tally[outcome.kind]++;
    if (outcome.kind === "granted") {
      model.candidates = model.after(request.path, request.write);
      assert.equal(pool.membersOf(state.set).join(), expected.join());
    } else {
      assert.equal(state.set.equals(from), true, "a denial changes nothing");
      assert.ok(expected.length === 0 || outcome.why !== null, "what is allowed was denied");
    }
  }
  console.log(`  ${JSON.stringify(tally)}`);
  const growth = Deno.memoryUsage().rss - before;
  assert.ok(growth < MAXIMUM_GROWTH, `memory grew by ${growth} bytes`);
  assert.ok(Math.min(...Object.values(tally)) > MESSAGES / 1000, "some kind of message is missing");
});
