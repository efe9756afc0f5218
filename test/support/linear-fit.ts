/** One reading: x and y in units of the caller's choice. */
export interface Reading {
  readonly x: number;
  readonly y: number;
}

/** Slope of the least-squares line through the readings (y per x). At least two readings with different x. */
export function fitSlope(readings: readonly Reading[]): number {
  return fitLine(readings).slope;
}

/** The least-squares line through the readings: y per x, and y at x = 0. At least two readings with different x. */
export function fitLine(readings: readonly Reading[]): { readonly slope: number; readonly atZero: number } {
  const meanX = mean(readings.map((reading) => reading.x));
  const meanY = mean(readings.map((reading) => reading.y));
  let covariance = 0;
  let variance = 0;
  for (const { x, y } of readings) {
    covariance += (x - meanX) * (y - meanY);
    variance += (x - meanX) ** 2;
  }
  if (variance === 0)
    throw new RangeError(`a slope needs readings at different x, got ${String(readings.length)} at one`);
  const slope = covariance / variance;
  return { slope, atZero: meanY - slope * meanX };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
