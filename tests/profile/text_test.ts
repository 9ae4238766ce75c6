import assert from "node:assert/strict";
import fc from "fast-check";
import { escapeText, isUnprintable, quote } from "../../src/profile/text.ts";

Deno.test("escaping leaves ordinary text alone, of any language", () => {
  const text = 'Ünïcödé 日本語 🦊 a b-c_d "quoted" \\';
  assert.equal(escapeText(text), text);
  assert.equal(isUnprintable(text), false);
});

Deno.test("escaping shows what a terminal would act on", () => {
  assert.equal(escapeText("a\nb\r\tc"), "a\\nb\\r\\tc");
  assert.equal(escapeText("\x1b]0;title\x07"), "\\x1b]0;title\\x07");
  assert.equal(escapeText("\x9b31m\x7f"), "\\x9b31m\\x7f");
  assert.equal(escapeText("\u2028\u202egnp.exe"), "\\u2028\\u202egnp.exe");
  assert.equal(escapeText("\udcff"), "\\udcff");
});

Deno.test("quoting shows where a value ends", () => {
  assert.equal(quote('a "b" \\ c'), '"a \\"b\\" \\\\ c"');
  assert.equal(quote("a\nb"), '"a\\nb"');
});

Deno.test("nothing unprintable is left after escaping, whatever the text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    assert.equal(isUnprintable(escapeText(text)), false);
    assert.equal(isUnprintable(text), escapeText(text) !== text);
  }));
});
