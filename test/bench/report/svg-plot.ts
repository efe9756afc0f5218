import type { Plot, PlotSeries } from "../bench-case.js";
import { axisOf, type Axis } from "./axis-ticks.js";
import { element, escapeText } from "./markup.js";
import { SERIES_COLOURS } from "./style-sheet.js";
import { formatFigure } from "./table-cells.js";

const WIDTH = 720;
const HEIGHT = 340;
const FRAME = { left: 76, right: 700, top: 16, bottom: 284 };
const X_STEPS = 8;
const Y_STEPS = 5;

/** One plot as inline SVG; colours come from the page's style sheet. A figure with its legend above. */
export function svgPlot(plot: Plot): string {
  const points = plot.series.flatMap((series) => series.points);
  const x = axisOf(
    points.map(([value]) => value),
    X_STEPS,
  );
  const y = axisOf(
    points.map(([, value]) => value),
    Y_STEPS,
  );
  const at: Place = {
    x: (value) => scale(value, x, [FRAME.left, FRAME.right]),
    y: (value) => scale(value, y, [FRAME.bottom, FRAME.top]),
  };
  const svg = element(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": plot.title },
    ...y.ticks.map((tick) => gridLine(at.y(tick)) + label([FRAME.left - 8, at.y(tick) + 4], formatFigure(tick), "end")),
    ...x.ticks.map((tick) => label([at.x(tick), FRAME.bottom + 20], formatFigure(tick))),
    label([(FRAME.left + FRAME.right) / 2, HEIGHT - 10], plot.xLabel),
    element(
      "g",
      { transform: `translate(14 ${(FRAME.top + FRAME.bottom) / 2}) rotate(-90)` },
      label([0, 0], plot.yLabel),
    ),
    ...plot.series.map((series, index) => drawSeries({ plot, series, index, at })),
  );
  const legend = plot.series.map(({ name }, index) =>
    element("span", { class: `key ${colour(index)}` }, escapeText(name)),
  );
  return element("figure", {}, element("figcaption", {}, escapeText(plot.title), ...legend), svg);
}

interface Place {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

interface Drawing {
  readonly plot: Plot;
  readonly series: PlotSeries;
  readonly index: number;
  readonly at: Place;
}

function drawSeries({ plot, series, index, at }: Drawing): string {
  const places = series.points.map(([x, y]) => [round(at.x(x)), round(at.y(y))] as const);
  const dots = places.map(([cx, cy]) => element("circle", { cx, cy, r: 3 }));
  const stepped = plot.marks === "steps";
  const path = places
    .map(([x, y], place) => (place === 0 ? `M${x} ${y}` : stepped ? `H${x}V${y}` : `L${x} ${y}`))
    .join("");
  const line = element("path", { d: path });
  const shapes = plot.marks === "points" ? dots : plot.marks === "lines" ? [line, ...dots] : [line];
  return element("g", { class: colour(index) }, ...(places.length === 0 ? [] : shapes));
}

function gridLine(y: number): string {
  return element("line", { class: "grid", x1: FRAME.left, x2: FRAME.right, y1: round(y), y2: round(y) });
}

function label([x, y]: readonly [number, number], text: string, anchor: "middle" | "end" = "middle"): string {
  return element("text", { x: round(x), y: round(y), "text-anchor": anchor }, escapeText(text));
}

function scale(value: number, { from, to }: Axis, [start, end]: readonly [number, number]): number {
  return start + ((value - from) / (to - from)) * (end - start);
}

function colour(index: number): string {
  return `s${index % SERIES_COLOURS}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
