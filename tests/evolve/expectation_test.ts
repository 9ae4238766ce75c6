/** That the comparison of mounts with E(S) finds what is wrong: on a real jail's table, made wrong. */

import assert from "node:assert/strict";
import { hostMounts } from "./expectation.ts";
import { SAW_ALPHA, testJail } from "./fixture.ts";
import type { Mount } from "./mounts.ts";

testJail("every difference from E(S) is found", async (session, { alpha, beta, common }) => {
  await session.output(`cat ${alpha}/file`);
  const { expectation } = session;
  const mounts = session.mounts();
  const host = hostMounts();
  const compare = (state: string, table: readonly Mount[]) =>
    expectation.differences(state, table, host);
  const change = (point: string, changed: Partial<Mount>) =>
    mounts.map((mount) => mount.point === point ? { ...mount, ...changed } : mount);
  const of = (point: string) => mounts.find((mount) => mount.point === point)!;
  const options = (...names: string[]) => new Set(names);

  assert.deepEqual(compare(SAW_ALPHA, mounts), []);
  const without = mounts.filter(({ point }) => point !== alpha);
  assert.deepEqual(compare(SAW_ALPHA, without), [`${alpha} is missing`]);
  const extra = [...mounts, { ...of(alpha), id: "extra", point: beta }];
  assert.deepEqual(compare(SAW_ALPHA, extra), [`${beta} is too much`]);
  for (
    const changed of [
      { options: options("rw", "nosuid", "nodev") },
      { options: options("ro", "nodev") },
      { options: options("ro", "nosuid") },
      { options: options("ro", "nosuid", "nodev", "noexec") },
      { root: "/elsewhere" },
      { device: "0:0" },
    ]
  ) {
    assert.equal(compare(SAW_ALPHA, change(alpha, changed)).length, 1, JSON.stringify(changed));
  }
  const covering = { ...of(common), id: "cover", parent: of(alpha).id, point: alpha };
  assert.equal(compare(SAW_ALPHA, [...mounts, covering]).length, 1);
  assert.equal(compare("Alpha", mounts).length, 1);
  assert.deepEqual(compare("Gamma", mounts).length, 2);
});

testJail("a path that is there and should not be, and the reverse, are found", async (
  session,
  { alpha, gamma },
) => {
  await session.output(`cat ${alpha}/file`);
  const root = `/proc/${session.pid}/root`;
  const { expectation } = session;
  assert.deepEqual(expectation.wrongPaths(SAW_ALPHA, root), []);
  assert.deepEqual(expectation.wrongPaths("Gamma", root).sort(), [
    `${alpha} is there`,
    `${gamma} is not there`,
  ]);
});
