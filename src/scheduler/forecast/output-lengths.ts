/** The number of latest outputs that count. */
const MAX_SAMPLES = 256;
/** With fewer complete outputs than this, nothing is known. */
const LEAST_COMPLETE = 16;
/** The tolerance for products of shares, which are not exact. */
const ROUNDING = 1e-9;

interface LengthSample {
  readonly tokens: number;
  /** False if the output was cut off, and would have been longer. */
  readonly complete: boolean;
}

/** A point of the survival curve: this share of the outputs is longer than `tokens`. */
interface CurvePoint {
  readonly tokens: number;
  readonly surviving: number;
}

/**
 * Learns how long outputs get before the model ends them. An output that was cut off (by its maximum, a cancel or a time limit) shows only that it would
 * have been longer. The Kaplan-Meier survival curve counts it that way, so that callers with small and large maxima contribute to
 * one distribution.
 */
export class OutputLengths {
  readonly #samples: LengthSample[] = [];
  #oldest = 0;
  #curve: readonly CurvePoint[] | undefined;

  /** @param complete false if the output was cut off. */
  observe(tokens: number, complete: boolean): void {
    this.#samples[this.#oldest] = { tokens, complete };
    this.#oldest = (this.#oldest + 1) % MAX_SAMPLES;
    this.#curve = undefined;
  }

  /**
   * Returns the tokens still to come of an output that has `generated` tokens and gets no more than `most`. While nothing is known, half of the
   * outputs are taken to be at their end, and the other half to go on to their maximum.
   * @param share 0 to 1: the share of such outputs that have no more than the returned tokens to come.
   */
  remaining(generated: number, most: number, share: number): number {
    const curve = (this.#curve ??= curveOf(this.#samples));
    const surviving = curve.findLast((point) => point.tokens <= generated)?.surviving ?? 1;
    if (curve.length === 0 || surviving === 0) return share < 0.5 ? 0 : most - generated;
    const end = curve.find(
      (point) => point.tokens > generated && point.surviving <= surviving * (1 - share) + ROUNDING,
    );
    return Math.min(end?.tokens ?? most, most) - generated;
  }
}

/** Returns an empty curve while too little is known. */
function curveOf(samples: readonly LengthSample[]): readonly CurvePoint[] {
  if (samples.filter(({ complete }) => complete).length < LEAST_COMPLETE) return [];
  const curve: CurvePoint[] = [];
  let surviving = 1;
  let atRisk = samples.length;
  // A complete output sorts before one that was cut off at the same length, because the latter would have been longer.
  const sorted = samples.toSorted((a, b) => a.tokens - b.tokens || Number(b.complete) - Number(a.complete));
  for (const { tokens, complete } of sorted) {
    if (complete) {
      surviving *= 1 - 1 / atRisk;
      curve.push({ tokens, surviving });
    }
    atRisk -= 1;
  }
  return curve;
}
