import type { DecodeStep } from "./draft-planner.js";

/** How much of a measurement's weight is left one step later: about the last ten count. */
const MEMORY = 0.9;
/** Of what was learnt of drafts, what is left after each step without any: it may have been learnt in bad times. */
const TRUST = 0.98;
/** A step that another process held up is believed no more than this many times the estimate. */
const MOST_SURPRISE = 3;
/** Before any was tried: the share that one token more would have if all tokens cost alike, beside two tokens' worth that a step costs anyway. */
const firstShare = (decodingRuns: number): number => 1 / (decodingRuns + 2);

/** Learns what a decode step takes for so many runs, and how much longer a drafted token makes it. */
export class DraftCost {
  /** Mean of recent steps without drafts, by how many runs decoded. */
  readonly #decodeMs: (number | undefined)[] = [];
  /** What a drafted token adds, as a share of that, by how many runs decoded. */
  readonly #share: (number | undefined)[] = [];

  /** undefined: not measured yet. */
  decodeMs(decodingRuns: number): number | undefined {
    return this.#decodeMs[decodingRuns];
  }

  draftTokenMs(decodeMs: number, decodingRuns: number): number {
    return decodeMs * (this.#share[decodingRuns] ?? firstShare(decodingRuns));
  }

  observe({ stepMs, decodingRuns, draftTokens }: DecodeStep): void {
    const decodeMs = this.#decodeMs[decodingRuns];
    const share = this.#share[decodingRuns] ?? firstShare(decodingRuns);
    if (draftTokens === 0 || decodeMs === undefined) {
      const believedMs = decodeMs === undefined ? stepMs : Math.min(stepMs, MOST_SURPRISE * decodeMs);
      this.#decodeMs[decodingRuns] = mean(decodeMs ?? believedMs, believedMs, MEMORY);
      this.#share[decodingRuns] = mean(share, firstShare(decodingRuns), TRUST);
      return;
    }
    const seen = Math.max(0, stepMs / decodeMs - 1) / draftTokens;
    this.#share[decodingRuns] = mean(share, Math.min(seen, MOST_SURPRISE * share), MEMORY);
  }
}

function mean(before: number, now: number, memory: number): number {
  return before + (now - before) * (1 - memory);
}
