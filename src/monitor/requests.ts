/**
 * What a jail's processes may ask for, and how each is answered.
 *
 * @module
 */
import { KernelError, unlessRefused } from "../../ffi/check.ts";
import { readDirectory } from "../../ffi/entry.ts";
import { close, openAt, OpenFlag, openResolved, readAll, ResolveFlag } from "../../ffi/file.ts";
import type { LaunchOrder, MonitorEvent } from "../protocol/messages.ts";
import {
  type AccessRequest,
  encodeShimReply,
  type MountRequest,
  type ShimRequest,
  ShimRequestKind,
  Verdict,
  type VerdictCode,
} from "../protocol/shim.ts";
import { decodePath, normalisePath, PathError } from "../stemflow/path.ts";
import { Allowance } from "./allowance.ts";
import { decide, type Outcome } from "./decide.ts";
import type { EmptyJail } from "./empty_jail.ts";
import { GrantError } from "./grant_error.ts";
import type { Grants } from "./grants.ts";
import type { Answer } from "./serve.ts";
import type { DomainState } from "./state.ts";

/** How many denials with a reason are told to the portal; the jail must not fill its log. */
const REPORTS_PER_SECOND = 10;
const REPORTS_PER_HOUR = 500;
/** As much of a path as is told with one. */
const REPORTED_PATH_LENGTH = 500;
const MAXIMUM_NAME_BYTES = 16;

/** Answers requests, one at a time. */
export class JailRequests {
  readonly #allowances = [
    new Allowance(REPORTS_PER_SECOND, 1000),
    new Allowance(REPORTS_PER_HOUR, 3_600_000),
  ];
  /** Transitions with a part from outside, and those of them for which it is there. */
  #awaited = 0;
  #settled = 0;

  /**
   * Serves the processes of a jail that was made around the state.
   *
   * @param follow makes what of the session belongs to new candidates appear
   * @param tell hears of transitions and refusals
   */
  constructor(
    private readonly state: DomainState,
    private readonly jail: EmptyJail,
    private readonly grants: Grants,
    private readonly order: Pick<LaunchOrder, "unconfined" | "awaitsHelpers">,
    private readonly follow: (candidates: readonly string[]) => void,
    private readonly tell: (event: MonitorEvent) => void,
  ) {}

  /** Handles one request of process `pid` of the jail. */
  handle(request: ShimRequest, pid: number): Answer {
    if (request.kind === ShimRequestKind.access) return this.#access(request, pid);
    if (!this.order.unconfined) return { replies: [this.#reply(request.kind, Verdict.refused)] };
    if (request.kind === ShimRequestKind.list) return { replies: this.#list(request.path) };
    return { replies: [this.#reply(request.kind, this.#mount(request))] };
  }

  /** What the next transition brings from outside is there, or is not to be had. */
  settle(): void {
    this.#settled++;
  }

  /** Nobody brings anything from outside any more. */
  settleAll(): void {
    this.#settled = Infinity;
  }

  /** Whoever made a transition goes on with all that its domain has, such as a network. */
  *#whenSettled(
    transition: number,
    reply: Uint8Array<ArrayBuffer>,
  ): Generator<Uint8Array<ArrayBuffer> | null, undefined> {
    while (this.#settled < transition) yield null;
    yield reply;
  }

  #reply(kind: ShimRequest["kind"], verdict: VerdictCode, text?: Uint8Array) {
    return encodeShimReply(verdict, kind, this.state.generation, text);
  }

  #access({ kind, path, write }: AccessRequest, pid: number): Answer {
    const { hostRoot } = this.jail.namespaces;
    const outcome = decide(this.state, hostRoot, path, write, () => this.#nameOf(pid));
    const events = this.#eventsOf(outcome, pid);
    const isGranted = outcome.kind === "granted";
    const reply = this.#reply(kind, isGranted ? Verdict.granted : Verdict.denied);
    const hasMoved = outcome.transition !== null;
    if (hasMoved) this.follow(this.state.candidates);
    if (hasMoved && this.order.awaitsHelpers) this.#awaited++;
    const waits = hasMoved && isGranted && this.order.awaitsHelpers;
    return {
      replies: waits ? this.#whenSettled(this.#awaited, reply) : [reply],
      afterwards: () => events.forEach((event) => this.tell(event)),
    };
  }

  /** What is to be told of an outcome. */
  #eventsOf(outcome: Outcome, pid: number): MonitorEvent[] {
    const { transition } = outcome;
    const { candidates } = this.state;
    const events: MonitorEvent[] = [];
    if (transition !== null) events.push({ type: "transition", transition, candidates });
    const denial = outcome.kind === "denied" ? this.#denial(outcome, pid) : null;
    if (denial !== null) events.push(denial);
    return events;
  }

  /** What is to be told of a denial: only one that has a reason, and not too many. */
  #denial({ path, why }: Extract<Outcome, { kind: "denied" }>, pid: number): MonitorEvent | null {
    if (why === null || !this.#allowances.every((each) => each.take())) return null;
    const reported = path.slice(0, REPORTED_PATH_LENGTH);
    return { type: "denied", path: reported, process: this.#nameOf(pid), why };
  }

  /** What the process calls itself (proc_pid_comm(5)); empty when it is gone. */
  #nameOf(pid: number): string {
    const name = unlessRefused(() => {
      const file = openAt(this.jail.processes, `${pid}/comm`, OpenFlag.readOnly);
      try {
        return decodePath(readAll(file, MAXIMUM_NAME_BYTES));
      } finally {
        close(file);
      }
    });
    return name?.replace(/\n$/, "") ?? "";
  }

  /** The names in a directory of the host, each in a message of its own, and one without text. */
  *#list(path: Uint8Array): Generator<Uint8Array<ArrayBuffer>, undefined> {
    const kind = ShimRequestKind.list;
    try {
      const flags = OpenFlag.readOnly | OpenFlag.directory;
      const resolve = ResolveFlag.inRoot | ResolveFlag.noMagicLinks;
      const directory = openResolved(this.jail.namespaces.hostRoot, path, { flags, resolve });
      try {
        for (const name of readDirectory(directory)) {
          yield this.#reply(kind, Verdict.granted, name);
        }
      } finally {
        close(directory);
      }
      yield this.#reply(kind, Verdict.granted);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      yield this.#reply(kind, Verdict.denied);
    }
  }

  #mount(request: MountRequest): VerdictCode {
    try {
      this.grants.mountElsewhere({
        source: normalisePath(decodePath(request.source)),
        destination: normalisePath(decodePath(request.destination)),
        write: request.write,
        fromHost: request.parent,
      });
      return Verdict.granted;
    } catch (error) {
      if (!(error instanceof GrantError || error instanceof PathError)) throw error;
      return Verdict.denied;
    }
  }
}
