import assert from "node:assert/strict";
import { parseProfile } from "../../src/profile/parse.ts";
import { fileStem, findText, firstText, profileTexts, renamed } from "../../src/profile/texts.ts";
import { fakeHost } from "./fake_host.ts";

const shipped = [
  { name: "web", text: 'name = "Web"' },
  { name: "shell", text: 'name = "shell"' },
];

Deno.test("a user's own profile hides the shipped one of its name", () => {
  const files = fakeHost({ "/p/mine.toml": '# mine\nname = "Web"', "/p/bad.toml": "name = " });
  const texts = profileTexts(["/p", "/none"], shipped, files);
  assert.deepEqual(texts.map(({ path, stem }) => path ?? stem), [
    "/p/bad.toml",
    "/p/mine.toml",
    "shell",
  ]);
  assert.equal(findText(texts, "Web")?.path, "/p/mine.toml");
  assert.equal(findText(texts, "bad")?.path, "/p/bad.toml", "a broken one by its file");
  assert.equal(findText(texts, "shell")?.path, undefined);
  assert.equal(findText(texts, "web"), undefined);
});

Deno.test("a copy has another name, and everything else as it was", () => {
  const text = '# name = "no"\nname   = "old"  # yes\nextends = ["base"]\n';
  assert.equal(renamed(text, "new"), '# name = "no"\nname   = "new"  # yes\nextends = ["base"]\n');
  assert.equal(parseProfile(renamed(text, 'a "b" \\c'), "f").profile?.name, 'a "b" \\c');
});

Deno.test("a first profile is valid", () => {
  const { profile, problems } = parseProfile(firstText("My own"), "f");
  assert.deepEqual(problems, []);
  assert.equal(profile?.name, "My own");
});

Deno.test("a profile's file has a name that the loader reads", () => {
  assert.equal(fileStem("My Web"), "my-web");
  assert.equal(fileStem(".hidden"), "hidden");
  assert.equal(fileStem("#x"), "x");
  assert.equal(fileStem("Büro & Küche"), "büro-küche");
  assert.equal(fileStem("!!!"), "profile");
});
