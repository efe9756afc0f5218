import { type Lane, LANES } from "../core/lane.js";

/**
 * Shares slots between the lanes by weight (start-time fair queuing): each grant moves its lane's tag ahead by a stride that is inverse to
 * its weight, and the lane with the lowest tag is next. So while several lanes want slots, each gets its part of them and none starves.
 * A lane that wanted none starts again at the tag of the latest grant: being idle banks no credit, and owes nothing.
 */
export class FairShare {
  readonly #strides: Readonly<Record<Lane, number>>;
  readonly #tags: Record<Lane, number> = { interactive: 0, batch: 0 };
  readonly #weights: Readonly<Record<Lane, number>>;
  #latestTag = 0;

  /** @param weights each above 0; whole numbers keep the tags exact. */
  constructor(weights: Readonly<Record<Lane, number>>) {
    this.#weights = weights;
    const product = weights.interactive * weights.batch;
    this.#strides = { interactive: product / weights.interactive, batch: product / weights.batch };
  }

  /** The lane whose turn it is among those that `wants` names; undefined where none does. Interactive goes first at equal tags. */
  choose(wants: (lane: Lane) => boolean): Lane | undefined {
    let chosen: Lane | undefined;
    for (const lane of LANES) {
      if (wants(lane) && (chosen === undefined || this.#tagOf(lane) < this.#tagOf(chosen))) chosen = lane;
    }
    return chosen;
  }

  /** Says that the lane got a slot. @param grants what it counts for */
  charge(lane: Lane, grants = 1): void {
    this.#latestTag = this.#tagOf(lane);
    this.#tags[lane] = this.#latestTag + grants * this.#strides[lane];
  }

  /** Another one in the same state: to see whose turns come next without giving them. */
  copy(): FairShare {
    const twin = new FairShare(this.#weights);
    Object.assign(twin.#tags, this.#tags);
    twin.#latestTag = this.#latestTag;
    return twin;
  }

  #tagOf(lane: Lane): number {
    return Math.max(this.#tags[lane], this.#latestTag);
  }
}
