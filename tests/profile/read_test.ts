import assert from "node:assert/strict";
import { hostFileSystem } from "../../src/profile/file_system.ts";
import { FILE_COUNT_LIMIT, FILE_SIZE_LIMIT, readProfileFiles } from "../../src/profile/read.ts";
import { fakeHost, type FakeNode } from "./fake_host.ts";

function read(directories: string[], nodes: Record<string, FakeNode>, optional = false) {
  const { sources, problems } = readProfileFiles(directories, fakeHost(nodes), { optional });
  return {
    files: sources.map(({ file }) => file),
    problems: problems.map(({ message }) => message),
  };
}

Deno.test("files are read by directory as given, then by the bytes of their names", () => {
  const nodes = { "/b/z.toml": "", "/b/a.toml": "", "/b/B.toml": "", "/a/x.toml": "" };
  const { files } = read(["/b", "/a"], nodes);
  assert.deepEqual(files, ["/b/B.toml", "/b/a.toml", "/b/z.toml", "/a/x.toml"]);
});

Deno.test("names are ordered as UTF-8, beyond the basic plane too", () => {
  // In UTF-16 the surrogates of the fox come before U+FF21.
  const { files } = read(["/d"], { "/d/🦊.toml": "", "/d/Ａ.toml": "", "/d/é.toml": "" });
  assert.deepEqual(files, ["/d/é.toml", "/d/Ａ.toml", "/d/🦊.toml"]);
});

Deno.test("hidden files, backups, other files and directories are not looked at", () => {
  const { files, problems } = read(["/d"], {
    "/d/a.toml": "",
    "/d/.b.toml": "",
    "/d/.#a.toml": "",
    "/d/#a.toml#": "",
    "/d/#c.toml": "",
    "/d/a.toml~": "",
    "/d/a.toml.bak": "",
    "/d/README": "",
    "/d/sub.toml/e.toml": "",
    "/d/link.toml": { link: "/d/sub.toml" },
  });
  assert.deepEqual([files, problems], [["/d/a.toml"], []]);
});

Deno.test("a link to a file is read", () => {
  const nodes = { "/d/a.toml": { link: "/x/real" }, "/x/real": "text" };
  const { sources } = readProfileFiles(["/d"], fakeHost(nodes), { optional: false });
  assert.deepEqual(sources.map(({ file, text }) => [file, text]), [["/d/a.toml", "text"]]);
});

Deno.test("a directory that is named twice is read once", () => {
  assert.deepEqual(read(["/d", "/d/"], { "/d/a.toml": "" }).files, ["/d/a.toml"]);
});

Deno.test("a directory that cannot be read is told with its errno and a remedy", () => {
  const nodes = { "/denied": { errno: "EACCES" }, "/file": "" } as const;
  assert.deepEqual(read(["/gone", "/denied", "/file"], nodes).problems, [
    "/gone: Cannot read this directory of profiles: ENOENT; create it, or name another directory",
    "/denied: Cannot read this directory of profiles: EACCES; make it readable for you, or name another directory",
    "/file: Cannot read this directory of profiles: ENOTDIR; name the directory that the profile is in",
  ]);
});

Deno.test("a directory without profiles is told", () => {
  assert.deepEqual(read(["/d"], { "/d/notes.txt": "" }).problems, [
    "/d: No profiles in this directory: add a file whose name ends with .toml, or name another directory",
  ]);
});

Deno.test("an optional directory may be missing or empty but not unreadable", () => {
  const nodes = { "/empty": { kind: "directory" }, "/denied": { errno: "EACCES" } } as const;
  const { problems } = read(["/gone", "/empty", "/denied"], nodes, true);
  assert.equal(problems.length, 1);
  assert.match(problems[0], /^\/denied: .*EACCES/);
});

Deno.test("what is no plain file is not opened, lest it hang", () => {
  const { problems } = read(["/d"], {
    "/d/a.toml": { kind: "fifo" },
    "/d/b.toml": { link: "/zero" },
    "/zero": { kind: "character device" },
  });
  assert.deepEqual(problems, [
    "/d/a.toml: Cannot read this profile: it is a fifo; replace it by a file, or rename it",
    "/d/b.toml: Cannot read this profile: it is a character device; replace it by a file, or rename it",
  ]);
});

