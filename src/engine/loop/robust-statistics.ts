/** The middle one, of an even number the upper; undefined of none. */
function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** The median of the latest values: what a step takes on a busy machine is now and then several times what it takes, and a mean believes that. */
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

/** A point that was seen. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** y = intercept + slope · x */
export interface Line {
  readonly intercept: number;
  readonly slope: number;
}

/** So few pairs of points with different x tell no slope: the line is then one through the origin. */
const FEWEST_PAIRS = 4;

/**
 * The line through the latest points: the median slope of all pairs and the median of what that leaves (Theil and Sen's estimator), which single points
 * far off do not turn, as they would a mean's. Neither part is negative.
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

  /** @param point its x above 0 */
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
