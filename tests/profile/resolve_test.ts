import assert from "node:assert/strict";
import fc from "fast-check";
import { hostFileSystem } from "../../src/profile/file_system.ts";
import { HostResolver, type Resolved } from "../../src/profile/resolve.ts";
import { fakeHost, type FakeNode } from "./fake_host.ts";

function resolve(path: string, host: Record<string, FakeNode>) {
  return new HostResolver(fakeHost(host)).resolve(path);
}

function resolved(path: string, host: Record<string, FakeNode>): Resolved {
  const resolution = resolve(path, host);
  assert.ok("path" in resolution, JSON.stringify(resolution));
  return resolution;
}

function refused(path: string, host: Record<string, FakeNode>) {
  const resolution = resolve(path, host);
  assert.ok("refusal" in resolution, JSON.stringify(resolution));
  return { ...resolution.refusal, missing: resolution.missing };
}

const merged = {
  "/bin": { link: "usr/bin" },
  "/usr/bin/dash": "ELF",
  "/usr/bin/sh": { link: "dash" },
} as const;

Deno.test("a path without links is itself", () => {
  assert.deepEqual(resolved("/usr/bin/dash", merged), {
    links: [],
    path: "/usr/bin/dash",
    kind: "file",
  });
  assert.equal(resolved("/", merged).kind, "directory");
  assert.equal(resolved("/", merged).path, "/");
});

Deno.test("each link on the way is met, at the path that it has", () => {
  assert.deepEqual(resolved("/bin/sh", merged), {
    links: [
      { path: "/bin", write: false, kind: "link", target: "usr/bin" },
      { path: "/usr/bin/sh", write: false, kind: "link", target: "dash" },
    ],
    path: "/usr/bin/dash",
    kind: "file",
  });
});

Deno.test("a link's own text is kept as it is", () => {
  const host = { "/a/l": { link: "..//./b/" }, "/b/c": "" };
  const { links, path } = resolved("/a/l/c", host);
  assert.equal(links[0].target, "..//./b/");
  assert.equal(path, "/b/c");
});

Deno.test("two dots in a link go up from where the links before led", () => {
  const host = { "/a": { link: "/x/y" }, "/x/y/up": { link: "../z" }, "/x/z": "" };
  assert.equal(resolved("/a/up", host).path, "/x/z");
  const top = { "/l": { link: "../../../f" }, "/f": "" };
  assert.equal(resolved("/l", top).path, "/f");
});

Deno.test("sockets and fifos can be granted", () => {
  assert.equal(resolved("/run/s", { "/run/s": { kind: "socket" } }).kind, "socket");
  assert.equal(resolved("/run/f", { "/run/f": { kind: "fifo" } }).kind, "fifo");
});

Deno.test("devices are refused with the reason", () => {
  for (const kind of ["character device", "block device"] as const) {
    const { what, remedy, missing } = refused("/srv/d", { "/srv/d": { kind } });
    assert.equal(what, 'Cannot bind "/srv/d"');
    assert.match(remedy, new RegExp(`^it is a ${kind}, and a jail reaches no devices`));
    assert.equal(missing, false);
  }
});

Deno.test("a path that is not there is missing", () => {
  const { remedy, missing } = refused("/usr/lib", merged);
  assert.match(remedy, /^it does not exist \(ENOENT\)/);
  assert.equal(missing, true);
});

Deno.test("a link to nothing is missing, and what is not there is named", () => {
  const { remedy, missing } = refused("/l", { "/l": { link: "gone/x" } });
  assert.match(remedy, /^"\/gone" does not exist \(ENOENT\)/);
  assert.equal(missing, true);
});

Deno.test("a file in the place of a directory is missing", () => {
  const { remedy, missing } = refused("/usr/bin/dash/x", merged);
  assert.match(remedy, /^"\/usr\/bin\/dash" is not a directory \(ENOTDIR\)/);
  assert.equal(missing, true);
});

Deno.test("a refusal of the kernel's is told with its errno and is not absence", () => {
  const { remedy, missing } = refused("/root/x", { "/root/x": { errno: "EACCES" } });
  assert.match(remedy, /^it cannot be looked at \(EACCES\)/);
  assert.equal(missing, false);
});

Deno.test("a link into the jail's own trees is refused, and where it leads is told", () => {
  for (const tree of ["/proc", "/dev", "/tmp"]) {
    const host = { "/etc/l": { link: "../m" }, "/m": { link: `${tree}/self/x` } };
    const { remedy } = refused("/etc/l", host);
    assert.equal(
      remedy,
      `a symbolic link leads it to "${tree}", and every jail has a ${tree} of its own; remove this bind`,
    );
  }
});

