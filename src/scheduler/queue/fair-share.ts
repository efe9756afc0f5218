/**
 * Shares slots between flows (lanes, or kinds of callers within one) by weight (start-time fair queuing): each grant moves its flow's tag ahead
 * by a stride that is inverse to its weight, and the flow with the lowest tag is next. So while several want slots, each gets its part of them and
 * none starves. A flow that wanted none starts again at the tag of the latest grant: being idle banks no credit, and owes nothing.
 */
export class FairShare<Flow extends string> {
  readonly #flows: readonly Flow[];
  readonly #weights: Readonly<Record<Flow, number>>;
  readonly #product: number;
  readonly #tags = new Map<Flow, number>();
  #latestTag = 0;

  /** @param weights each above 0; whole numbers keep the tags exact. At equal tags the flow named first goes first. */
  constructor(weights: Readonly<Record<Flow, number>>) {
    this.#flows = Object.keys(weights) as Flow[];
    this.#weights = weights;
    this.#product = this.#flows.reduce((product, flow) => product * weights[flow], 1);
  }

  /** The flow whose turn it is among those that `wants` names; undefined where none does. */
  choose(wants: (flow: Flow) => boolean): Flow | undefined {
    let chosen: Flow | undefined;
    for (const flow of this.#flows) {
      if (wants(flow) && (chosen === undefined || this.#tagOf(flow) < this.#tagOf(chosen))) chosen = flow;
    }
    return chosen;
  }

  /** Says that the flow got a slot. @param grants what it counts for */
  charge(flow: Flow, grants = 1): void {
    this.#latestTag = this.#tagOf(flow);
    this.#tags.set(flow, this.#latestTag + (grants * this.#product) / this.#weights[flow]);
  }

  /** Another one in the same state: to see whose turns come next without giving them. */
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
