import assert from "node:assert/strict";
import fc from "fast-check";
import { DEFAULT_SETTINGS, type DesktopSettings } from "../../src/profile/profile.ts";
import { commonTraits, hasAll, type Trait, traitsOf } from "../../src/profile/traits.ts";

function traits(desktop: Partial<DesktopSettings>, net = DEFAULT_SETTINGS.net): Trait[] {
  return traitsOf({ net, desktop: { ...DEFAULT_SETTINGS.desktop, ...desktop } });
}

const network = (mode: "none" | "nat" | "host", loopback = false) => traits({}, { mode, loopback });

Deno.test("a profile that says nothing has no trait, and fonts and themes are paths", () => {
  assert.deepEqual(traits({}), []);
  assert.deepEqual(traits({ fonts: true, themes: true }), []);
});

Deno.test("the least of two networks is what both have", () => {
  const common = (...each: Trait[][]) => commonTraits(each).sort();
  assert.deepEqual(common(network("nat"), network("none")), []);
  assert.deepEqual(common(network("nat"), network("host")), ["net-nat"]);
  assert.deepEqual(common(network("nat", true), network("nat")), ["net-nat"]);
  assert.deepEqual(common(network("nat", true), network("host")), ["net-loopback", "net-nat"]);
  assert.deepEqual(network("none", true), []);
});

Deno.test("who may say everything on the bus may say what another one may", () => {
  const filtered = traits({ dbus: true, dbusTalk: ["org.x.Y"] });
  const whole = traits({ dbus: "unfiltered" });
  assert.ok(hasAll(whole, filtered));
  assert.equal(hasAll(filtered, whole), false);
  assert.deepEqual(commonTraits([filtered, whole]).sort(), filtered.toSorted());
  assert.ok(!filtered.includes("dbus-unfiltered"));
  assert.equal(traits({ dbusTalk: ["org.x.Y"] }).length, 0, "a list without a bus is none");
});

const settings = fc.record({
  x11: fc.boolean(),
  audio: fc.boolean(),
  portals: fc.boolean(),
  dbus: fc.constantFrom<DesktopSettings["dbus"]>(false, true, "unfiltered"),
  dbusTalk: fc.subarray(["org.a.A", "org.b.B"]),
}).map((desktop) => traits(desktop));

Deno.test("fewer candidates never have less in common, and one has what it has", () => {
  fc.assert(fc.property(fc.array(settings, { minLength: 2, maxLength: 5 }), (sets) => {
    const all = commonTraits(sets);
    for (const [index, each] of sets.entries()) {
      assert.ok(hasAll(each, all));
      const fewer = commonTraits(sets.filter((_, other) => other !== index));
      assert.ok(hasAll(fewer, all));
    }
    assert.deepEqual(commonTraits([sets[0]]).sort(), sets[0].toSorted());
  }));
});
