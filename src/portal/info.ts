/**
 * Answers about domains and jails.
 *
 * @module
 */
import { escapeControl, printableJson } from "../errors.ts";
import type { JailStatus } from "../protocol/messages.ts";
import { toDot } from "../stemflow/dot.ts";
import { buildGraph, type Graph } from "../stemflow/graph.ts";
import type { Catalog } from "./catalog.ts";
import { startsOf } from "./starts.ts";

function graphOf(catalog: Catalog, jails: readonly JailStatus[]): Graph {
  const { pool } = catalog;
  return buildGraph(pool, {
    starts: startsOf(catalog),
    // A jail may have started with profiles that are not there any more.
    jails: jails.filter(({ candidates }) => candidates.every((name) => pool.find(name)))
      .map(({ id, candidates }) => ({ id, set: pool.setOf(candidates) })),
  });
}

function plain(catalog: Catalog, jails: readonly JailStatus[]): string {
  const domains = catalog.pool.domains.flatMap(({ name, binds }) => [
    name,
    ...binds.map(({ path, write }) => `  ${write ? "write" : "read "} ${path}`),
  ]);
  const merged = catalog.pool.merged.map(({ name, into }) =>
    `${name} is the same domain as ${into}`
  );
  const running = jails.map(({ id, domain, command }) =>
    `jail ${id} in ${domain}: ${command.join(" ")}`
  );
  return [...domains, ...merged, ...running].map((line) => `${escapeControl(line)}\n`).join("");
}

/**
 * The domain graph with the running jails in it.
 *
 * @param format how it is written
 */
export function describe(
  catalog: Catalog,
  jails: readonly JailStatus[],
  format: "plain" | "json" | "dot",
): string {
  switch (format) {
    case "plain":
      return plain(catalog, jails);
    case "dot":
      return toDot(graphOf(catalog, jails));
    case "json":
      return `${printableJson({ ...graphOf(catalog, jails), jails }, 2)}\n`;
  }
}
