import assert from "node:assert/strict";
import { hostFileSystem } from "../../src/profile/file_system.ts";
import { loadProfiles, type ShippedProfile } from "../../src/profile/load.ts";
import { fakeHost, type FakeNode } from "./fake_host.ts";

const directory = new URL("../../profiles/", import.meta.url).pathname;
const shipped: ShippedProfile[] = [...Deno.readDirSync(directory)]
  .filter((entry) => entry.name.endsWith(".toml"))
  .map((entry) => ({
    name: entry.name.replace(/\.toml$/, ""),
    text: Deno.readTextFileSync(directory + entry.name),
  }));

function load(nodes: Record<string, FakeNode>, home = "/home/u") {
  return loadProfiles({
    directories: [],
    shipped,
    environment: () => undefined,
    home,
    files: fakeHost(nodes),
  });
}

/** Debian 13, Fedora 42 and Arch, as far as their layouts differ. */
const systems: Record<string, Record<string, FakeNode>> = {
  Debian: {
    "/bin": { link: "usr/bin" },
    "/sbin": { link: "usr/sbin" },
    "/lib": { link: "usr/lib" },
    "/lib64": { link: "usr/lib64" },
    "/usr/bin/dash": "",
    "/usr/sbin/x": "",
    "/usr/lib/x86_64-linux-gnu/libc.so.6": "",
    "/usr/lib64/ld-linux-x86-64.so.2": { link: "../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" },
    "/etc/ssl/certs/ca-certificates.crt": "",
    "/etc/resolv.conf": { link: "../run/systemd/resolve/stub-resolv.conf" },
    "/run/systemd/resolve/stub-resolv.conf": "",
    "/etc/shadow": "",
    "/etc/ssl/private/key": "",
  },
  Fedora: {
    "/bin": { link: "usr/bin" },
    "/sbin": { link: "usr/sbin" },
    "/lib": { link: "usr/lib" },
    "/lib64": { link: "usr/lib64" },
    "/usr/sbin": { link: "bin" },
    "/usr/bin/bash": "",
    "/usr/lib/x": "",
    "/usr/lib64/libc.so.6": "",
    "/etc/ssl/certs": { link: "../pki/tls/certs" },
    "/etc/pki/tls/certs/ca-bundle.crt": "",
    "/etc/pki/tls/private/key": "",
    "/etc/shadow": "",
  },
  Arch: {
    "/bin": { link: "usr/bin" },
    "/sbin": { link: "usr/bin" },
    "/lib": { link: "usr/lib" },
    "/lib64": { link: "usr/lib" },
    "/usr/bin/bash": "",
    "/usr/lib/libc.so.6": "",
    "/etc/ssl/certs/x.pem": "",
    "/etc/ca-certificates/extracted/x.pem": "",
    "/etc/shadow": "",
  },
};

for (const [system, nodes] of Object.entries(systems)) {
  Deno.test(`the shipped profiles are sound on ${system} without a home's files`, () => {
    const { profiles, problems, warnings } = load(nodes);
    assert.deepEqual(problems, []);
    assert.deepEqual(warnings, []);
    assert.equal(profiles.length, shipped.length);
  });

  Deno.test(`the shipped profiles show on ${system} where the loader is, and no secrets`, () => {
    for (const { name, binds } of load(nodes).profiles) {
      const paths = binds.map(({ path }) => path);
      for (const link of ["/bin", "/lib", "/lib64"]) assert.ok(paths.includes(link), name);
      const covers = (path: string) =>
        binds.some((bind) => bind.kind !== "link" && `${path}/`.startsWith(`${bind.path}/`));
      assert.ok(covers("/usr/lib/x"), name);
      for (const secret of ["/etc/shadow", "/etc/ssl/private/key", "/etc/pki/tls/private/key"]) {
        assert.equal(covers(secret), false, `${name} grants ${secret}`);
      }
      assert.equal(covers("/home/u/.ssh/id_ed25519"), false, name);
    }
  });
}

Deno.test("the shipped profiles are sound on an empty host, and for a home in /tmp", () => {
  for (const home of ["/home/u", "/tmp/u"]) {
    const { problems } = load({}, home);
    assert.deepEqual(problems, []);
  }
});

Deno.test("the shipped profiles are sound on this host", () => {
  const { problems } = loadProfiles({
    directories: [directory],
    environment: () => undefined,
    home: "/nonexistent",
    files: hostFileSystem,
  });
  assert.deepEqual(problems.map(({ message }) => message), []);
});

Deno.test("nothing can be written but clients' folders, projects, documents and programs' own", () => {
  const folders = [
    ...["Clients/OpenBar", "Clients/Paranoid", "Clients/Company", "src", ".ssh"],
    ...["Documents", "Music", "Templates"],
  ];
  const home = Object.fromEntries(
    folders.map((folder): [string, FakeNode] => [`/home/u/${folder}/f`, ""]),
  );
  const written = load({ ...systems.Debian, ...home }).profiles.map(({ name, binds }) => [
    name,
    binds.filter(({ write }) => write).map(({ path }) => path),
  ]);
  assert.deepEqual(Object.fromEntries(written), {
    base: [],
    shell: [],
    dev: ["/home/u/src"],
    OpenBar: ["/home/u/Clients/OpenBar"],
    Paranoid: ["/home/u/Clients/Paranoid"],
    Company: ["/home/u/Clients/Company"],
    documents: ["/home/u/Documents"],
    office: ["/home/u/Documents", "/home/u/.config/libreoffice"],
    media: [],
    firefox: ["/home/u/.mozilla", "/home/u/.cache/mozilla", "/home/u/Downloads"],
    chromium: ["/home/u/.config/chromium", "/home/u/.cache/chromium", "/home/u/Downloads"],
  });
});

Deno.test("the profile for developers shows the settings that java does not start without", () => {
  const java = "/etc/java-21-openjdk";
  const nodes = { ...systems.Debian, [`${java}/security/java.security`]: "" };
  const dev = load(nodes).profiles.find(({ name }) => name === "dev");
  assert.ok(dev?.binds.some(({ path, write }) => path === java && !write));
});

Deno.test("the base profile starts no command of its own", () => {
  const base = load({}).profiles.find(({ name }) => name === "base");
  assert.deepEqual(base?.run.match, []);
});
