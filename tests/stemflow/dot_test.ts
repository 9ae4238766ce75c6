import assert from "node:assert/strict";
import fc from "fast-check";
import { toDot, visible } from "../../src/stemflow/dot.ts";
import { buildGraph } from "../../src/stemflow/graph.ts";
import { Pool } from "../../src/stemflow/pool.ts";
import { toSvg } from "../../src/stemflow/svg.ts";

const AWKWARD = [
  'quote " and \\" and \\\\"',
  "backslash \\ \\n \\N \\G at the end \\",
  "newline \n return \r tab \t bell \x07 delete \x7f",
  "emoji 😀 👩‍👩‍👧 and ∩",
  "entity &amp; &lt; &#65; & ;",
  "markup <b>bold</b> <>",
  "turned \u202eback\u2066 and \u2028 line",
  "comment /* */ // # -> -- { } [ ] ;",
];

/** A pool and graph with these texts as the names of profiles, jails and paths. */
function dotOf(texts: readonly string[]): string {
  const pool = Pool.build(texts.map((name, at) => ({
    name: `${at}${name}`,
    binds: [{ path: "/usr", write: false }, { path: `/${at}/${name}`, write: true }],
  })));
  return toDot(buildGraph(pool, { jails: [{ id: `jail ${texts[0]}`, set: pool.all() }] }));
}

/** What a drawing shows at each node, by the node's name: its lines of text. */
async function shownIn(dot: string): Promise<Map<string, string[]>> {
  const svg = await toSvg(dot);
  const nodes = svg.matchAll(/<g id="node\d+" class="node">\s*<title>(.*?)<\/title>(.*?)<\/g>/gs);
  return new Map(Array.from(nodes, ([, name, body]) => [
    name,
    Array.from(body.matchAll(/<text [^>]*>(.*?)<\/text>/gs), ([, text]) => unescapeXml(text)),
  ]));
}

function unescapeXml(text: string): string {
  const named: Record<string, string> = { quot: '"', amp: "&", lt: "<", gt: ">" };
  // Graphviz writes spaces that follow another as no-break spaces, lest they vanish.
  return text.replace(
    /&(?:#(\d+)|(\w+));/g,
    (_, code, name) => code === undefined ? named[name] : String.fromCodePoint(Number(code)),
  ).replaceAll("\xa0", " ");
}

Deno.test("Graphviz shows each awkward name and path exactly, escaped to be seen", async () => {
  const nodes = await shownIn(dotOf(AWKWARD));
  const shown = [...nodes.values()].flat();
  AWKWARD.forEach((text, at) => {
    assert.deepEqual(nodes.get(`d${at}`), [visible(`${at}${text}`)]);
    // A slash in a name parts a path, and a path has one spelling.
    const path = `/${at}/${text}`.replaceAll("//", "/").replace(/\/$/, "");
    assert.ok(shown.includes(visible(path)), `no node shows ${JSON.stringify(path)}`);
  });
});

Deno.test("Graphviz shows any name and path exactly", async () => {
  const character = fc.constantFrom(...'"\\&;<>{}|#n NGlr\n\r\t\x01é∩😀', "\\n", "&amp;");
  const text = fc.string({ unit: character, minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(text, async (text) => {
      const nodes = await shownIn(dotOf([text]));
      assert.deepEqual(nodes.get("d0"), [visible(`0${text}`), visible(`jail jail ${text}`)]);
      assert.deepEqual(nodes.get("a0"), [visible(`/0/${text}`)]);
    }),
    { numRuns: 400 },
  );
});

Deno.test("two texts are never shown alike", () => {
  const unit = fc.oneof(
    fc.constantFrom("\\", "n", "x", "0", "1", "\n", "\x01", "\udcff", "f", "u"),
    fc.string(),
  );
  const text = fc.array(unit, { maxLength: 6 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, text, (left, right) => {
      assert.equal(visible(left) === visible(right), left === right);
    }),
    { numRuns: 20_000 },
  );
});

Deno.test("the system's dot program takes the graph, where there is one", async (test) => {
  const dot = dotOf([...AWKWARD, "not UTF-8 \udcff\udc80"]);
  const child = startDot();
  if (child === undefined) {
    await test.step({ name: "skipped: there is no dot program here", ignore: true, fn() {} });
    return;
  }
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(dot));
  await writer.close();
  const { success, stderr } = await child.output();
  assert.equal(new TextDecoder().decode(stderr), "");
  assert.ok(success);
});

function startDot(): Deno.ChildProcess | undefined {
  try {
    return new Deno.Command("dot", {
      args: ["-Tcanon"],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

Deno.test("the same pool gives the same text, and an intersection has a real ∩", () => {
  assert.equal(dotOf(AWKWARD), dotOf(AWKWARD));
  const pool = Pool.build([
    { name: "OpenBar", binds: [{ path: "/usr", write: false }, { path: "/c/open", write: true }] },
    { name: "Paranoid", binds: [{ path: "/usr", write: false }] },
  ]);
  const jail = { id: "7", set: pool.all() };
  assert.equal(
    toDot(buildGraph(pool, { jails: [jail] })),
    `digraph stemjail {
  graph [charset="UTF-8", rankdir="LR"];
  node [fontname="sans-serif"];
  edge [fontname="sans-serif", fontsize="10"];
  d0 [shape="box", style="solid", fillcolor="gold", penwidth="2", label="OpenBar"];
  d1 [shape="box", style="solid", fillcolor="gold", penwidth="1", label="Paranoid"];
  i0 [shape="box", style="dashed,filled", fillcolor="gold", penwidth="2", label="OpenBar ∩ Paranoid\\njail 7"];
  a0 [shape="folder", color="gray40", label="/c/open"];
  a1 [shape="folder", color="gray40", label="/usr"];
  i0 -> d0 [label="read /c/open\\nwrite /c/open"];
  d0 -> a0 [arrowhead="none", color="red3", tooltip="write"];
  d0 -> a1 [arrowhead="none", color="gray60", style="dotted", tooltip="read"];
  d1 -> a1 [arrowhead="none", color="gray60", style="dotted", tooltip="read"];
  i0 -> a1 [arrowhead="none", color="gray60", style="dotted", tooltip="read"];
}
`,
  );
});

Deno.test("a graph that was cut says so in the drawing, and long lists are shortened", async () => {
  const domains = Array.from({ length: 20 }, (_, own) => ({
    name: `profile ${own}`,
    binds: Array.from({ length: 20 }, (_, at) => ({ path: `/p/${at}`, write: at === own })),
  }));
  const pool = Pool.build(domains);
  const options = {
    maximumIntersections: 1,
    starts: [pool.all(), pool.setOf(["profile 1", "profile 2"])],
  };
  const dot = toDot(buildGraph(pool, options));
  const svg = await toSvg(dot);
  assert.match(
    svg,
    /Cut at 1 intersections\. Start sets left out: 1\. Domains with transitions left out: none/,
  );
  assert.match(svg, /profile 7 ∩ \(12 more\)/);
});

Deno.test("toSvg draws without a program of the system, and refuses what is no graph", async () => {
  const svg = await toSvg(dotOf(AWKWARD));
  assert.match(svg, /^<\?xml/);
  assert.match(svg, /<\/svg>\s*$/);
  await assert.rejects(toSvg("digraph {"), Error);
});
