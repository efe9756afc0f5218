/** So many of the latest outputs count. */
const MEMORY = 256;
/** Products of shares are no exact numbers. */
const ROUNDING = 1e-9;
/** Fewer complete outputs say nothing. */
const LEAST_COMPLETE = 16;

interface Sample {
  readonly tokens: number;
  readonly complete: boolean;
}

/** From `tokens` on, this share of the outputs is longer. */
interface CurvePoint {
  readonly tokens: number;
  readonly surviving: number;
}

/**
 * How long outputs get before the model ends them, learnt from those that were. An output that was cut off (by its maximum, a cancel, a time limit) says
 * only that it was longer than that: the survival curve of Kaplan and Meier counts it so, and callers with small and large maxima can be
 * learnt from together.
 */
export class OutputLengths {
  readonly #samples: Sample[] = [];
  #oldest = 0;
  #curve: readonly CurvePoint[] | undefined;

  /** @param complete false: it was cut off, and would have been longer. */
  observe(tokens: number, complete: boolean): void {
    this.#samples[this.#oldest] = { tokens, complete };
    this.#oldest = (this.#oldest + 1) % MEMORY;
    this.#curve = undefined;
  }

  /**
   * Tokens still to come of an output that has `made` and gets no more than `most`.
   * @param share 0 to 1: that share of such outputs have no more to come. Where nothing is known, one half of them is at its end and the other goes
   * on to its maximum.
   */
  remaining(made: number, most: number, share: number): number {
    const curve = (this.#curve ??= curveOf(this.#samples));
    const surviving = curve.findLast((point) => point.tokens <= made)?.surviving ?? 1;
    if (curve.length === 0 || surviving === 0) return share < 0.5 ? 0 : most - made;
    const end = curve.find((point) => point.tokens > made && point.surviving <= surviving * (1 - share) + ROUNDING);
    return Math.min(end?.tokens ?? most, most) - made;
  }
}

/** Empty where too little is known. */
function curveOf(samples: readonly Sample[]): readonly CurvePoint[] {
  if (samples.filter(({ complete }) => complete).length < LEAST_COMPLETE) return [];
  const curve: CurvePoint[] = [];
  let surviving = 1;
  let atRisk = samples.length;
  // Of equal lengths the complete ones come first: one that was cut off there was longer.
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
