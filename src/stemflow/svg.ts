/**
 * The graph drawn, by Graphviz as WebAssembly: no program of the system is needed.
 *
 * @module
 */

/**
 * Draws a graph.
 *
 * @param dot A graph in DOT, from `toDot`.
 * @returns The drawing as SVG.
 * @throws {Error} If Graphviz cannot read the graph.
 */
export async function toSvg(dot: string): Promise<string> {
  // Loaded when it is needed: a megabyte that a launch must not wait for.
  const { instance } = await import("@viz-js/viz");
  const viz = await instance();
  return viz.renderString(dot, { format: "svg", engine: "dot" });
}
