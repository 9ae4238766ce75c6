import assert from "node:assert/strict";
import { isOurs, jailedEntry, profileEntry, programOf } from "../../src/kage/desktop_entry.ts";
import { testAsUser } from "../system/harness.ts";

const entry = `[Desktop Entry]
Name=Browser
Name[de]=Stöberer
Exec=/usr/lib/browser/browser %u
DBusActivatable=true
Actions=new;

[Desktop Action new]
Name=New window
Exec=browser --new-window %u
`;

Deno.test("an entry in a jail starts the same programs, and nothing over the session bus", () => {
  assert.equal(
    jailedEntry(entry, "/opt/stemjail"),
    `[Desktop Entry]
X-StemJail=true
Name=Browser (StemJail)
Name[de]=Stöberer (StemJail)
Exec=/opt/stemjail run -- /usr/lib/browser/browser %u
Actions=new;

[Desktop Action new]
Name=New window
Exec=/opt/stemjail run -- browser --new-window %u
`,
  );
});

Deno.test("an executable's path is quoted as the specification says", () => {
  const line = (path: string) => jailedEntry("Exec=x", path);
  assert.equal(line("/a b/s"), 'Exec="/a b/s" run -- x');
  assert.equal(line("/a%b/s"), "Exec=/a%%b/s run -- x");
  assert.equal(line('/a"$b/s'), 'Exec="/a\\\\"\\\\$b/s" run -- x');
  assert.equal(line("/a\\b/s"), 'Exec="/a\\\\\\\\b/s" run -- x');
});

Deno.test("an entry tells its program, and whether it is ours", () => {
  assert.equal(programOf(entry), "browser");
  assert.equal(programOf('Exec="/opt/my app/run" %f'), "run");
  assert.equal(programOf("Name=x"), "");
  assert.equal(isOurs(entry), false);
  assert.equal(isOurs(jailedEntry(entry, "/s")), true);
  assert.equal(isOurs(profileEntry("p", "/s")), true);
});

testAsUser("an entry is installed and removed, and nothing else is touched", async (world) => {
  const data = `${world.base}/data`;
  const own = `${data}/applications`;
  const system = `${world.base}/system/applications`;
  for (const path of [data, own, `${world.base}/system`, system]) world.directory(path);
  world.write(`${system}/browser.desktop`, entry);
  world.write(`${own}/other.desktop`, entry);
  const env = { XDG_DATA_HOME: data, XDG_DATA_DIRS: `${world.base}/system` };
  const names = () => [...Deno.readDirSync(own)].map(({ name }) => name).sort();
  const run = (...args: string[]) => world.run(["desktop", ...args], { env });

  const installed = await run("install", "browser");
  const path = `${own}/stemjail-browser.desktop`;
  assert.deepEqual([installed.stdout, installed.stderr], [`${path}\n`, ""]);
  assert.equal(Deno.readTextFileSync(path), jailedEntry(entry, world.executable));
  assert.equal((await run("install", "browser")).status, 0, "once more");
  assert.equal((await run("uninstall", "browser")).status, 0);
  assert.deepEqual(names(), ["other.desktop"]);

  const again = await run("uninstall", "browser");
  assert.equal(again.status, 1);
  assert.equal(
    again.stderr,
    `stemjail: No entry of StemJail's for "browser": there is no ${path}\n`,
  );
  world.write(path, entry);
  for (const action of ["install", "uninstall"]) {
    const { status, stderr } = await run(action, "browser");
    assert.equal(status, 1);
    assert.match(stderr, /was not written by StemJail: it stays as it is/);
  }
  assert.equal(Deno.readTextFileSync(path), entry);
});

testAsUser(
  "a program without an entry has one by its profile's command, or none",
  async (world) => {
    const env = { XDG_DATA_HOME: `${world.base}/data`, XDG_DATA_DIRS: `${world.base}/none` };
    world.profile("tool", {}, '[run]\ncmd = ["/bin/true"]');
    const { stdout } = await world.run(["desktop", "install", "tool"], { env });
    assert.match(Deno.readTextFileSync(stdout.trim()), /^Exec=\S+\/stemjail run -p tool$/m);
    for (const name of ["plain", "../x", "nothing"]) {
      const { status } = await world.run(["desktop", "install", name], { env });
      assert.equal(status, 1, name);
    }
    assert.equal((await world.run(["desktop", "install"], { env })).status, 2);
  },
);
