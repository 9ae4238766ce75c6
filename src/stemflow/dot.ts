/**
 * The graph as text of Graphviz's language DOT, the same for the same graph.
 *
 * @module
 */
import type { Access } from "./domain.ts";
import type { AccessNode, Cut, DomainNode, GrantEdge, Graph, TransitionEdge } from "./graph.ts";
import { INTERSECTION } from "./pool.ts";

/** Longer lists are cut short in labels, not in the data: they would make nodes wider than any screen. */
const MAXIMUM_IN_LABEL = 8;

/**
 * Gives the graph as DOT.
 *
 * @param graph From `buildGraph`.
 */
export function toDot(graph: Graph): string {
  const lines = [
    "digraph stemjail {",
    '  graph [charset="UTF-8", rankdir="LR"];',
    '  node [fontname="sans-serif"];',
    '  edge [fontname="sans-serif", fontsize="10"];',
    ...graph.domains.map(domainLine),
    ...graph.accesses.map(accessLine),
    ...graph.transitions.map(transitionLine),
    ...graph.grants.map(grantLine),
    ...(graph.cut === null ? [] : [cutLine(graph.cut)]),
    "}",
  ];
  return `${lines.join("\n")}\n`;
}

function domainLine({ id, kind, members, start, jails }: DomainNode): string {
  const name = shortList(members, INTERSECTION, visible);
  const running = shortList(jails, ", ", (id) => `jail ${visible(id)}`);
  const label = jails.length === 0 ? name : `${name}\n${running}`;
  const styles = [kind === "final" ? "solid" : "dashed", ...(jails.length > 0 ? ["filled"] : [])];
  return `  ${id} [shape="box", style="${styles}", fillcolor="gold", penwidth="${
    start ? 2 : 1
  }", label=${quote(label)}];`;
}

function accessLine({ id, path }: AccessNode): string {
  return `  ${id} [shape="folder", color="gray40", label=${quote(visible(path))}];`;
}

function transitionLine({ from, to, accesses }: TransitionEdge): string {
  const label = shortList(accesses, "\n", accessLabel);
  return `  ${from} -> ${to} [label=${quote(label)}];`;
}

function accessLabel({ action, path }: Access): string {
  return `${action} ${visible(path)}`;
}

function grantLine({ from, to, action }: GrantEdge): string {
  const look = action === "write" ? 'color="red3"' : 'color="gray60", style="dotted"';
  return `  ${from} -> ${to} [arrowhead="none", ${look}, tooltip="${action}"];`;
}

function cutLine({ maximum, omittedStarts, incomplete }: Cut): string {
  const label = `Cut at ${maximum} intersections. Start sets left out: ${omittedStarts}. ` +
    `Domains with transitions left out: ${shortList(incomplete, ", ", visible) || "none"}`;
  return `  graph [label=${quote(label)}];`;
}

function shortList<Item>(
  items: readonly Item[],
  separator: string,
  wordsOf: (item: Item) => string,
): string {
  const shown = items.slice(0, MAXIMUM_IN_LABEL).map(wordsOf);
  const rest = items.length - shown.length;
  return [...shown, ...(rest > 0 ? [`(${rest} more)`] : [])].join(separator);
}

/**
 * Gives a text in which every character can be seen and told from every other: backslashes are doubled,
 * controls and characters that turn the direction of writing are escaped, and a path's bytes that are not
 * UTF-8 are `\xNN`.
 *
 * @param text Any text, paths included.
 */
export function visible(text: string): string {
  return text.replace(/[\\\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => {
    const code = character.codePointAt(0)!;
    if (character === "\\") return "\\\\";
    if (character === "\n") return "\\n";
    if (character === "\t") return "\\t";
    if (code >= 0xdc80 && code <= 0xdcff) return hexByte(code & 0xff);
    return code < 0x80 ? hexByte(code) : `\\u{${code.toString(16)}}`;
  });
}

function hexByte(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}

/**
 * Quotes a label. Graphviz takes backslash sequences and HTML entities in labels for what they stand for;
 * the newlines that a label has between its own lines are its `\n`.
 */
function quote(label: string): string {
  const escaped = label.replaceAll("&", "&amp;").replaceAll("\\", "\\\\").replaceAll('"', '\\"');
  return `"${escaped.replaceAll("\n", "\\n")}"`;
}
