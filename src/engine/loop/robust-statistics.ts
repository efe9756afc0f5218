/** The middle value, the upper of two; undefined without values. */
function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** The median of the latest values. On a busy machine a step now and then takes several times as long as usual, which moves a mean and not a median. */
export class RecentMedian {
  readonly #capacity: number;
  readonly #values: number[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** undefined while there is no value. */
  get value(): number | undefined {
    return median(this.#values);
  }

  push(value: number): void {
    this.#values.push(value);
    if (this.#values.length > this.#capacity) this.#values.shift();
  }
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** y = intercept + slope · x */
export interface Line {
  readonly intercept: number;
  readonly slope: number;
}

/** The fewest pairs of points with different x that tell a slope. With fewer the line goes through the origin. */
const FEWEST_PAIRS = 4;

/**
 * The line through the latest points by Theil and Sen's estimator: the slope is the median over all pairs, the intercept the median of the residuals,
 * and neither is negative. Single outliers do not turn it, as they would turn a least-squares fit.
 */
export class Regression {
  readonly #capacity: number;
  readonly #points: Point[] = [];
  #line: Line | undefined;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get count(): number {
    return this.#points.length;
  }

  /** undefined while there is no point. */
  get value(): Line | undefined {
    if (this.#points.length === 0) return undefined;
    return (this.#line ??= fit(this.#points));
  }

  /** @param point its x is above 0 */
  push(point: Point): void {
    this.#points.push(point);
    if (this.#points.length > this.#capacity) this.#points.shift();
    this.#line = undefined;
  }

  clear(): void {
    this.#points.length = 0;
    this.#line = undefined;
  }
}

function fit(points: readonly Point[]): Line {
  const slopes = points.flatMap((one, index) =>
    points.slice(index + 1).flatMap((other) => (one.x === other.x ? [] : [(other.y - one.y) / (other.x - one.x)])),
  );
  if (slopes.length < FEWEST_PAIRS) return { intercept: 0, slope: medianAboveZero(points.map(({ x, y }) => y / x)) };
  const slope = medianAboveZero(slopes);
  return { intercept: medianAboveZero(points.map(({ x, y }) => y - slope * x)), slope };
}

function medianAboveZero(values: readonly number[]): number {
  return Math.max(0, median(values) ?? 0);
}
