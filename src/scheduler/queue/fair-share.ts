/**
 * Shares slots between flows (the lanes, or the kinds of callers within a lane) by weight, with start-time fair queuing. Each grant advances its flow's
 * tag by a stride that is inverse to the flow's weight, and the flow with the lowest tag is next. While several flows want slots, each gets its share
 * and none starves. A flow that was idle starts again at the tag of the latest grant, so that idle time neither earns nor costs it anything.
 */
export class FairShare<Flow extends string> {
  readonly #flows: readonly Flow[];
  readonly #weights: Readonly<Record<Flow, number>>;
  readonly #product: number;
  readonly #tags = new Map<Flow, number>();
  #latestTag = 0;

  /** @param weights each above 0; whole numbers keep the tags exact. At equal tags the flow that is named first goes first. */
  constructor(weights: Readonly<Record<Flow, number>>) {
    this.#flows = Object.keys(weights) as Flow[];
    this.#weights = weights;
    this.#product = this.#flows.reduce((product, flow) => product * weights[flow], 1);
  }

  /** The flow whose turn it is among those that want a slot; undefined if none does. */
  choose(wants: (flow: Flow) => boolean): Flow | undefined {
    let chosen: Flow | undefined;
    for (const flow of this.#flows) {
      if (wants(flow) && (chosen === undefined || this.#tagOf(flow) < this.#tagOf(chosen))) chosen = flow;
    }
    return chosen;
  }

  /** Notes that the flow got a slot. @param grants the number of grants for which the slot counts. */
  charge(flow: Flow, grants = 1): void {
    this.#latestTag = this.#tagOf(flow);
    this.#tags.set(flow, this.#latestTag + (grants * this.#product) / this.#weights[flow]);
  }

  /** A copy in the same state, on which the next turns can be tried out. */
  copy(): FairShare<Flow> {
    const twin = new FairShare(this.#weights);
    for (const [flow, tag] of this.#tags) twin.#tags.set(flow, tag);
    twin.#latestTag = this.#latestTag;
    return twin;
  }

  #tagOf(flow: Flow): number {
    return Math.max(this.#tags.get(flow) ?? 0, this.#latestTag);
  }
}
