// The built executable, as an ordinary user and as root, on this system and on ones made worse.

import assert from "node:assert/strict";
import { buildIfNeeded } from "../../scripts/build.ts";
import { productPath } from "../../scripts/paths.ts";
import { namespaceKinds } from "../../src/doctor/system.ts";
import { type User, users } from "../escape/fixture.ts";

await buildIfNeeded();

const kindWords = {
  user: "user",
  mnt: "mount",
  pid: "pid",
  ipc: "ipc",
  uts: "uts",
  net: "network",
} as const;

/** A place of the user's own, with the executable in it. */
class Patient {
  readonly #base: string;
  readonly #executable: string;

  constructor(readonly user: User) {
    this.#base = Deno.makeTempDirSync({ dir: user.home, prefix: "doctor-" });
    this.#executable = `${this.#base}/stemjail`;
    Deno.copyFileSync(productPath, this.#executable);
    Deno.chmodSync(this.#executable, 0o755);
    Deno.mkdirSync(`${this.#base}/run`, { mode: 0o700 });
    for (const path of [this.#base, `${this.#base}/run`]) {
      Deno.chownSync(path, user.uid, user.gid);
    }
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.#base, { recursive: true });
  }

  /**
   * Runs the doctor after some lines of shell, in which a function may start `doctor` otherwise.
   * Anew if the system was too busy to make a jail in time: that is no property of it.
   */
  async examine(worsen = "", environment: Record<string, string> = {}) {
    for (let attempt = 1;; attempt++) {
      const result = await this.#run(`${worsen}\nexec "$STEMJAIL" doctor`, environment);
      if (attempt === 5 || !result.report.includes("no answer within")) return result;
    }
  }

  /** Runs some lines of shell as the user. */
  shell(script: string) {
    return this.#run(script, {});
  }

  async #run(script: string, environment: Record<string, string>) {
    const { name, uid, gid, home } = this.user;
    const become = Deno.uid() === uid ? [] : [
      "setpriv",
      ...[`--reuid=${uid}`, `--regid=${gid}`, "--init-groups", "--"],
    ];
    const [program, ...args] = [...become, "bash", "-c", script];
    const { code, stdout, stderr } = await new Deno.Command(program, {
      args,
      clearEnv: true,
      cwd: "/",
      env: {
        HOME: home,
        USER: name,
        PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
        XDG_CACHE_HOME: `${this.#base}/cache`,
        XDG_RUNTIME_DIR: `${this.#base}/run`,
        STEMJAIL: this.#executable,
        ...environment,
      },
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    return { code, report: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  }
}

/** The level and value of a report's line. */
function lineOf(report: string, what: string): [level: string, value: string] {
  const line = new RegExp(`^(ok|warning|FAIL) +${what} {2,}(.*)$`, "m").exec(report);
  assert.notEqual(line, null, `No line "${what}" in:\n${report}`);
  return [line![1], line![2]];
}

function failuresOf(report: string): string[] {
  return [...report.matchAll(/^FAIL +(\S+(?: \S+)*)/gm)].map((line) => line[1]);
}

/** Lines of shell that continue as root of a user namespace. */
function inUserNamespace(script: string): string {
  return `exec unshare --user --map-root-user bash -c '${script}; exec "$STEMJAIL" doctor'`;
}

for (const user of users()) {
  Deno.test(`the doctor finds that ${user.name} can make jails here, and ends with 0`, async () => {
    using patient = new Patient(user);
    const { code, report, stderr } = await patient.examine();
    assert.deepEqual(failuresOf(report), [], report);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.equal(lineOf(report, "a jail")[0], "ok");
    assert.equal(
      lineOf(report, "kernel")[1],
      `Linux ${Deno.readTextFileSync("/proc/sys/kernel/osrelease").trim()}`,
    );
  });

  Deno.test(`the doctor tells ${user.name} what helpers of jails there are`, async () => {
    using patient = new Patient(user);
    const { code, report } = await patient.examine();
    assert.equal(code, 0, report);
    const tunnel = ["[ -r /dev/net/tun ] && [ -w /dev/net/tun ]", "/dev/net/tun"];
    const programs = ["pasta || command -v slirp4netns", "xdg-dbus-proxy"];
    const lines = ["way to the network", "session bus filter"];
    const conditions = programs.map((program, at) => [`command -v ${program}`, lines[at]]);
    for (const [condition, what] of [...conditions, tunnel]) {
      const { code } = await patient.shell(condition);
      assert.equal(lineOf(report, what)[0], code === 0 ? "ok" : "warning", `${what}\n${report}`);
    }
  });

  Deno.test(`the doctor tells ${user.name} of the helpers that a portal takes, which are the system's first`, async () => {
    using patient = new Patient(user);
    const { code } = await patient.shell("[ -x /usr/bin/pasta ] && [ ! -e /usr/local/bin/pasta ]");
    assert.equal(code, 0, "the tests install the package passt");
    const shadow =
      'printf "#!/bin/sh\\n" > "$XDG_RUNTIME_DIR/pasta"; chmod 755 "$XDG_RUNTIME_DIR/pasta"';
    const { report } = await patient.examine(`${shadow}; PATH="$XDG_RUNTIME_DIR:$PATH"`);
    assert.deepEqual(lineOf(report, "way to the network"), ["ok", "/usr/bin/pasta"]);
  });

  for (const kind of namespaceKinds) {
    Deno.test(`the doctor names the limit of ${kindWords[kind]} namespaces to ${user.name}`, async () => {
      using patient = new Patient(user);
      const { code, report } = await patient.examine(
        inUserNamespace(`echo 0 > /proc/sys/user/max_${kind}_namespaces`),
      );
      assert.equal(code, 1);
      // The runtime directory's owner is unchanged: root of the namespace is this very user.
      assert.deepEqual(failuresOf(report), [`${kindWords[kind]} namespaces`, "a jail"], report);
      assert.match(report, new RegExp(`^echo \\d+ > /proc/sys/user/max_${kind}_namespaces$`, "m"));
    });
  }

  Deno.test(`the doctor names a limit that ${user.name} has reached`, async () => {
    using patient = new Patient(user);
    const { code, report } = await patient.examine(inUserNamespace(
      "echo 1 > /proc/sys/user/max_user_namespaces; " +
        'mkfifo "$XDG_RUNTIME_DIR/made"; ' +
        'unshare --user bash -c "echo >\\"$XDG_RUNTIME_DIR/made\\"; exec sleep 60" >/dev/null 2>&1 & ' +
        'holder=$!; read -r < "$XDG_RUNTIME_DIR/made"; ' +
        '"$STEMJAIL" doctor; status=$?; kill $holder; rm "$XDG_RUNTIME_DIR/made"; exit $status',
    ));
    assert.equal(code, 1);
    assert.deepEqual(failuresOf(report), ["user namespaces", "a jail"], report);
    assert.match(lineOf(report, "user namespaces")[1], /^max_user_namespaces = 1, and no more/);
  });

  Deno.test(`the doctor tells ${user.name} of a runtime directory that others may write to`, async () => {
    using patient = new Patient(user);
    const { code, report } = await patient.examine('chmod 770 "$XDG_RUNTIME_DIR"');
    assert.equal(code, 1);
    assert.deepEqual(failuresOf(report), ["runtime directory"]);
    assert.match(report, /^chmod 700 \S+\/run$/m);
  });

  Deno.test(`the doctor tells ${user.name} of a cache that cannot be used, and still makes a jail`, async () => {
    using patient = new Patient(user);
    const { code, report } = await patient.examine("", { XDG_CACHE_HOME: "/proc/none" });
    assert.equal(code, 0, report);
    assert.equal(lineOf(report, "cache")[0], "warning");
    assert.equal(lineOf(report, "a jail")[0], "ok");
  });

  Deno.test(`the doctor leaves no process and no mount of ${user.name} behind`, async () => {
    using patient = new Patient(user);
    const script = [
      "mounts=$(</proc/self/mountinfo)",
      '"$STEMJAIL" doctor || exit',
      '[ "$mounts" = "$(</proc/self/mountinfo)" ] || { echo "mounts changed"; exit 90; }',
      // Without a subshell, which would be a process itself.
      "cd /proc && set -- [0-9]*",
      '[ "$*" = 1 ] || { echo "processes left: $*"; exit 91; }',
    ].join("; ");
    const { code, report } = await patient.examine(
      `exec unshare --user --map-root-user --pid --fork --mount-proc bash -c '${script}'`,
    );
    assert.equal(code, 0, report);
  });
}

Deno.test({
  name: "the doctor finds that a covered part of /proc allows no new one",
  ignore: Deno.uid() !== 0,
  fn: async () => {
    using patient = new Patient(users().at(-1)!);
    const { code, report } = await patient.examine(
      "exec unshare --mount bash -c 'mount -t tmpfs none /proc/irq; exec \"$STEMJAIL\" doctor'",
    );
    assert.equal(code, 1);
    assert.deepEqual(failuresOf(report), ["a jail"], report);
    assert.match(report, /^# Parts of \/proc are covered \(.*\/proc\/irq.*\)/m);
  },
});

Deno.test({
  name: "the doctor suspects a chroot where namespaces are refused for no visible reason",
  ignore: Deno.uid() !== 0,
  fn: async () => {
    using patient = new Patient(users().at(-1)!);
    const { code, report } = await patient.examine(
      'exec unshare --mount bash -c \'mkdir "$XDG_RUNTIME_DIR/root"; ' +
        'mount --rbind / "$XDG_RUNTIME_DIR/root"; ' +
        'exec chroot "$XDG_RUNTIME_DIR/root" "$STEMJAIL" doctor\'',
    );
    assert.equal(code, 1);
    assert.deepEqual(lineOf(report, "a jail"), ["FAIL", "no new namespaces: clone: EPERM"]);
    assert.match(report, /^# Something forbids it .* a chroot/m);
  },
});

Deno.test("the doctor's output that cannot be written is an error", async () => {
  using patient = new Patient(users()[0]);
  const { code, stderr } = await patient.examine("exec > /dev/full");
  assert.equal(code, 1);
  assert.match(stderr, /^stemjail: Cannot write to standard output: /);
});
