/**
 * The parts of a chart: panels of bars or lines, and their arrangement.
 *
 * @module
 */
import { formatNumber } from "./print.ts";

/** Some bars with one label. */
export interface Group {
  /** What stands before the bars. */
  readonly label: string;
  /** From top to bottom; the series is its name in the legend. */
  readonly bars: readonly { readonly series: string; readonly value: number }[];
}

/** A line; both its axes are logarithmic. */
export interface Line {
  /** Its name in the legend. */
  readonly series: string;
  /** From left to right. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** A drawn panel. */
export interface Panel {
  /** In pixels. */
  readonly height: number;
  /** SVG elements, from the panel's own origin on. */
  readonly content: string;
}

const PANEL_WIDTH = 420;
const GAP = 28;
const LABEL_WIDTH = 150;
const VALUE_WIDTH = 48;
const TITLE_HEIGHT = 26;
const LEGEND_HEIGHT = 20;
const BAR_HEIGHT = 10;
const GROUP_GAP = 7;
const PLOT_HEIGHT = 150;
const FOOTER_LINE = 16;
const PADDING = 20;

const INK = "#24292f";
const FAINT = "#d0d7de";
/** The project's own first, so that it is the one that is seen. */
const COLOURS: Readonly<Record<string, string>> = {
  stemjail: "#1a7f64",
  others: "#8c959f",
};
const MORE_COLOURS = ["#1a7f64", "#8c959f", "#bf8700", "#5a6fd6"];

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

function text(x: number, y: number, content: string, attributes = ""): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${attributes}>${escape(content)}</text>`;
}

function rectangle(x: number, y: number, width: number, height: number, colour: string): string {
  const place = `x="${x.toFixed(1)}" y="${y.toFixed(1)}"`;
  return `<rect ${place} width="${width.toFixed(1)}" height="${height}" fill="${colour}"/>`;
}

function colours(names: readonly string[]): ReadonlyMap<string, string> {
  const others = MORE_COLOURS.filter((colour) => !names.some((name) => COLOURS[name] === colour));
  return new Map(names.map((name) => [name, COLOURS[name] ?? others.shift() ?? FAINT]));
}

function legend(palette: ReadonlyMap<string, string>, y: number): string {
  let x = LABEL_WIDTH;
  return [...palette].map(([name, colour]) => {
    const entry = rectangle(x, y - 8, 8, 8, colour) + text(x + 12, y, name);
    x += 12 + name.length * 6.2 + 14;
    return entry;
  }).join("");
}

function title(content: string): string {
  return text(0, 14, content, ' font-weight="600" font-size="13"');
}

/**
 * A panel of horizontal bars from zero on. A value below zero has no bar, but its figure.
 *
 * @param heading what the bars show, with the unit
 * @param groups from top to bottom
 */
export function groupPanel(heading: string, groups: readonly Group[]): Panel {
  const bars = groups.flatMap((group) => group.bars);
  const names = [...new Set(bars.map(({ series }) => series))];
  const palette = colours(names);
  const longest = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE);
  const scale = (PANEL_WIDTH - LABEL_WIDTH - VALUE_WIDTH) / longest;
  let y = TITLE_HEIGHT + (names.length > 1 ? LEGEND_HEIGHT : 0);
  const parts = [title(heading), names.length > 1 ? legend(palette, TITLE_HEIGHT + 8) : ""];
  for (const { label, bars } of groups) {
    const middle = y + bars.length * BAR_HEIGHT / 2 + 4;
    parts.push(text(LABEL_WIDTH - 8, middle, label, ' text-anchor="end"'));
    for (const { series, value } of bars) {
      const width = Math.max(0, value * scale);
      parts.push(rectangle(LABEL_WIDTH, y, width, BAR_HEIGHT - 1, palette.get(series)!));
      parts.push(text(LABEL_WIDTH + width + 4, y + 8.5, formatNumber(value), ' font-size="9"'));
      y += BAR_HEIGHT;
    }
    y += GROUP_GAP;
  }
  return { height: y, content: parts.join("\n") };
}

/** Powers of ten that enclose the values. */
function decades(values: readonly number[]): readonly [low: number, high: number] {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.ceil(Math.log10(Math.max(...values)));
  return [low, Math.max(high, low + 1)];
}

/**
 * A panel of lines over two logarithmic axes.
 *
 * @param heading what the lines show, with the unit
 * @param lines of positive points
 */
export function linePanel(heading: string, lines: readonly Line[]): Panel {
  const points = lines.flatMap((line) => line.points);
  const [left, right] = decades(points.map(([x]) => x));
  const [bottom, top] = decades(points.map(([, y]) => y));
  const plotTop = TITLE_HEIGHT + LEGEND_HEIGHT;
  const margin = 56;
  const xOf = (x: number) =>
    margin + (Math.log10(x) - left) / (right - left) * (PANEL_WIDTH - margin - VALUE_WIDTH);
  const yOf = (y: number) => plotTop + (top - Math.log10(y)) / (top - bottom) * PLOT_HEIGHT;
  const palette = colours(lines.map(({ series }) => series));
  const parts = [title(heading), legend(palette, TITLE_HEIGHT + 8)];
  for (let power = bottom; power <= top; power++) {
    const y = yOf(10 ** power).toFixed(1);
    parts.push(`<path d="M${margin} ${y}H${PANEL_WIDTH - VALUE_WIDTH}" stroke="${FAINT}"/>`);
    parts.push(text(margin - 6, Number(y) + 4, formatNumber(10 ** power), ' text-anchor="end"'));
  }
  for (let power = left; power <= right; power++) {
    const label = formatNumber(10 ** power);
    const attributes = ' text-anchor="middle"';
    parts.push(text(xOf(10 ** power), plotTop + PLOT_HEIGHT + 16, label, attributes));
  }
  for (const { series, points } of lines) {
    const path = points.map(([x, y]) => `${xOf(x).toFixed(1)},${yOf(y).toFixed(1)}`).join(" ");
    const stroke = `fill="none" stroke="${palette.get(series)}" stroke-width="2"`;
    parts.push(`<polyline points="${path}" ${stroke}/>`);
  }
  return { height: plotTop + PLOT_HEIGHT + 24, content: parts.join("\n") };
}

/**
 * Arranges panels in two columns, each where the shorter one ends.
 *
 * @param panels in the order of reading
 * @param footer lines below all of them
 * @returns the text of an SVG file
 */
export function place(panels: readonly Panel[], footer: readonly string[]): string {
  const ends = [PADDING, PADDING];
  const placed = panels.map(({ height, content }) => {
    const column = ends[0] <= ends[1] ? 0 : 1;
    const x = PADDING + column * (PANEL_WIDTH + GAP);
    const y = ends[column];
    ends[column] += height + GAP;
    return `<g transform="translate(${x} ${y})">\n${content}\n</g>`;
  });
  const width = PADDING * 2 + PANEL_WIDTH * 2 + GAP;
  const bottom = Math.max(...ends);
  const height = bottom + footer.length * FOOTER_LINE + PADDING / 2;
  const font = 'font-family="system-ui, sans-serif" font-size="11"';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" ` +
    `height="${height}" ${font} fill="${INK}">`,
    `<title>StemJail's benchmarks</title>`,
    // A page may be dark.
    `<rect width="${width}" height="${height}" rx="8" fill="#ffffff"/>`,
    ...placed,
    ...footer.map((line, at) => text(PADDING, bottom + at * FOOTER_LINE, line)),
    "</svg>",
    "",
  ].join("\n");
}
