import assert from "node:assert/strict";
import fc from "fast-check";
import { parse } from "smol-toml";
import { type KeyPath, positionAt, TomlLocations } from "../../src/profile/locate.ts";

const RENAMED = "renamed-by-the-test";

function textAt(text: string, path: KeyPath, part: "key" | "value" = "value"): string {
  const { start, end } = new TomlLocations(text)[part](path);
  return text.slice(start, end);
}

Deno.test("a plain value is found", () => {
  assert.equal(textAt('name = "x"\nb = true # c\n', ["b"]), "true");
  assert.equal(textAt('name = "x"\nb = true # c\n', ["name"], "key"), "name");
});

Deno.test("elements of an array of tables are told apart", () => {
  const text = '[[fs.bind]]\npath = "/a"\n[[fs.bind]]\n[[ fs . bind ]] # third\npath="/c"';
  assert.equal(textAt(text, ["fs", "bind", 0, "path"]), '"/a"');
  assert.equal(textAt(text, ["fs", "bind", 2, "path"]), '"/c"');
  assert.equal(textAt(text, ["fs", "bind", 2]), "[[ fs . bind ]]");
  assert.equal(new TomlLocations(text).value(["fs", "bind", 1]).start, text.indexOf("[[", 2));
});

Deno.test("a table below an array of tables belongs to the latest element", () => {
  const text = "[[a]]\n[a.b]\nc = 1\n[[a]]\n[a.b]\nc = 2\n[[a.d]]\ne = 3\n[[a.d]]\ne = 4";
  assert.equal(textAt(text, ["a", 0, "b", "c"]), "1");
  assert.equal(textAt(text, ["a", 1, "b", "c"]), "2");
  assert.equal(textAt(text, ["a", 1, "d", 1, "e"]), "4");
});

Deno.test("dotted and quoted keys are found under the names that they mean", () => {
  const text = `a . "b.c" . 'd\\' = 1\n"\\u0061\\"\\n" = 2\n[x."y z"]\n3 = 4`;
  assert.equal(textAt(text, ["a", "b.c", "d\\"]), "1");
  assert.equal(textAt(text, ["a", "b.c"], "key"), '"b.c"');
  assert.equal(textAt(text, ['a"\n']), "2");
  assert.equal(textAt(text, ["x", "y z", "3"]), "4");
});

Deno.test("inline tables and arrays are looked into, over lines and comments", () => {
  const text = `fs = { bind = [ # "]"
    { path = "/a", write = true },
    { path = '/b' } # , }
  , ] }`;
  assert.equal(textAt(text, ["fs", "bind", 0, "write"]), "true");
  assert.equal(textAt(text, ["fs", "bind", 1, "path"]), "'/b'");
  assert.equal(textAt(text, ["fs", "bind", 1]), "{ path = '/b' }");
});

Deno.test("brackets, quotes and hashes within strings mislead nobody", () => {
  const text = `a = "]#\\"" # "
b = '"#]'
c = """x "" " \\""" # ""y
[d]
"""""
d = '''it''s '
z = 1'''''
e = ["]", '}', """,""", 1979-05-27 07:32:00, -0.0e1]
f = 9`;
  assert.equal(parse(text).f, 9);
  assert.equal(textAt(text, ["f"]), "9");
  assert.equal(textAt(text, ["e", 3]), "1979-05-27 07:32:00");
  assert.equal(textAt(text, ["e", 4]), "-0.0e1");
});

Deno.test("what was never written is found as the nearest table around it", () => {
  const text = '[run]\ncmd = ["/bin/sh"]\n';
  assert.equal(textAt(text, ["run", "match", 3]), "[run]");
  assert.deepEqual(new TomlLocations(text).value(["name"]), { start: 0, end: 0 });
});

Deno.test("positions count lines and characters from one", () => {
  assert.deepEqual(positionAt("ab\ncd", 0), { line: 1, column: 1 });
  assert.deepEqual(positionAt("ab\ncd", 4), { line: 2, column: 2 });
  assert.deepEqual(positionAt("ab\r\ncd", 4), { line: 2, column: 1 });
  assert.deepEqual(positionAt('"🦊é" x', 6), { line: 1, column: 6 });
});

Deno.test("a string of a mebibyte is scanned", () => {
  const text = `a = "${"x\\\\".repeat(300_000)}"\nb = """${'y"\n'.repeat(300_000)}"""\nc = 1`;
  assert.equal(textAt(text, ["c"]), "1");
});

// -- Whatever the document: to replace the text at a value's place replaces that value and no other --

const blank = fc.constantFrom("", " ", "\t ");
const gap = fc.constantFrom("", " ", "\n", " # ] } , \" ' =\n", "\r\n\t");
const scalar = fc.constantFrom(
  '"text"',
  "'lit # ]'",
  '"q\\" \\\\"',
  '""',
  "''",
  '"""\na "" b\\\n  c"""',
  '"""x"""""',
  "'''\n'' ]'''",
  "'''y'''''",
  "1",
  "+1_000",
  "0xff",
  "-1.5e3",
  "inf",
  "true",
  "false",
  "1979-05-27",
  "07:32:00",
  "1979-05-27T07:32:00Z",
  "1979-05-27 07:32:00.5-07:00",
  '"é🦊"',
);

/** A key in one of its spellings; numbered, so that keys seldom clash. */
const key = fc.tuple(
  fc.nat(40),
  fc.constantFrom(
    (n: number) => `k${n}`,
    (n: number) => `"k${n}"`,
    (n: number) => `'k${n}'`,
    (n: number) => `"a.b] ${n}"`,
    (n: number) => `'#"= ${n}'`,
    (n: number) => `"\\u006b\\"${n}"`,
    (n: number) => `${n}`,
  ),
).map(([number, spell]) => spell(number));
const dottedKey = fc.tuple(fc.array(key, { minLength: 1, maxLength: 3 }), blank)
  .map(([keys, space]) => keys.join(`${space}.${space}`));

