import assert from "node:assert/strict";
import { normalisePath, refusePath } from "../../src/profile/bind_path.ts";

Deno.test("normalising removes what does not change where a path leads", () => {
  assert.equal(normalisePath("//a/./b//c/"), "/a/b/c");
  assert.equal(normalisePath("/"), "/");
  assert.equal(normalisePath("/./"), "/");
  assert.equal(normalisePath("/.a/..b"), "/.a/..b");
});

Deno.test("the root can be bound", () => {
  assert.equal(refusePath("/"), undefined);
});

Deno.test("dots that are part of a name are no parent directory", () => {
  assert.equal(refusePath("/a/..b/c../..."), undefined);
  assert.ok(refusePath("/a/../b"));
});
