import type { Credit, Piece } from "../../core/piece.js";
import type { RunEnd } from "../../core/run-end.js";
import type { Clock } from "../../sync/clock.js";

/**
 * The state of a run. prefilling → running ⇄ parked; a run without credit for its first token goes from prefilling to parked; running or parked →
 * preempted → prefilling; any → ended.
 */
export type RunState =
  /** Waits for a sequence, or its prompt is being prefilled. */
  | { readonly type: "prefilling" }
  /** Has credit, and every step pulls a token. */
  | { readonly type: "running" }
  /** Has no credit: keeps its sequence and is not pulled. */
  | { readonly type: "parked" }
  /** Has given its sequence up, whose content may be saved outside the cache. */
  | { readonly type: "preempted" }
  /** Holds no sequence, decoder or saved state. */
  | { readonly type: "ended"; readonly end: RunEnd };

type LivingState = Exclude<RunState["type"], "ended">;

const NEXT_STATES: Readonly<Record<RunState["type"], readonly RunState["type"][]>> = {
  prefilling: ["running", "parked", "ended"],
  running: ["parked", "preempted", "ended"],
  parked: ["running", "preempted", "ended"],
  preempted: ["prefilling", "ended"],
  ended: [],
};

/** A run's state, and the time spent in each. */
export class RunProgress {
  readonly #clock: Clock;
  readonly #spentMs: Record<LivingState, number> = { prefilling: 0, running: 0, parked: 0, preempted: 0 };
  #state: RunState = { type: "prefilling" };
  #countedMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#countedMs = clock.nowMs();
  }

  get state(): RunState {
    return this.#state;
  }

  /** Changes the state; nothing else does. @throws Error for a change that makes no sense */
  enter(next: RunState): void {
    if (!NEXT_STATES[this.#state.type].includes(next.type)) {
      throw new Error(`a run cannot go from ${this.#state.type} to ${next.type}`);
    }
    this.#count();
    this.#state = next;
  }

  /** The milliseconds in each state so far, which add up to the run's whole time. */
  spent(): Readonly<Record<LivingState, number>> {
    this.#count();
    return { ...this.#spentMs };
  }

  /** Adds the time since the last count to the present state. */
  #count(): void {
    const nowMs = this.#clock.nowMs();
    if (this.#state.type !== "ended") this.#spentMs[this.#state.type] += nowMs - this.#countedMs;
    this.#countedMs = nowMs;
  }
}

/** The credit that a run has left. The last piece may overdraw its bytes, and pieces of one token both bytes and pieces. */
export class RunCredit {
  #pieces: number;
  #bytes: number;

  constructor({ pieces, bytes }: Credit) {
    this.#pieces = pieces;
    this.#bytes = bytes;
  }

  /** Whether the run may post one more piece. */
  get isLeft(): boolean {
    return this.#pieces > 0 && this.#bytes > 0;
  }

  grant({ pieces, bytes }: Credit): void {
    this.#pieces += pieces;
    this.#bytes += bytes;
  }

  spend({ textBytes }: Piece): void {
    this.#pieces--;
    this.#bytes -= textBytes;
  }

  /** Cuts a draft to the tokens that can be posted whole, with credit left for the token after them. */
  cover(draft: readonly number[], tokenBytes: (tokenId: number) => Uint8Array): readonly number[] {
    let count = 0;
    let bytes = 0;
    for (const tokenId of draft.slice(0, Math.max(0, this.#pieces - 1))) {
      bytes += tokenBytes(tokenId).length;
      if (bytes >= this.#bytes) break;
      count++;
    }
    return draft.slice(0, count);
  }
}
