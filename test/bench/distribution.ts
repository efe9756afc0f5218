import type { PlotSeries } from "./bench-case.js";

const MOST_POINTS = 200;

/** The share of the values (in %) that are at most x, as steps to be drawn. */
export function distribution(name: string, values: readonly number[]): PlotSeries {
  const sorted = values.toSorted((a, b) => a - b);
  const stride = Math.max(1, Math.ceil(sorted.length / MOST_POINTS));
  const points = sorted
    .map((value, index) => [value, (100 * (index + 1)) / sorted.length] as const)
    .filter((_, index) => index % stride === 0 || index === sorted.length - 1);
  return { name, points };
}
