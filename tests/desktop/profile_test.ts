import assert from "node:assert/strict";
import { testAsUser } from "../system/harness.ts";

const shipped = { STEMJAIL_PROFILES: undefined };

testAsUser(
  "a shipped profile is copied to be edited, once, and the copy is in force",
  async (world) => {
    const directory = `${world.base}/config/stemjail/profiles`;
    const edit = () => world.run(["profile", "edit", "firefox"], { env: shipped });
    const first = await edit();
    assert.equal(first.stdout, `${directory}/firefox.toml\n`, first.stderr);
    const file = first.stdout.trim();
    Deno.writeTextFileSync(file, `${Deno.readTextFileSync(file)}\n[limits]\nprocesses = 77\n`);
    assert.equal((await edit()).stdout, first.stdout);
    const { stdout } = await world.run(["profile", "show", "firefox"], { env: shipped });
    assert.match(stdout, /77 processes/);
  },
);

testAsUser("$VISUAL opens the profile where there is a terminal", async (world) => {
  const env = { ...shipped, VISUAL: "sed -i s/firefox/changed/g" };
  const script = `script -qec "stemjail profile edit firefox" /dev/null`;
  const { status, stdout } = await world.shell(script, { env });
  assert.equal(status, 0, stdout);
  const file = `${world.base}/config/stemjail/profiles/firefox.toml`;
  assert.match(Deno.readTextFileSync(file), /^name = "changed"$/m);
});

testAsUser("a new profile is a copy under another name, or a first one", async (world) => {
  const create = (...args: string[]) => world.run(["profile", "new", ...args], { env: shipped });
  const copy = await create("My Web", "--from", "chromium");
  const text = Deno.readTextFileSync(copy.stdout.trim());
  assert.match(text, /^name = "My Web"$/m);
  assert.match(text, /cmd = \["chromium"\]/);
  assert.equal((await create("First")).status, 0);
  const { stdout, status } = await world.run(["profile", "check"], { env: shipped });
  assert.equal(status, 0, stdout);
  for (const refused of [["My Web"], ["firefox"], ["a/b"], ["x", "--from", "none"], []]) {
    assert.notEqual((await create(...refused)).status, 0, refused.join(" "));
  }
});

testAsUser("a profile that is broken can be edited by the name of its file", async (world) => {
  world.write(`${world.profiles}/broken.toml`, "name = ");
  const { stdout } = await world.run(["profile", "edit", "broken"]);
  assert.equal(stdout, `${world.profiles}/broken.toml\n`);
});

testAsUser("no profile is made where nothing says what directory is the user's", async (world) => {
  const nowhere = { ...shipped, HOME: undefined, XDG_CONFIG_HOME: undefined };
  for (const env of [nowhere, { STEMJAIL_PROFILES: ":" }]) {
    for (const args of [["new", "x"], ["edit", "firefox"]]) {
      const { status, stderr } = await world.run(["profile", ...args], { env });
      assert.equal(status, 1);
      assert.match(stderr, /^stemjail: There is no directory for profiles[^\n]*HOME[^\n]*\n$/);
    }
  }
  const named = ["--profiles", world.profiles];
  const { status, stderr } = await world.run(["profile", "new", "x", ...named], { env: nowhere });
  assert.deepEqual([status, stderr], [0, ""]);
});