const { value } = fc.letrec<{ value: string; array: string; inline: string }>((tie) => ({
  value: fc.oneof({ depthSize: "small" }, scalar, tie("array"), tie("inline")),
  array: fc.tuple(fc.array(tie("value"), { maxLength: 4 }), gap, fc.boolean()).map(
    ([items, space, trailing]) =>
      `[${space}${items.join(`${space},${space}`)}${
        trailing && items.length > 0 ? "," : ""
      }${space}]`,
  ),
  inline: fc.tuple(fc.array(fc.tuple(dottedKey, tie("value")), { maxLength: 3 }), blank).map(
    ([pairs, space]) =>
      `{${space}${
        pairs.map(([name, inner]) => `${name}${space}=${space}${inner}`).join(", ")
      }${space}}`,
  ),
}));

const pair = fc.tuple(blank, dottedKey, blank, value, fc.constantFrom("", ' # c ] = "', "\r"))
  .map(([indent, name, space, inner, end]) => `${indent}${name}${space}=${space}${inner}${end}`);
const header = fc.oneof(
  fc.tuple(blank, dottedKey).map(([space, name]) => `[${space}${name}${space}]`),
  fc.tuple(
    fc.constantFrom("t", '"t"', "t.u", "t . 'u'", "t.v.w", "x.t"),
    blank,
  ).map(([name, space]) => `${space}[[${space}${name}${space}]] # h`),
  fc.constantFrom("[t.o]", "[t.u.o]", "", "# [comment]"),
);
const document = fc.array(fc.oneof({ weight: 3, arbitrary: pair }, header), { maxLength: 14 })
  .map((lines) => lines.join("\n"));

type Tree = unknown;

function isTable(tree: Tree): tree is Record<string, Tree> {
  return typeof tree === "object" && tree !== null && !Array.isArray(tree) &&
    !(tree instanceof Date);
}

function leafPaths(tree: Tree, path: KeyPath = []): KeyPath[] {
  if (Array.isArray(tree)) return tree.flatMap((item, index) => leafPaths(item, [...path, index]));
  if (!isTable(tree)) return [path];
  return Object.entries(tree).flatMap(([name, item]) => leafPaths(item, [...path, name]));
}

/** The tree as JSON, in which key order shows, after `change` was made to one entry. */
function changed(
  tree: Tree,
  path: KeyPath,
  change: (key: string | number, value: Tree) => [string | number, Tree],
): Tree {
  const [first, ...rest] = path;
  const step = (name: string | number, item: Tree): [string | number, Tree] => {
    if (name !== first) return [name, item];
    return rest.length === 0 ? change(name, item) : [name, changed(item, rest, change)];
  };
  if (Array.isArray(tree)) return tree.map((item, index) => step(index, item)[1]);
  return Object.fromEntries(Object.entries(tree as object).map(([name, item]) => step(name, item)));
}

function parsed(text: string): Tree | undefined {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

/** JSON with sorted keys: integer-like keys have no order of their own in an object. */
function comparable(tree: Tree): string {
  return JSON.stringify(
    tree,
    (_, item) =>
      isTable(item)
        ? Object.fromEntries(Object.keys(item).sort().map((name) => [name, item[name]]))
        : item,
  );
}

Deno.test("replacing the text at a value's place replaces that value alone", () => {
  let values = 0;
  fc.assert(
    fc.property(document, (text) => {
      const tree = parsed(text);
      fc.pre(tree !== undefined);
      const locations = new TomlLocations(text);
      for (const path of leafPaths(tree)) {
        const { start, end } = locations.value(path);
        const replaced = parsed(`${text.slice(0, start)}"${RENAMED}"${text.slice(end)}`);
        const expected = changed(tree, path, (name) => [name, RENAMED]);
        assert.equal(
          comparable(replaced),
          comparable(expected),
          `${JSON.stringify(path)}\n${text}`,
        );
        values++;
      }
    }),
    { numRuns: 3000 },
  );
  assert.ok(values > 3000, `only ${values} values were tried`);
});

Deno.test("replacing the text at a key's place renames that key alone", () => {
  let keys = 0;
  fc.assert(
    fc.property(document, (text) => {
      const tree = parsed(text);
      fc.pre(tree !== undefined);
      const locations = new TomlLocations(text);
      for (const path of leafPaths(tree)) {
        if (typeof path.at(-1) === "number") continue;
        const { start, end } = locations.key(path);
        const replaced = parsed(text.slice(0, start) + RENAMED + text.slice(end));
        const expected = changed(tree, path, (_, item) => [RENAMED, item]);
        assert.equal(
          comparable(replaced),
          comparable(expected),
          `${JSON.stringify(path)}\n${text}`,
        );
        keys++;
      }
    }),
    { numRuns: 3000 },
  );
  assert.ok(keys > 3000, `only ${keys} keys were tried`);
});

Deno.test("a key of thousands of parts is placed at those that can matter", () => {
  const parts = Array.from({ length: 100_000 }, (_, at) => `k${at % 10}`);
  const text = `a = 1\n${parts.join(".")} = 1\nb = 2`;
  const locations = new TomlLocations(text);
  assert.deepEqual(locations.position(locations.key(["k0", "k1"])), { line: 2, column: 4 });
  assert.deepEqual(locations.position(locations.value(parts)), { line: 2, column: 190 });
  assert.deepEqual(locations.key(parts), locations.value(parts));
  assert.deepEqual(locations.position(locations.value(["b"])), { line: 3, column: 5 });
});
