/** From 0, or below where values are, to at least the greatest value, in round steps. */
export interface Axis {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
}

const ROUND_STEPS = [1, 2, 2.5, 5, 10];

/** @param wanted about how many steps */
export function axisOf(values: readonly number[], wanted: number): Axis {
  const from = Math.min(0, ...values);
  const to = Math.max(...values, from);
  const span = to === from ? 1 : to - from;
  const decade = 10 ** Math.floor(Math.log10(span / wanted));
  const step = decade * (ROUND_STEPS.find((round) => round * decade >= span / wanted) ?? 10);
  const first = Math.floor(from / step);
  const last = Math.ceil((from + span) / step);
  // Counted, not added up: sums of tenths drift.
  const ticks = Array.from({ length: last - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
  return { from: first * step, to: last * step, ticks };
}
