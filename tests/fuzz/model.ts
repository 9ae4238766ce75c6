/** What a jail may be granted, written from the definitions alone. */

import { componentsOf, meaningOf } from "./shim_messages.ts";

/** A profile: its binds, and whether each may be written to. */
export interface ModelDomain {
  readonly name: string;
  readonly binds: readonly { readonly path: string; readonly write: boolean }[];
}

/** What is the jail's own. */
const OWN = ["proc", "dev", "tmp"];

interface Candidate {
  readonly name: string;
  readonly binds: readonly { readonly components: readonly string[]; readonly write: boolean }[];
}

/** A jail as a set of domains that it could still be. */
export class Model {
  candidates: readonly Candidate[];

  constructor(domains: readonly ModelDomain[]) {
    this.candidates = domains.map(({ name, binds }) => ({
      name,
      binds: binds.map(({ path, write }) => ({
        components: componentsOf(new TextEncoder().encode(path)),
        write,
      })),
    }));
  }

  /** The candidates that there would be after an access; none where it is to be denied. */
  after(path: Uint8Array, write: boolean): Candidate[] {
    const components = componentsOf(path);
    if (components.length === 0 || OWN.includes(components[0])) return [];
    return this.candidates.filter(({ binds }) =>
      binds.some((bind) => (bind.write || !write) && covers(bind.components, components))
    );
  }

  /** The answers that are right for a message, as the attacking program prints them; and moves on. */
  answer(message: Uint8Array): string {
    if (message.length === 0) return "x";
    const meaning = meaningOf(message);
    if (meaning.kind === "malformed") return "3";
    if (meaning.kind !== "access") return "2";
    const next = this.after(meaning.path, meaning.write);
    if (next.length === 0) return "1";
    this.candidates = next;
    return "0";
  }
}

function covers(outer: readonly string[], inner: readonly string[]): boolean {
  return outer.every((component, at) => component === inner[at]);
}

/** Domains over a directory whose members are `a`, `b`, `aa`, each with `a` and `b` below. */
export function modelDomains(base: string): ModelDomain[] {
  const bind = (path: string, write = false) => ({ path: `${base}/${path}`, write });
  return [
    { name: "one", binds: [bind("a", true), bind("shared")] },
    { name: "two", binds: [bind("a"), bind("b", true), bind("shared")] },
    { name: "three", binds: [bind("a/a", true), bind("aa"), bind("shared", true)] },
    { name: "four", binds: [bind("a/b"), bind("b/a", true), bind("aa", true), bind("shared")] },
  ];
}

/** The directories that those domains bind, outer ones first. */
export const MODEL_DIRECTORIES = ["a", "a/a", "a/b", "b", "b/a", "aa", "shared"];

/** Where paths are asked for: in and around those directories. */
export function modelRoots(base: string): string[] {
  return [base, ...MODEL_DIRECTORIES.map((name) => `${base}/${name}`), `${base}/none`];
}