Deno.test("files that cannot be read are told, each by itself", () => {
  const { files, problems } = read(["/d"], {
    "/d/a.toml": { errno: "EACCES" },
    "/d/b.toml": { link: "/gone" },
    "/d/c\ufffd.toml": { errno: "ENOENT" },
    "/d/d.toml": "",
  });
  assert.deepEqual(files, ["/d/d.toml"]);
  assert.deepEqual(problems, [
    "/d/a.toml: Cannot read this profile: EACCES; make the file readable, or remove it",
    "/d/b.toml: Cannot read this profile: it is a link to nothing (ENOENT); remove the link",
    "/d/c\ufffd.toml: Cannot read this profile: its name is not valid UTF-8; rename it",
  ]);
});

Deno.test("a file of a mebibyte is read and a larger one is not", () => {
  const { files, problems } = read(["/d"], {
    "/d/a.toml": "#".repeat(FILE_SIZE_LIMIT),
    "/d/b.toml": "#".repeat(FILE_SIZE_LIMIT + 1),
  });
  assert.deepEqual(files, ["/d/a.toml"]);
  assert.deepEqual(problems, [
    "/d/b.toml: Cannot read this profile: it has 1048577 bytes; make it smaller than 1048576",
  ]);
});

Deno.test("twenty thousand files are the most, over all directories", () => {
  const names = Array.from({ length: FILE_COUNT_LIMIT }, (_, index) => `${index}.toml`);
  const files = {
    ...fakeHost({ "/x.toml": "" }),
    readDirectory: (path: string) => path === "/many" ? names : ["x.toml"],
    follow: () => ({ kind: "file" as const, size: 0 }),
    readFile: () => new Uint8Array(),
  };
  const most = readProfileFiles(["/many"], files, { optional: false });
  assert.equal(most.sources.length, FILE_COUNT_LIMIT);
  assert.deepEqual(most.problems, []);
  const { problems } = readProfileFiles(["/many", "/one"], files, { optional: false });
  assert.match(problems[0].message, /^\/one: Too many profiles: .* more than 20000/);
});

/** Bytes that are not UTF-8, and where. */
const invalid: [what: string, bytes: number[], line: number, column: number][] = [
  ["a stray continuation byte", [0x61, 0x0a, 0x62, 0x80], 2, 2],
  ["a sequence cut short", [0x61, 0xe2, 0x82, 0x41], 1, 2],
  ["a sequence cut short by the end", [0xc3, 0xa9, 0xf0, 0x9f], 1, 2],
  ["Latin-1", [0xc3, 0xa9, 0x0a, 0x0a, 0xe9, 0x0a], 3, 1],
  ["a surrogate", [0xed, 0xa0, 0x80], 1, 1],
  ["a sequence like a replacement character", [0xef, 0xbf, 0x41], 1, 1],
  ["a genuine replacement character before it", [0xef, 0xbf, 0xbd, 0xff], 1, 2],
  ["a byte order mark before it", [0xef, 0xbb, 0xbf, 0x61, 0xff], 1, 2],
];

for (const [what, bytes, line, column] of invalid) {
  Deno.test(`content that is not UTF-8 is told with its place: ${what}`, () => {
    const { problems } = read(["/d"], { "/d/a.toml": new Uint8Array(bytes) });
    assert.deepEqual(problems, [
      `/d/a.toml:${line}:${column}: Invalid UTF-8: this byte begins no character; save the file as UTF-8`,
    ]);
  });
}

Deno.test("a real directory is read", () => {
  const directory = Deno.makeTempDirSync({ dir: "/var/tmp" });
  try {
    Deno.writeTextFileSync(`${directory}/b.toml`, "b");
    Deno.writeTextFileSync(`${directory}/a.toml`, "\ufeffa");
    Deno.mkdirSync(`${directory}/c.toml`);
    Deno.symlinkSync("gone", `${directory}/d.toml`);
    const result = readProfileFiles([directory, `${directory}/none`], hostFileSystem, {
      optional: false,
    });
    assert.deepEqual(result.sources.map(({ text }) => text), ["a", "b"]);
    assert.equal(result.problems.length, 2);
    assert.match(result.problems[0].message, /d\.toml: .*link to nothing \(ENOENT\)/);
    assert.match(result.problems[1].message, /none: .*ENOENT/);
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
});
