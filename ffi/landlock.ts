/**
 * Landlock: a ruleset that a process lays on itself for good, and passes on to its children.
 *
 * glibc has no wrappers for these calls; their numbers are the same on every architecture.
 *
 * @see https://man7.org/linux/man-pages/man7/landlock.7.html
 * @module
 */
import { check, checkUnless, KernelError } from "./check.ts";
import { bind, lastErrno } from "./library.ts";
import { textOf } from "./memory.ts";

const SYS_landlock_create_ruleset = 444n;
const SYS_landlock_add_rule = 445n;

const LANDLOCK_CREATE_RULESET_VERSION = 1;
const LANDLOCK_RULE_PATH_BENEATH = 1;

/** LANDLOCK_ACCESS_FS_*: what may be done below a path; each right names the ABI that brought it. */
export const FILE_ACCESS = {
  execute: 1n << 0n,
  writeFile: 1n << 1n,
  readFile: 1n << 2n,
  readDirectory: 1n << 3n,
  removeDirectory: 1n << 4n,
  removeFile: 1n << 5n,
  makeCharacterDevice: 1n << 6n,
  makeDirectory: 1n << 7n,
  makeRegular: 1n << 8n,
  makeSocket: 1n << 9n,
  makeFifo: 1n << 10n,
  makeBlockDevice: 1n << 11n,
  makeSymbolicLink: 1n << 12n,
  /** Rename or link from one directory to another; ABI 2. */
  refer: 1n << 13n,
  /** ABI 3. */
  truncate: 1n << 14n,
  /** ioctl(2) on a device; ABI 5. */
  ioctlDevice: 1n << 15n,
} as const;

/** The first ABI that knows scopes. */
export const SCOPE_ABI: number = 6;

/** LANDLOCK_SCOPE_*: what may not reach outside the processes under the ruleset; ABI 6. */
export const SCOPE = {
  abstractUnixSocket: 1n << 0n,
  signal: 1n << 1n,
} as const;

/** What a ruleset takes away but where a rule gives it back: `struct landlock_ruleset_attr`. */
export interface RulesetAttributes {
  /** A union of {@link FILE_ACCESS}. */
  readonly files: bigint;
  /** A union of {@link SCOPE}; 0 below ABI 6. */
  readonly scope: bigint;
}

const libc = bind({
  landlock_create_ruleset: {
    name: "syscall",
    parameters: [
      "i64", /* long number */
      "buffer", /* const struct landlock_ruleset_attr *attr */
      "usize", /* size_t size */
      "u32", /* __u32 flags */
    ],
    result: "i64",
  },
  landlock_add_rule: {
    name: "syscall",
    parameters: [
      "i64", /* long number */
      "i32", /* int ruleset_fd */
      "i32", /* enum landlock_rule_type rule_type */
      "buffer", /* const void *rule_attr */
      "u32", /* __u32 flags */
    ],
    result: "i64",
  },
  stemjail_allow_paths: {
    parameters: ["i32", "buffer", "u64", "buffer", "u64", "buffer"],
    result: "u64",
  },
});

let knownAbi = -1;

/** The version of Landlock that the kernel offers, from 1; 0 where it has none or did not start it. */
export function landlockAbi(): number {
  if (knownAbi < 0) knownAbi = askForAbi();
  return knownAbi;
}

function askForAbi(): number {
  const abi = libc.landlock_create_ruleset(
    SYS_landlock_create_ruleset,
    null,
    0n,
    LANDLOCK_CREATE_RULESET_VERSION,
  );
  return Math.max(0, checkUnless(["ENOSYS", "ENOTSUP"], "landlock_create_ruleset", abi));
}

/**
 * Makes a ruleset without any rule, so one that denies all that it handles.
 *
 * @param attributes rights that the kernel's ABI knows
 * @returns its descriptor, closed on exec
 * @throws KernelError EINVAL or E2BIG for a right that the kernel does not know
 */
export function createRuleset(attributes: RulesetAttributes): number {
  const attr = new BigUint64Array([attributes.files, 0n, attributes.scope]);
  // A kernel older than a field accepts a longer structure only where that field is zero: so the
  // shortest that holds something is passed.
  const size = attributes.scope === 0n ? 8n : 24n;
  const ruleset = libc.landlock_create_ruleset(
    SYS_landlock_create_ruleset,
    new Uint8Array(attr.buffer),
    size,
    0,
  );
  return check("landlock_create_ruleset", ruleset);
}

/**
 * Gives `access` back for a file, or for a directory and all below it.
 *
 * The rule holds for the file itself, not for its path: also where it is reached through another mount.
 *
 * @param ruleset from {@link createRuleset}
 * @param parent a descriptor of the file, O_PATH suffices; the ruleset does not need it afterwards
 * @param access a union of {@link FILE_ACCESS}, all of it handled by the ruleset and not 0; for what is
 * no directory, none of the rights that only a directory has
 * @param subject how an error names the file
 * @throws KernelError EINVAL where `access` breaks those rules, EBADFD for a descriptor without a file
 */
export function addPathRule(
  ruleset: number,
  parent: number,
  access: bigint,
  subject = "",
): void {
  // struct landlock_path_beneath_attr is packed: the descriptor follows without padding.
  const attr = new DataView(new ArrayBuffer(12));
  attr.setBigUint64(0, access, true);
  attr.setInt32(8, parent, true);
  const result = libc.landlock_add_rule(
    SYS_landlock_add_rule,
    ruleset,
    LANDLOCK_RULE_PATH_BENEATH,
    new Uint8Array(attr.buffer),
    0,
  );
  check("landlock_add_rule", result, subject);
}

/** Rights for a path; see {@link addPathRules}. */
export interface PathRule {
  /** A descriptor of the directory that the path is relative to. */
  readonly root: number;
  /** Whether the path must be a directory. */
  readonly directory: boolean;
  /** As for {@link addPathRule}. */
  readonly access: bigint;
}

/** struct path_rule of shim/native.h, in 64-bit words. */
const RULE_WORDS = 3;

/**
 * Like {@link addPathRule} for many paths, none of which leads out of its root or through a link.
 *
 * @param paths one for each rule, relative, each closed by a NUL
 * @returns the indexes of those that are gone, or not of the kind that is said; they have no rule
 * @throws KernelError where the kernel refuses another
 */
export function addPathRules(
  ruleset: number,
  rules: readonly PathRule[],
  paths: Uint8Array<ArrayBuffer>,
): number[] {
  const words = new BigUint64Array(RULE_WORDS * rules.length);
  rules.forEach(({ root, directory, access }, index) => {
    words.set([access, BigInt(root), directory ? 1n : 0n], RULE_WORDS * index);
  });
  const missing = new Uint8Array(rules.length);
  const handled = Number(libc.stemjail_allow_paths(
    ruleset,
    paths,
    BigInt(paths.length),
    new Uint8Array(words.buffer),
    BigInt(rules.length),
    missing,
  ));
  if (handled < rules.length) {
    throw new KernelError("landlock_add_rule", lastErrno(), textOf(paths).split("\0")[handled]);
  }
  return Array.from(missing.keys()).filter((index) => missing[index] !== 0);
}
