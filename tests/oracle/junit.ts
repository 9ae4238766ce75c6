/** Results of tests as JUnit's XML tells them, in the form that CPython writes. */

/** Each test's name, and how it ended. */
export type Results = ReadonlyMap<string, "passed" | "failed" | "skipped">;

/** Reads a report. */
export function parseResults(xml: string): Results {
  const attributes = String.raw`((?:\s+[\w-]+="[^"]*")*)\s*`;
  const cases = xml.matchAll(
    new RegExp(`<testcase${attributes}(?:/>|>([\\s\\S]*?)</testcase>)`, "g"),
  );
  const results = new Map<string, "passed" | "failed" | "skipped">();
  for (const [, given, content = ""] of cases) {
    const name = /\sname="([^"]*)"/.exec(given)?.[1];
    // A class that could not be set up has no name of a test.
    if (name === undefined) continue;
    const isSkipped = /<skipped\b/.test(content) || given.includes('result="skipped"');
    const isFailed = /<(?:failure|error)\b/.test(content);
    results.set(name, isFailed ? "failed" : isSkipped ? "skipped" : "passed");
  }
  return results;
}
