import assert from "node:assert/strict";
import { examine } from "../../src/doctor/checks.ts";
import { failure, ok, warning } from "../../src/doctor/finding.ts";
import { canRun, report } from "../../src/doctor/report.ts";
import { fakeSystem } from "./fake_system.ts";

Deno.test("a report has a line for each check, the verdict, and the remedies ready to paste", () => {
  const findings = [
    ok("kernel", "Linux 6.12"),
    warning("cache", "not used", ["export XDG_CACHE_HOME=/x"]),
    failure("a jail", "no", ["# Do this:", "sudo this"]),
  ];
  assert.equal(
    report(findings),
    `ok       kernel  Linux 6.12
warning  cache   not used
FAIL     a jail  no

No jail can be made on this system as it is. What would help:

# warning: cache
export XDG_CACHE_HOME=/x

# FAIL: a jail
# Do this:
sudo this
`,
  );
});

Deno.test("control characters of a value do not reach the terminal", () => {
  assert.match(report([ok("cache", "/a\u001b[2J")]), /\/a\\x1b\[2J/);
});

Deno.test("a warning leaves jails possible, and a failure does not", () => {
  assert.equal(canRun([ok("a", ""), warning("b", "", [])]), true);
  assert.equal(canRun([ok("a", ""), failure("b", "", [])]), false);
});

Deno.test("a healthy Debian has nothing but good news", () => {
  const findings = examine(fakeSystem());
  assert.deepEqual(findings.filter(({ level }) => level !== "ok"), []);
  assert.match(report(findings), /\n\nJails can be made on this system\.\n$/);
});
