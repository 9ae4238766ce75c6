/**
 * The one X display that the user is on, and its one cookie. X(7), Xsecurity(7), and Xau's Xauth.h.
 *
 * @module
 */

/** A local display. */
export interface Display {
  /** As in `:0`. */
  readonly number: number;
}

/** One entry of an authority file. */
interface Authority {
  readonly family: number;
  readonly address: Uint8Array;
  readonly number: string;
  readonly name: string;
  readonly data: Uint8Array;
}

const FAMILY_LOCAL = 256;
const FAMILY_WILD = 65535;
const COOKIE = "MIT-MAGIC-COOKIE-1";

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/**
 * Reads the value of DISPLAY.
 *
 * @returns null unless it names a display of this machine: `:N`, `unix:N`, each with or without a screen
 */
export function parseDisplay(text: string | undefined): Display | null {
  const match = /^(?:unix)?:(\d{1,5})(?:\.\d+)?$/.exec(text ?? "");
  return match === null ? null : { number: Number(match[1]) };
}

/** The entries of an authority file, as far as it is whole. */
function* parseAuthorities(bytes: Uint8Array): Generator<Authority> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const take = (): Uint8Array => {
    const length = view.getUint16(at);
    const start = at + 2;
    at = start + length;
    if (at > bytes.length) throw new RangeError("The file ends within an entry");
    return bytes.subarray(start, at);
  };
  try {
    while (at < bytes.length) {
      const family = view.getUint16(at);
      at += 2;
      const [address, number, name, data] = [take(), take(), take(), take()];
      yield { family, address, number: decoder.decode(number), name: decoder.decode(name), data };
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
}

function field(bytes: Uint8Array): number[] {
  return [bytes.length >> 8, bytes.length & 0xff, ...bytes];
}

/**
 * An authority file with the cookie of one display alone. It is good for any host name, because that of
 * a jail is the name of its domain.
 *
 * @param bytes the user's authority file
 * @param display which display
 * @param hostName of this machine
 * @returns the file's content, or null when there is no cookie for it
 */
export function soleCookie(
  bytes: Uint8Array,
  display: Display,
  hostName: string,
): Uint8Array | null {
  const fits = ({ family, address, number, name }: Authority) =>
    name === COOKIE && (number === "" || number === String(display.number)) &&
    (family === FAMILY_WILD ||
      (family === FAMILY_LOCAL && decoder.decode(address) === hostName));
  const found = parseAuthorities(bytes).find(fits);
  if (found === undefined) return null;
  const number = encoder.encode(String(display.number));
  return new Uint8Array([
    ...[FAMILY_WILD >> 8, FAMILY_WILD & 0xff],
    ...field(new Uint8Array()),
    ...field(number),
    ...field(encoder.encode(COOKIE)),
    ...field(found.data),
  ]);
}
