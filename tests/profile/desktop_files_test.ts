import assert from "node:assert/strict";
import { loadProfiles } from "../../src/profile/load.ts";
import { fakeHost, type FakeNode } from "./fake_host.ts";

const device = "../../devices/pci0/card/drm/card0";
const host: Record<string, FakeNode> = {
  "/home/u/.fonts/a.ttf": "",
  "/home/u/.config/gtk-3.0/settings.ini": "",
  "/sys/class/drm/version": "",
  "/sys/dev/char/226:0": { link: device },
  "/sys/devices/pci0/card/drm/card0/device": { link: "../.." },
  "/sys/devices/pci0/card/vendor": "",
  "/sys/devices/pci1/other": "",
};

function granted(desktop: string) {
  const { profiles, problems, warnings } = loadProfiles({
    directories: ["/p"],
    environment: () => undefined,
    home: "/home/u",
    files: fakeHost({
      ...host,
      "/p/a.toml": `name = "a"\nfs.bind = [{ path = "/home" }]\n${desktop}`,
    }),
  });
  assert.deepEqual([problems, warnings], [[], []]);
  assert.ok(profiles[0].binds.every(({ write }) => !write));
  return profiles[0].binds.map(({ path }) => path).filter((path) => path !== "/home");
}

Deno.test("fonts, themes and graphics stand for paths, to read, as far as they exist", () => {
  assert.deepEqual(granted("[desktop]\nx11 = true"), []);
  assert.deepEqual(granted("[desktop]\nfonts = true"), ["/home/u/.fonts"]);
  assert.deepEqual(granted("[desktop]\nthemes = true"), ["/home/u/.config/gtk-3.0"]);
  assert.deepEqual(granted("[desktop]\ngpu = true"), [
    "/sys/class/drm",
    "/sys/dev/char/226:0",
    "/sys/devices/pci0/card/drm/card0/device",
    "/sys/devices/pci0/card",
  ]);
});