Deno.test("a way through the jail's own trees is refused even if it leads out again", () => {
  const host = { "/l": { link: "/tmp/back" }, "/tmp/back": { link: "/usr" }, "/usr": "" };
  assert.match(refused("/l", host).remedy, /every jail has a \/tmp of its own/);
});

Deno.test("a loop of links is refused", () => {
  const host = { "/a": { link: "b" }, "/b": { link: "/a" } };
  assert.match(refused("/a/x", host).remedy, /more than 40 symbolic links .*\(ELOOP\)/);
});

Deno.test("forty links are followed, as by the kernel, and not one more", () => {
  const chain = (length: number) =>
    Object.fromEntries(
      Array.from({ length }, (_, index): [string, FakeNode] => [
        `/l${index}`,
        { link: index === length - 1 ? "/end" : `l${index + 1}` },
      ]).concat([["/end", ""]]),
    );
  assert.equal(resolved("/l0", chain(40)).links.length, 40);
  assert.match(refused("/l0", chain(41)).remedy, /ELOOP/);
});

Deno.test("the host is asked once about each path, however many grants share it", () => {
  const host = fakeHost(merged);
  const resolver = new HostResolver(host);
  for (const path of ["/bin/sh", "/bin/dash", "/usr/bin/sh", "/usr/bin/gone", "/usr/bin/gone/x"]) {
    resolver.resolve(path);
    resolver.resolve(path);
  }
  assert.deepEqual([...host.asked].filter(([, times]) => times !== 1), []);
  assert.equal(host.asked.size, 6);
});

Deno.test("whatever links there are, the walk ends where the kernel's does", () => {
  const top = Deno.realPathSync(Deno.makeTempDirSync({ dir: "/var/tmp" }));
  const component = fc.constantFrom("d", "e", "l", "m", "n", "..", ".", "");
  const links = fc.array(
    fc.record({
      at: fc.constantFrom("l", "m", "n", "d/l", "d/m", "d/e/l", "d/e/n", "e/m"),
      target: fc.array(component, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"))
        .filter((text) => text !== "" && !text.startsWith("/")),
      absolute: fc.boolean(),
    }),
    { minLength: 4, maxLength: 8 },
  );
  const names = ["d", "e", "l", "m", "n"];
  const ways = names.flatMap((first) => [first, ...names.map((second) => `${first}/${second}`)]);
  let led = 0;
  let round = 0;
  try {
    fc.assert(
      fc.property(links, (links) => {
        // Deep enough that no chain of ".." leaves the test's own directory.
        const base = `${top}/${round++}/1/2/3/4/5/6/7/8/9`;
        Deno.mkdirSync(`${base}/d/e`, { recursive: true });
        Deno.mkdirSync(`${base}/e`);
        for (const { at, target, absolute } of links) {
          try {
            Deno.symlinkSync(absolute ? `${base}/${target}` : target, `${base}/${at}`);
          } catch { /* there is a link of this name already */ }
        }
        const resolver = new HostResolver(hostFileSystem);
        for (const way of ways) {
          const path = `${base}/${way}`;
          const resolution = resolver.resolve(path);
          let real: string | undefined;
          try {
            real = Deno.realPathSync(path);
          } catch { /* leads nowhere */ }
          assert.equal("path" in resolution ? resolution.path : undefined, real, path);
          if (real !== undefined && real !== path) led++;
        }
      }),
      { numRuns: 300 },
    );
  } finally {
    Deno.removeSync(top, { recursive: true });
  }
  assert.ok(led > 300, `only ${led} ways led through a link`);
});

Deno.test("a link whose text is not UTF-8 or cannot be read is refused", () => {
  const base = Deno.realPathSync(Deno.makeTempDirSync({ dir: "/var/tmp" }));
  try {
    const make = `ln -s $'a\\xff' ${base}/l`;
    assert.ok(new Deno.Command("bash", { args: ["-c", make] }).outputSync().success);
    const binary = new HostResolver(hostFileSystem).resolve(`${base}/l`);
    assert.ok("refusal" in binary);
    assert.match(binary.refusal.remedy, /^the text of .*\/l" cannot be read \(not valid UTF-8\)/);
  } finally {
    Deno.removeSync(base, { recursive: true });
  }
  const failed = new HostResolver({
    ...fakeHost({ "/l": { link: "x" } }),
    readLink: () => {
      throw Object.assign(new Error("made up"), { code: "EIO" });
    },
  }).resolve("/l");
  assert.ok("refusal" in failed);
  assert.match(failed.refusal.remedy, /"\/l" cannot be read \(EIO\)/);
});
