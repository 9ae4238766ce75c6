/** The semantics once more, written from the definitions alone, and generators of cases for it. */

import fc from "fast-check";
import type { Access, Bind, Domain } from "../../src/stemflow/domain.ts";

/** Whether a domain allows an access: some prefix of whole components is granted for the action. */
export function allows(domain: Domain, { action, path }: Access): boolean {
  return domain.binds.some((bind) =>
    covers(componentsOf(bind.path), componentsOf(path)) && (bind.write || action === "read")
  );
}

/** Whether binds allow an access, as a domain of them would. */
export function bindsAllow(binds: readonly Bind[], access: Access): boolean {
  return allows({ name: "", binds }, access);
}

function covers(outer: readonly string[], inner: readonly string[]): boolean {
  return outer.every((component, at) => component === inner[at]);
}

function componentsOf(path: string): string[] {
  return path.split("/").filter((component) => component !== "");
}

/** The names of the given domains that allow an access. */
export function allowing(domains: readonly Domain[], access: Access): string[] {
  return domains.filter((domain) => allows(domain, access)).map(({ name }) => name);
}

/** Few names, so that paths meet; one begins another, one is not UTF-8, one sorts before the slash. */
const component = fc.constantFrom("a", "aa", "b", "c", "a-", "é", "\udcff", ".x");

/** A normalised path of up to four components. */
export const path: fc.Arbitrary<string> = fc.array(component, { maxLength: 4 })
  .map((components) => `/${components.join("/")}`);

/** An access to such a path. */
export const access: fc.Arbitrary<Access> = fc.record({
  action: fc.constantFrom("read", "write"),
  path,
});

const bind: fc.Arbitrary<Bind> = fc.record({ path, write: fc.boolean() });

/** Up to eight domains of up to six binds each, some of them equal or empty. */
export const domains: fc.Arbitrary<Domain[]> = fc
  .array(fc.array(bind, { maxLength: 6 }), { minLength: 1, maxLength: 8 })
  .map((lists) => lists.map((binds, at) => ({ name: `domain ${at}`, binds })));

/** Every access that can tell two states of the given domains apart: at each bind, above and below. */
export function tellingAccesses(domains: readonly Domain[]): Access[] {
  const paths = new Set(["/", "/nowhere"]);
  for (const { path } of domains.flatMap(({ binds }) => binds)) {
    const components = componentsOf(path);
    for (let kept = 0; kept <= components.length; kept++) {
      paths.add(`/${components.slice(0, kept).join("/")}`);
    }
    paths.add(`${path === "/" ? "" : path}/below`);
    paths.add(`${path}x`);
  }
  return [...paths].flatMap((path) => [
    { action: "read" as const, path },
    { action: "write" as const, path },
  ]);
}
