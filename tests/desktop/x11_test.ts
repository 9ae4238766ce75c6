import assert from "node:assert/strict";
import { parseDisplay, soleCookie } from "../../src/portal/desktop_x11.ts";
import { testWith, withDisplay } from "./desktop.ts";

const programs = ["Xvfb", "xauth", "xdpyinfo"];
const X11 = "[desktop]\nx11 = true";

Deno.test("only a display of this machine is one to share", () => {
  assert.deepEqual(parseDisplay(":0"), { number: 0 });
  assert.deepEqual(parseDisplay(":12.1"), { number: 12 });
  assert.deepEqual(parseDisplay("unix:3"), { number: 3 });
  for (const other of ["", undefined, "host:0", "localhost:10.0", ":", ":x", ":1:2", ":../0"]) {
    assert.equal(parseDisplay(other), null, other);
  }
});

const encode = (text: string) => new TextEncoder().encode(text);

function entry(family: number, ...fields: (string | Uint8Array)[]): number[] {
  const bytes = fields.map((field) => typeof field === "string" ? encode(field) : field);
  return [family >> 8, family & 255, ...bytes.flatMap((each) => [0, each.length, ...each])];
}

const cookie = (value: number) => new Uint8Array(16).fill(value);
const NAME = "MIT-MAGIC-COOKIE-1";

Deno.test("of an authority file one display's cookie is kept, for any host name", () => {
  const file = new Uint8Array([
    ...entry(256, "host", "1", NAME, cookie(1)),
    ...entry(256, "other", "2", NAME, cookie(2)),
    ...entry(256, "host", "2", "XDM-AUTHORIZATION-1", cookie(3)),
    ...entry(0, new Uint8Array([127, 0, 0, 1]), "2", NAME, cookie(4)),
    ...entry(256, "host", "2", NAME, cookie(5)),
  ]);
  const sole = soleCookie(file, { number: 2 }, "host");
  assert.deepEqual([...sole ?? []], entry(65535, "", "2", NAME, cookie(5)));
  assert.equal(soleCookie(file, { number: 3 }, "host"), null);
  assert.equal(soleCookie(file, { number: 2 }, "third"), null);
});

Deno.test("an entry for every display and host serves, and a torn file is read up to there", () => {
  const wild = entry(65535, "", "", NAME, cookie(7));
  const torn = new Uint8Array([...wild, 1, 0, 0, 9, 65]);
  const sole = soleCookie(torn, { number: 4 }, "host");
  assert.deepEqual([...sole ?? []], entry(65535, "", "4", NAME, cookie(7)));
  assert.equal(soleCookie(torn.subarray(0, 10), { number: 4 }, "host"), null);
});

testWith(
  programs,
  "a jail sees one display, with one cookie, and no other display",
  (world) =>
    withDisplay(world, (display) =>
      withDisplay(world, async (other) => {
        world.profile("plain", { [world.work]: "write" }, X11);
        const script = `xdpyinfo >/dev/null && echo connected
        ls /tmp/.X11-unix
        xauth -i -f "$XAUTHORITY" list | wc -l
        DISPLAY=:${other.number} xdpyinfo >/dev/null 2>&1 || echo no other
        ls -d ~/.Xauthority 2>&1 | grep -c "No such file"`;
        const { stdout, stderr } = await world.inside(script, { env: display.env });
        assert.equal(stdout, `connected\nX${display.number}\n1\nno other\n1\n`, stderr);
      })),
);

testWith(
  programs,
  "without x11 in the profile a jail sees no display and no DISPLAY",
  (world) =>
    withDisplay(world, async (display) => {
      const script = 'ls -A /tmp; echo "[$DISPLAY$XAUTHORITY]"; ls /dev/stemjail/xauthority';
      const { stdout, stderr } = await world.inside(script, { env: display.env });
      assert.equal(stdout, "[]\n");
      assert.match(stderr, /xauthority.*No such file/);
    }),
);

testWith(
  programs,
  "the display appears by the transition to a profile that has it",
  (world) =>
    withDisplay(world, async (display) => {
      const [left, right] = ["left", "right"].map((name) => `${world.home}/${name}`);
      for (const path of [left, right]) world.directory(path);
      world.write(`${left}/file`, "");
      Deno.removeSync(`${world.profiles}/plain.toml`);
      world.profile("left", { [left]: "read" }, X11);
      world.profile("right", { [right]: "read" });
      const script = `ls -A /tmp; xdpyinfo >/dev/null 2>&1 || echo not yet
      cat ${left}/file; ls /tmp/.X11-unix; xdpyinfo >/dev/null && echo connected`;
      const { stdout, stderr } = await world.inside(script, { env: display.env, cwd: "/" });
      assert.equal(stdout, `not yet\nX${display.number}\nconnected\n`, stderr);
    }),
);
