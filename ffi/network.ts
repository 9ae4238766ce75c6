/**
 * The loopback interface of the calling thread's network namespace. netdevice(7).
 *
 * @module
 */
import { check } from "./check.ts";
import { close } from "./file.ts";
import { bind } from "./library.ts";

const libc = bind({
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
});

const AF_INET = 2;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const SIOCSIFFLAGS = 0x8914n;
const IFF_UP = 1;
const IFREQ_BYTES = 40;
const FLAGS_OFFSET = 16;

/** Brings `lo` up. */
export function bringLoopbackUp(): void {
  const socket = check("socket", libc.socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0));
  const request = new Uint8Array(IFREQ_BYTES);
  request.set(new TextEncoder().encode("lo"));
  new DataView(request.buffer).setInt16(FLAGS_OFFSET, IFF_UP, true);
  try {
    check("ioctl SIOCSIFFLAGS", libc.ioctl(socket, SIOCSIFFLAGS, request), "lo");
  } finally {
    close(socket);
  }
}
