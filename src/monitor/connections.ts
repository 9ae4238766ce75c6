/**
 * Who is connected to a monitor: the connections of each process, and which one has to make room.
 *
 * @module
 */

/** One connection. */
export interface Connection {
  /** Its descriptor. */
  readonly socket: number;
  /** The process that made it. */
  readonly pid: number;
  /** Replies that are still to be made; nothing more is read of an asker before it took them. */
  replies: Iterator<Uint8Array<ArrayBuffer> | null, undefined> | null;
  /** Readiness bits that its descriptor is watched for. */
  watched: number;
  /** The one that the asker had no room for. */
  unsent: Uint8Array<ArrayBuffer> | null;
}

/** A bounded number of connections. No process keeps so many that there is no room for others. */
export class Connections {
  /** By descriptor. */
  readonly #all = new Map<number, Connection>();
  /** Of each process, from the one that was silent longest to the one that spoke last. */
  readonly #byProcess = new Map<number, Set<Connection>>();

  /** Keeps at most `maximum`, which is at least 1. */
  constructor(private readonly maximum: number) {}

  /** A connection by its descriptor. */
  get(socket: number): Connection | undefined {
    return this.#all.get(socket);
  }

  /** Every connection. */
  all(): Connection[] {
    return [...this.#all.values()];
  }

  /** Keeps a connection; there is room for it. */
  add(connection: Connection): void {
    this.#all.set(connection.socket, connection);
    const own = this.#byProcess.get(connection.pid);
    if (own === undefined) this.#byProcess.set(connection.pid, new Set([connection]));
    else own.add(connection);
  }

  /** Notes that a connection has just spoken. */
  touch(connection: Connection): void {
    const own = this.#byProcess.get(connection.pid);
    if (own?.delete(connection)) own.add(connection);
  }

  /** Forgets a connection; whether it was known. */
  delete(connection: Connection): boolean {
    if (!this.#all.delete(connection.socket)) return false;
    const own = this.#byProcess.get(connection.pid)!;
    own.delete(connection);
    if (own.size === 0) this.#byProcess.delete(connection.pid);
    return true;
  }

  /**
   * The connection that has to go before another one is kept: of the process that has most of them,
   * the one that was silent longest; or null while there is room.
   */
  surplus(): Connection | null {
    if (this.#all.size < this.maximum) return null;
    let most: Set<Connection> = new Set();
    for (const own of this.#byProcess.values()) if (own.size > most.size) most = own;
    for (const silent of most) return silent;
    return null;
  }
}
