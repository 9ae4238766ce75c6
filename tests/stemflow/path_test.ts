import assert from "node:assert/strict";
import fc from "fast-check";
import {
  comparePaths,
  decodePath,
  encodePath,
  isAtOrBelow,
  isBelow,
  MAXIMUM_PATH_BYTES,
  nameOf,
  normalisePath,
  parentOf,
  PathError,
  treeAround,
} from "../../src/stemflow/path.ts";

const SPELLINGS: readonly (readonly [string, string])[] = [
  ["/", "/"],
  ["//", "/"],
  ["/.", "/"],
  ["/..", "/"],
  ["/../../a", "/a"],
  ["/a/./b//c/../d", "/a/b/d"],
  ["/a/", "/a"],
  ["/a//", "/a"],
  ["/a/b/..", "/a"],
  ["/a/..", "/"],
  ["/...", "/..."],
  ["/.hidden/..b/c.", "/.hidden/..b/c."],
  ["/a\nb/ c", "/a\nb/ c"],
  ["/é/日本/😀/", "/é/日本/😀"],
  ["/\udcff/../\udcfe", "/\udcfe"],
  ["/\udcc3\udca9", "/é"],
];

for (const [given, expected] of SPELLINGS) {
  Deno.test(`normalisePath makes ${JSON.stringify(given)} into ${JSON.stringify(expected)}`, () => {
    assert.equal(normalisePath(given), expected);
    assert.equal(normalisePath(expected), expected);
  });
}

const REFUSED: readonly (readonly [string, string, RegExp])[] = [
  ["an empty path", "", /empty/],
  ["a relative path", "a/b", /not absolute/],
  ["a path that begins with a dot", "./a", /not absolute/],
  ["a path that holds a NUL", "/a\0b", /NUL/],
  ["a path that ends in a NUL", "/a/\0", /NUL/],
  ["a path of 4,096 bytes", `/${"a".repeat(4095)}`, /longer than 4095 bytes/],
  ["a path of 4,097 bytes in half as many characters", `/${"é".repeat(2048)}`, /longer than/],
  ["a path of a million bytes", "/a".repeat(500_000), /longer than/],
  ["a high surrogate", "/\ud800", /surrogate U\+D800/],
  ["a low surrogate that stands for no byte", "/\udc41", /surrogate U\+DC41/],
];

for (const [what, given, reason] of REFUSED) {
  Deno.test(`normalisePath refuses ${what}`, () => {
    assert.throws(() => normalisePath(given), (error) => {
      assert.ok(error instanceof PathError);
      assert.equal(error.path, given);
      assert.match(error.reason, reason);
      assert.ok(error.message.length < 500, "the message does not repeat a huge path");
      return true;
    });
  });
}

Deno.test("normalisePath takes the longest path that the kernel takes", () => {
  const longest = `/${"a".repeat(MAXIMUM_PATH_BYTES - 1)}`;
  assert.equal(normalisePath(longest), longest);
  const longestOfTwoBytes = `/${"é".repeat((MAXIMUM_PATH_BYTES - 1) / 2)}`;
  assert.equal(normalisePath(longestOfTwoBytes), longestOfTwoBytes);
  assert.equal(normalisePath("/a".repeat(2000)), "/a".repeat(2000));
});

Deno.test("normalisePath agrees with a walk of the components, for any path", () => {
  const component = fc.constantFrom("", ".", "..", "a", "..a", ".b", "é", "\udc80");
  fc.assert(
    fc.property(fc.array(component, { maxLength: 8 }), (components) => {
      const walked: string[] = [];
      for (const name of components) {
        if (name === "..") walked.pop();
        else if (name !== "" && name !== ".") walked.push(name);
      }
      assert.equal(normalisePath(`/${components.join("/")}`), `/${walked.join("/")}`);
    }),
    { numRuns: 5000 },
  );
});

Deno.test("decodePath and encodePath give any bytes back", () => {
  // Bytes around the edges of UTF-8 are far likelier to be mistaken than any.
  const edge = fc.constantFrom(
    0x2f,
    0x41,
    0x80,
    0xbf,
    0xc0,
    0xc2,
    0xe0,
    0xed,
    0xa0,
    0xef,
    0xf0,
    0xf4,
    0xff,
  );
  const bytes = fc.array(fc.oneof(edge, fc.integer({ min: 0, max: 255 })), { maxLength: 12 });
  fc.assert(
    fc.property(bytes, (values) => {
      assert.deepEqual([...encodePath(decodePath(Uint8Array.from(values)))], values);
    }),
    { numRuns: 20_000 },
  );
});

Deno.test("decodePath gives well-formed text as it is, a byte order mark included", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }).filter((text) => text.isWellFormed()), (text) => {
      assert.equal(decodePath(new TextEncoder().encode(text)), text);
    }),
    { numRuns: 5000 },
  );
  assert.equal(decodePath(Uint8Array.of(0xef, 0xbb, 0xbf, 0x41)), "\ufeffA");
});

Deno.test("decodePath escapes each byte of an overlong, surrogate or truncated sequence", () => {
  assert.equal(decodePath(Uint8Array.of(0xc0, 0xaf)), "\udcc0\udcaf");
  assert.equal(decodePath(Uint8Array.of(0xed, 0xa0, 0x80)), "\udced\udca0\udc80");
  assert.equal(decodePath(Uint8Array.of(0x61, 0xf0, 0x9f, 0x98)), "a\udcf0\udc9f\udc98");
  assert.equal(decodePath(Uint8Array.of(0xff, 0xc3, 0xa9)), "\udcffé");
});

Deno.test("isAtOrBelow and isBelow compare components, not characters", () => {
  assert.ok(isAtOrBelow("/a/b", "/a/b"));
  assert.ok(isAtOrBelow("/a/b/c", "/a/b"));
  assert.ok(isAtOrBelow("/a", "/"));
  assert.ok(isAtOrBelow("/", "/"));
  assert.ok(!isAtOrBelow("/a/bb", "/a/b"));
  assert.ok(!isAtOrBelow("/a", "/a/b"));
  assert.ok(isBelow("/a", "/"));
  assert.ok(!isBelow("/", "/"));
  assert.ok(!isBelow("/a/b", "/a/b"));
  assert.ok(!isBelow("/a/bb", "/a/b"));
});

Deno.test("treeAround finds the nearest tree that a path is in, itself and the root included", () => {
  const trees = new Set(["/a", "/a/b", "/c"]);
  const nearest = ["/a/b/x", "/a/b", "/a/bb", "/aa", "/"].map((path) => treeAround(path, trees));
  assert.deepEqual(nearest, ["/a/b", "/a/b", "/a", undefined, undefined]);
  assert.equal(treeAround("/aa", new Set(["/"])), "/");
});

Deno.test("nameOf and parentOf take the last component off", () => {
  assert.deepEqual([nameOf("/a/b"), parentOf("/a/b")], ["b", "/a"]);
  assert.deepEqual([nameOf("/a"), parentOf("/a")], ["a", "/"]);
  assert.deepEqual([nameOf("/"), parentOf("/")], ["", "/"]);
});

Deno.test("comparePaths keeps a tree together, its root first", () => {
  const ordered = ["/", "/a", "/a/b", "/a/b/c", "/a/é", "/a-", "/a-/b", "/aa", "/b"];
  assert.deepEqual([...ordered].reverse().sort(comparePaths), ordered);
});
