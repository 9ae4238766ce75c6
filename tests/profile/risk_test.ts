import assert from "node:assert/strict";
import { HostResolver } from "../../src/profile/resolve.ts";
import { RiskFinder } from "../../src/profile/risk.ts";
import { fakeHost, type FakeNode } from "./fake_host.ts";

const home = { "/home/u": { kind: "directory" } } as const;

function warnings(path: string, write: boolean, host: Record<string, FakeNode> = {}): string[] {
  const resolver = new HostResolver(fakeHost({ ...home, [path]: { kind: "directory" }, ...host }));
  const finder = new RiskFinder(resolver, "/home/u", ["/home/u/.config/stemjail/profiles"]);
  const grant = resolver.resolve(path);
  assert.ok("path" in grant);
  return finder.find(grant, write).map(({ what, remedy }) => `${what}: ${remedy}`);
}

Deno.test("writing to the home directory reaches what runs outside, there or not", () => {
  const [started, profiles] = warnings("/home/u", true);
  assert.match(started, /^Writing to "\/home\/u" reaches files that run outside the jail: /);
  const named = [
    ".bashrc",
    ".profile",
    ".bash_profile",
    ".zshrc",
    ".config/autostart",
    ".config/systemd/user",
    ".config/fish",
    ".local/bin",
    ".ssh",
    ".gitconfig",
  ];
  for (const file of named) assert.ok(started.includes(`"/home/u/${file}"`), file);
  assert.match(profiles, /say what a jail may do: "\/home\/u\/\.config\/stemjail\/profiles"/);
});

Deno.test("reading the home directory runs nothing", () => {
  assert.deepEqual(warnings("/home/u", false), []);
});

Deno.test("writing to one such file or below such a directory is told too", () => {
  assert.match(warnings("/home/u/.config", true)[0], /\.config\/autostart/);
  assert.match(warnings("/home/u/.ssh/control", true)[0], /"\/home\/u\/\.ssh"/);
  assert.match(warnings("/home/u/.bashrc", true, { "/home/u/.bashrc": "" })[0], /\.bashrc/);
  assert.deepEqual(warnings("/home/u/Documents", true), []);
  assert.deepEqual(warnings("/home/u/.bashrcs", true), []);
});

Deno.test("hooks and settings of a repository are told if it is one", () => {
  const repository = {
    "/srv/r/.git/config": "",
    "/srv/r/.git/hooks": { kind: "directory" },
  } as const;
  assert.deepEqual(warnings("/srv/r", true, repository), [
    'Writing to "/srv/r" reaches files that make git run programs outside the jail: ' +
    '"/srv/r/.git/hooks", "/srv/r/.git/config"; grant a narrower path, or reading alone',
  ]);
  assert.match(warnings("/srv/r/.git", true, repository)[0], /make git run programs/);
  assert.deepEqual(warnings("/srv/r", false, repository), []);
  assert.deepEqual(warnings("/srv/r", true), []);
});

Deno.test("binding the root is told, and that /proc, /dev and /tmp stay the jail's own", () => {
  assert.deepEqual(warnings("/", false), [
    'Binding "/" grants reading every file of the host: only /proc, /dev and /tmp stay the ' +
    "jail's own; bind what is needed instead",
  ]);
  assert.equal(warnings("/", true).length, 3);
});

Deno.test("a home directory behind a link is recognised", () => {
  const host = { "/home/u": { link: "/data/u" }, "/data/u": { kind: "directory" } } as const;
  assert.match(warnings("/data/u/.config", true, host)[0], /"\/data\/u\/\.config\/autostart"/);
});

Deno.test("such a file that is kept elsewhere, behind a link, is recognised", () => {
  const host = {
    "/home/u/.bashrc": { link: "src/dotfiles/bashrc" },
    "/home/u/src/dotfiles/bashrc": "",
    "/home/u/.config": { link: "/data/settings" },
    "/data/settings": { kind: "directory" },
  } as const;
  assert.match(warnings("/home/u/src", true, host).join(), /reaches .*: "\/home\/u\/\.bashrc"; /);
  const [settings] = warnings("/data/settings", true, host);
  assert.match(settings, /"\/home\/u\/\.config\/autostart"/, "also one that is not there yet");
  assert.deepEqual(warnings("/data", false, host), []);
});

Deno.test("a socket, or a directory that services have theirs in, is told, also for reading", () => {
  const host = { "/srv/s": { kind: "socket" }, "/run/systemd/resolve/x": "" } as const;
  assert.deepEqual(warnings("/srv/s", false, host), [
    'Binding "/srv/s" reaches a service outside the jail: to connect needs no write = true; ' +
    "bind the files that are needed, or use [desktop]",
  ]);
  for (const path of ["/run", "/run/user", "/run/user/1000", "/run/dbus"]) {
    assert.match(warnings(path, false).join(), /reaches the sockets of services outside/, path);
  }
  assert.deepEqual(warnings("/run/systemd/resolve", false, host), []);
  assert.deepEqual(warnings("/run/user/1000/doc", false), []);
});
