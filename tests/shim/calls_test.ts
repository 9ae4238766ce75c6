/** Each call of the C library, by itself: what it asks for, and that it then finds what it wanted. */

import assert from "node:assert/strict";
import { Workshop, World } from "./world.ts";

/** Defines the tests for one build of the shim. */
function defineTests(workshop: Workshop, program: string): void {
  /** Runs one call in a world of its own, and checks the one request that it makes. */
  async function check(call: string, path: string, flags: 0 | 1): Promise<void> {
    await using world = await World.make(workshop);
    const asked = path + (/^mk[ds]/.test(call) && path === "/alpha" ? "/tXXXXXX" : "") +
      (call === "mkstemps" ? ".c" : "");
    const outcome = await world.run([program, call, `${world.base}${path}`]);
    assert.deepEqual(outcome, {
      code: 0,
      stdout: "ok\n",
      stderr: "",
      requests: [`1 ${flags} ${asked}`],
    });
  }

  const READING_A_FILE = [
    ..."open open64 __open __open64 __open_2 __open64_2 openat openat64 __openat_2".split(" "),
    ..."__openat64_2 openat2 fopen fopen-charset fopen64 freopen freopen64 setmntent".split(" "),
    ..."catopen dlopen syscall-openat syscall-openat2 syscall-statx stat stat64 lstat".split(" "),
    ..."lstat64 fstatat fstatat64 __xstat __xstat64 __lxstat __lxstat64 __fxstatat".split(" "),
    ..."__fxstatat64 statx statfs statfs64 statvfs statvfs64 access eaccess euidaccess".split(" "),
    ..."faccessat pathconf ftok getxattr lgetxattr listxattr llistxattr".split(" "),
    ..."inotify_add_watch name_to_handle_at realpath __realpath_chk".split(" "),
    ..."canonicalize_file_name connect sendto sendmsg addopen".split(" "),
  ];

  const READING_A_LINK = "readlink readlinkat __readlink_chk __readlinkat_chk".split(" ");

  const READING_A_DIRECTORY =
    "opendir chdir scandir scandirat ftw ftw64 nftw nftw64 fts_open glob wordexp addchdir_np"
      .split(" ");

  const WRITING_A_FILE = [
    ..."open-write open-create open-truncate creat creat64 fopen-write access-write".split(" "),
    ..."unlink unlinkat remove rename renameat renameat2 truncate truncate64 chmod".split(" "),
    ..."lchmod fchmodat chown lchown fchownat utime utimes lutimes futimesat utimensat".split(" "),
    ..."setxattr lsetxattr removexattr lremovexattr".split(" "),
  ];

  const MAKING_A_FILE =
    "open-create mkdir mkdirat mknod mknodat mkfifo mkfifoat symlink symlinkat bind".split(" ");

  const MAKING_A_TEMPORARY = "mkstemp mkstemp64 mkstemps mkdtemp".split(" ");

  for (const call of READING_A_FILE) {
    workshop.test(`${call} asks for reading its path`, () => check(call, "/alpha/file", 0));
  }
  for (const call of READING_A_LINK) {
    workshop.test(`${call} asks for reading the link`, () => check(call, "/alpha/gamma", 0));
  }
  for (const call of READING_A_DIRECTORY) {
    workshop.test(`${call} asks for reading its directory`, () => check(call, "/alpha", 0));
  }
  for (const call of WRITING_A_FILE) {
    workshop.test(`${call} asks for writing its path`, () => check(call, "/alpha/file", 1));
  }
  for (const call of MAKING_A_FILE) {
    workshop.test(`${call} asks for writing a path that is not there yet`, () =>
      check(call, "/alpha/new", 1));
  }
  for (const call of MAKING_A_TEMPORARY) {
    workshop.test(`${call} asks for writing by its template`, () => check(call, "/alpha", 1));
  }
  workshop.test("rmdir asks for writing its path", () => check("rmdir", "/alpha/inner", 1));

  for (const call of ["link", "linkat"]) {
    workshop.test(`${call} asks for reading the file, then for writing the new name`, async () => {
      await using world = await World.make(workshop);
      const { stdout, requests } = await world.run([program, call, `${world.base}/alpha/file`]);
      assert.equal(stdout, "ok\n");
      assert.deepEqual(requests, ["1 0 /alpha/file"]);
    });
  }
}

for (const workshop of await Workshop.openBoth()) {
  defineTests(workshop, await workshop.program("call"));
}
