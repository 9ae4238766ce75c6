import assert from "node:assert/strict";
import { PathExpander } from "../../src/profile/expand.ts";
import { hostFileSystem } from "../../src/profile/file_system.ts";
import { parseUserDirectories } from "../../src/profile/user_directories.ts";
import { fakeHost, type FakeNode } from "./fake_host.ts";

interface Setting {
  environment?: Record<string, string>;
  home?: string;
  host?: Record<string, FakeNode>;
}

function expand(written: string, { environment = {}, home = "/home/u", host = {} }: Setting = {}) {
  const files = fakeHost(host);
  const expander = new PathExpander({ environment: (name) => environment[name], home, files });
  const expansion = expander.expand(written);
  return "path" in expansion ? expansion.path : expansion;
}

function refusal(written: string, setting?: Setting) {
  const expansion = expand(written, setting);
  assert.ok(typeof expansion !== "string", `${written} was expanded to ${expansion}`);
  return expansion;
}

Deno.test("a tilde at the beginning is the home directory", () => {
  assert.equal(expand("~"), "/home/u");
  assert.equal(expand("~/a"), "/home/u/a");
  assert.equal(expand("/a/~/b"), "/a/~/b");
  assert.equal(expand("~/x", { home: "/" }), "/x");
});

Deno.test("HOME is the home directory given, not the environment's", () => {
  assert.equal(expand("${HOME}/a", { environment: { HOME: "/evil" } }), "/home/u/a");
});

Deno.test("base directories come from the environment, else from the specification", () => {
  assert.equal(expand("${XDG_CONFIG_HOME}/git"), "/home/u/.config/git");
  assert.equal(expand("${XDG_CACHE_HOME}"), "/home/u/.cache");
  assert.equal(expand("${XDG_DATA_HOME}"), "/home/u/.local/share");
  assert.equal(expand("${XDG_STATE_HOME}"), "/home/u/.local/state");
  const environment = { XDG_CONFIG_HOME: "/srv//conf/" };
  assert.equal(expand("${XDG_CONFIG_HOME}/git", { environment }), "/srv/conf/git");
});

Deno.test("a base directory that is relative or empty is ignored", () => {
  for (const value of ["", "conf", "./conf"]) {
    const environment = { XDG_CONFIG_HOME: value };
    assert.equal(expand("${XDG_CONFIG_HOME}", { environment }), "/home/u/.config");
  }
});

Deno.test("a runtime directory that is not set is told by name", () => {
  const { refusal: { what, remedy }, unset } = refusal("${XDG_RUNTIME_DIR}/bus");
  assert.equal(what, 'Cannot expand "${XDG_RUNTIME_DIR}/bus"');
  assert.match(remedy, /^XDG_RUNTIME_DIR is not set; /);
  assert.equal(unset, true);
});

Deno.test("user directories come from user-dirs.dirs, else are the usual ones", () => {
  const host = { "/home/u/.config/user-dirs.dirs": 'XDG_DOWNLOAD_DIR="$HOME/Téléchargements"\n' };
  assert.equal(expand("${XDG_DOWNLOAD_DIR}/a", { host }), "/home/u/Téléchargements/a");
  assert.equal(expand("${XDG_MUSIC_DIR}", { host }), "/home/u/Music");
  assert.equal(expand("${XDG_DOWNLOAD_DIR}"), "/home/u/Downloads");
});

Deno.test("user-dirs.dirs is looked for in the configuration's own directory", () => {
  const environment = { XDG_CONFIG_HOME: "/srv/conf" };
  const host = { "/srv/conf/user-dirs.dirs": 'XDG_VIDEOS_DIR="/srv/films"\n' };
  assert.equal(expand("${XDG_VIDEOS_DIR}", { environment, host }), "/srv/films");
});

Deno.test("a user directory that is switched off does not stand for the whole home", () => {
  for (const off of ["$HOME", "$HOME/", "/home/u/", "/home", "/"]) {
    const host = { "/home/u/.config/user-dirs.dirs": `XDG_DESKTOP_DIR="${off}"\n` };
    const { refusal: { remedy }, unset } = refusal("${XDG_DESKTOP_DIR}", { host });
    assert.match(remedy, /^user-dirs\.dirs has no folder for XDG_DESKTOP_DIR/);
    assert.equal(unset, true);
  }
});

Deno.test("a user-dirs.dirs that cannot be read is told with its errno", () => {
  const host = { "/home/u/.config/user-dirs.dirs": { errno: "EACCES" } };
  const { refusal: { remedy }, unset } = refusal("${XDG_MUSIC_DIR}", { host });
  assert.match(remedy, /^"\/home\/u\/\.config\/user-dirs\.dirs" cannot be read \(EACCES\)/);
  assert.equal(unset, false, "it would go without saying for an optional bind");
});

Deno.test("what a variable brings in is checked as if it were written", () => {
  const lead = (value: string) => ({ environment: { XDG_RUNTIME_DIR: value } });
  assert.match(
    refusal("${XDG_RUNTIME_DIR}/x", lead("/tmp/run")).refusal.remedy,
    /\/tmp of its own/,
  );
  assert.match(refusal("${XDG_RUNTIME_DIR}/x", lead("/a/../b")).refusal.remedy, /"\.\." component/);
  assert.match(refusal("~/x", { home: "/proc/self" }).refusal.remedy, /\/proc of its own/);
});

Deno.test("a home directory that is not known is told", () => {
  for (const home of ["", "relative"]) {
    assert.match(refusal("~/x", { home }).refusal.remedy, /^the home directory is not known/);
  }
});

Deno.test("several variables in one path are all expanded", () => {
  assert.equal(expand("${XDG_CACHE_HOME}${HOME}/${HOME}"), "/home/u/.cache/home/u/home/u");
});

Deno.test("user-dirs.dirs is read as the shell would read it", () => {
  const folders = parseUserDirectories(
    [
      "# a comment",
      'XDG_DESKTOP_DIR="$HOME/My \\"Desk\\" \\$5"',
      '  XDG_MUSIC_DIR = "/srv/music" # ours',
      'XDG_VIDEOS_DIR="relative"',
      "XDG_PICTURES_DIR=$HOME/unquoted",
      'XDG_TEMPLATES_DIR="$HOMEX/x"',
      'OTHER="/x"',
    ].join("\n"),
    "/home/u",
  );
  assert.deepEqual([...folders], [
    ["XDG_DESKTOP_DIR", '/home/u/My "Desk" $5'],
    ["XDG_MUSIC_DIR", "/srv/music"],
  ]);
});

Deno.test("a user-dirs.dirs that is no file, or a huge one, is refused without waiting for it", () => {
  const home = Deno.makeTempDirSync({ dir: "/var/tmp" });
  const expand = () => {
    const files = hostFileSystem;
    const expander = new PathExpander({ environment: () => undefined, home, files });
    const expansion = expander.expand("${XDG_DOWNLOAD_DIR}");
    assert.ok("refusal" in expansion);
    return expansion.refusal.remedy;
  };
  try {
    Deno.mkdirSync(`${home}/.config`);
    const path = `${home}/.config/user-dirs.dirs`;
    assert.ok(new Deno.Command("mkfifo", { args: [path] }).outputSync().success);
    assert.match(expand(), /user-dirs\.dirs" cannot be read \(it is a fifo\)/);
    Deno.removeSync(path);
    Deno.writeTextFileSync(path, "");
    Deno.truncateSync(path, 2 ** 40);
    assert.match(expand(), /cannot be read \(it is larger than 65536 bytes\)/);
  } finally {
    Deno.removeSync(home, { recursive: true });
  }
});
