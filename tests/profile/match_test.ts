import assert from "node:assert/strict";
import fc from "fast-check";
import { matchesCommand, refusePattern } from "../../src/profile/match.ts";

Deno.test("a profile with an empty list of patterns is one for no command", () => {
  assert.equal(matchesCommand([], "firefox"), false);
});

Deno.test("a bare name fits a command by the last component of what it is known by", () => {
  assert.equal(matchesCommand(["firefox"], "firefox"), true);
  assert.equal(matchesCommand(["firefox"], "/usr/bin/firefox"), true);
  assert.equal(matchesCommand(["firefox"], "firefox-esr"), false);
  assert.equal(matchesCommand(["firefox"], "/usr/firefox/sh"), false);
  assert.equal(matchesCommand(["python*"], "/usr/bin/python3.13"), true);
});

Deno.test("any of a command's names may fit", () => {
  const names = ["x-www-browser", "/usr/bin/x-www-browser", "/usr/lib/firefox-esr/firefox-esr"];
  assert.equal(matchesCommand(["/usr/lib/firefox*/firefox*"], ...names), true);
  assert.equal(matchesCommand(["/usr/lib/chromium/*"], ...names), false);
});

Deno.test("a star stays within one component", () => {
  assert.equal(matchesCommand(["/usr/*/sh"], "/usr/bin/sh"), true);
  assert.equal(matchesCommand(["/usr/*/sh"], "/usr/local/bin/sh"), false);
  assert.equal(matchesCommand(["/usr/*"], "/usr/local/bin"), false);
});

Deno.test("the two ends of a pattern do not share characters", () => {
  assert.equal(matchesCommand(["ab*ba"], "aba"), false);
  assert.equal(matchesCommand(["ab*ba"], "abba"), true);
});

Deno.test("what other tools treat specially is literal", () => {
  assert.equal(matchesCommand(["a?c"], "abc"), false);
  assert.equal(matchesCommand(["[ab].*"], "[ab].c"), true);
});

Deno.test("patterns agree with the regular expressions that say the same", () => {
  const text = fc.array(fc.constantFrom("a", "b", "*"), { maxLength: 8 }).map((all) =>
    all.join("")
  );
  const name = fc.array(fc.constantFrom("a", "b"), { maxLength: 10 }).map((all) => all.join(""));
  fc.assert(
    fc.property(text, name, (pattern, command) => {
      const expression = new RegExp(`^${pattern.replaceAll("*", ".*")}$`);
      assert.equal(matchesCommand([pattern], command), expression.test(command));
    }),
    { numRuns: 5000 },
  );
});

Deno.test("a pattern that could never fit is refused", () => {
  const refused = ["", "bin/sh", "/usr//sh", "/usr/../sh", "/usr/./sh", "/usr/", "/**/sh", "a\0b"];
  for (const pattern of refused) assert.ok(refusePattern(pattern), JSON.stringify(pattern));
  for (const pattern of ["sh", "fire*", "/usr/lib/*/x", "~x"]) {
    assert.equal(refusePattern(pattern), undefined, pattern);
  }
});
