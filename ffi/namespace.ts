/**
 * Namespaces of the calling thread. unshare(2), setns(2), namespaces(7).
 *
 * @module
 */
import { check } from "./check.ts";
import { bind } from "./library.ts";
import { cString } from "./memory.ts";

const libc = bind({
  unshare: { parameters: ["i32"], result: "i32" },
  setns: { parameters: ["i32", "i32"], result: "i32" },
  sethostname: { parameters: ["buffer", "usize"], result: "i32" },
  chdir: { parameters: ["buffer"], result: "i32" },
});

/** CLONE_ flags that name namespaces, and CLONE_FS for unshare(2). */
export const Namespace = {
  fileSystemAttributes: 0x200,
  mount: 0x20000,
  uts: 0x4000000,
  ipc: 0x8000000,
  user: 0x10000000,
  pid: 0x20000000,
  network: 0x40000000,
} as const;

/** unshare(2): the calling thread alone gets new namespaces. */
export function unshare(flags: number): void {
  check("unshare", libc.unshare(flags));
}

/**
 * Enters the mount namespace of a descriptor; root and working directory become its root.
 * The thread must not share them with another one (unshare with `fileSystemAttributes` first).
 */
export function enterMountNamespace(descriptor: number): void {
  check("setns", libc.setns(descriptor, Namespace.mount));
}

/** sethostname(2); at most 64 bytes. */
export function setHostName(name: string): void {
  const text = cString(name);
  check("sethostname", libc.sethostname(text, BigInt(text.length - 1)), name);
}

/** chdir(2). */
export function changeDirectory(path: string): void {
  check("chdir", libc.chdir(cString(path)), path);
}
