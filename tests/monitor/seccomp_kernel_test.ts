import assert from "node:assert/strict";
import { assembleFilter } from "../../src/monitor/seccomp.ts";

type Answers = Map<string, string>;

const source = new URL("seccomp_probe.c", import.meta.url).pathname;

/** What the kernel answers to the probe's calls: without a filter, and with each. */
async function measure(): Promise<{ bare: Answers; strict: Answers; nested: Answers }> {
  const directory = await Deno.makeTempDir();
  try {
    const probe = `${directory}/probe`;
    await run("cc", ["-O1", "-Wall", "-Wextra", "-Werror", "-pthread", "-o", probe, source]);
    const withFilter = async (nestedNamespaces: boolean) => {
      const path = `${directory}/filter`;
      const architecture = Deno.build.arch;
      await Deno.writeFile(path, assembleFilter({ architecture, nestedNamespaces, lastThread: 1 }));
      return answers(await run(probe, [path]));
    };
    return {
      bare: answers(await run(probe, [])),
      strict: await withFilter(false),
      nested: await withFilter(true),
    };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function run(command: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

function answers(text: string): Answers {
  return new Map(text.trim().split("\n").map((line) => line.split(" ") as [string, string]));
}

function assertAnswers(actual: Answers, expected: Record<string, string>) {
  const names = Object.keys(expected);
  assert.deepEqual(Object.fromEntries(names.map((name) => [name, actual.get(name)])), expected);
}

const ANYWHERE = {
  "getppid": "ok",
  "thread": "ok",
  "keyctl": "EPERM",
  "add_key": "EPERM",
  "request_key": "EPERM",
  "bpf": "EPERM",
  "perf_event_open": "EPERM",
  "userfaultfd": "EPERM",
  "io_setup": "ENOSYS",
  "io_uring_setup": "ENOSYS",
  "io_uring_enter": "ENOSYS",
  "io_uring_register": "ENOSYS",
  "open_by_handle_at": "EPERM",
  "name_to_handle_at": "EINVAL",
  "unshare-fs": "ok",
  "ioctl-tiocsti": "EPERM",
  "ioctl-tiocsti-high": "EPERM",
  "ioctl-tioclinux": "EPERM",
  "ioctl-tiocsetd": "EPERM",
  "ioctl-tiocgwinsz": "EBADF",
  "fcntl-lease": "EPERM",
  "fcntl-lease-high": "EPERM",
  "fcntl-getfd": "EBADF",
  "prlimit-own": "ok",
  "prlimit-other": "EPERM",
  "personality-query": "ok",
  "personality-no-aslr": "ok",
  "personality-read-exec": "EPERM",
  "personality-read-exec-high": "EPERM",
  ...(Deno.build.arch === "x86_64" ? { "ustat": "ENOSYS" } : {}),
  "syslog": "EPERM",
  "socket-unix": "ok",
  "socket-inet": "ok",
  "socket-inet6": "ok",
  "socket-inet-packet": "EAFNOSUPPORT",
  "socket-sctp": "EPROTONOSUPPORT",
  "socket-route": "ok",
  "socket-route-high": "ok",
  "socket-netfilter": "EPROTONOSUPPORT",
  "socket-packet": "EAFNOSUPPORT",
  "socket-packet-high": "EAFNOSUPPORT",
  "socket-vsock": "EAFNOSUPPORT",
  "socket-alg": "EAFNOSUPPORT",
  "unknown-call": "ENOSYS",
};

const I386_ANYWHERE = {
  "x32-getpid": "ENOSYS",
  "i386-getppid": "ok",
  "i386-keyctl": "EPERM",
  "i386-io_uring_setup": "ENOSYS",
  "i386-socketcall-socket": "ENOSYS",
  "i386-socketcall-bind": "EFAULT",
  "i386-socket-vsock": "EAFNOSUPPORT",
  "i386-socket-unix": "ok",
  "i386-ioctl-tiocsti": "EPERM",
};

Deno.test("the kernel takes the filter and answers as it says", async (test) => {
  const { bare, strict, nested } = await measure();
  const foreign = Deno.build.arch === "x86_64" && bare.get("i386-getppid") === "ok";

  await test.step("without nested namespaces", () => {
    assertAnswers(strict, {
      ...ANYWHERE,
      "setns": "EPERM",
      "unshare-user": "EPERM",
      "unshare-time": "EPERM",
      "clone3": "ENOSYS",
      "fsopen": "ENOSYS",
      "open_tree": "ENOSYS",
      "move_mount": "ENOSYS",
      "mount_setattr": "ENOSYS",
    });
  });

  await test.step("with nested namespaces, where the kernel judges mounts", () => {
    assertAnswers(nested, ANYWHERE);
    assertAnswers(nested, { "setscheduler-first": "EPERM", "setpriority-all": "EPERM" });
    for (const call of ["setns", "unshare-user", "clone3", "fsopen", "open_tree", "move_mount"]) {
      assert.equal(nested.get(call), bare.get(call), call);
    }
  });

  await test.step({
    name: "through the 32-bit gate of a 64-bit program",
    ignore: !foreign,
    fn: () => {
      assertAnswers(strict, {
        ...I386_ANYWHERE,
        "i386-unshare-user": "EPERM",
        "i386-clone3": "ENOSYS",
      });
      assertAnswers(nested, I386_ANYWHERE);
    },
  });

  await test.step("where the kernel by itself would answer otherwise", () => {
    const same = ["io_uring_setup", "keyctl", "setns", "clone3", "open_tree", "ioctl-tiocsti-high"]
      .filter((call) => bare.get(call) === strict.get(call));
    assert.deepEqual(same, []);
  });
});
