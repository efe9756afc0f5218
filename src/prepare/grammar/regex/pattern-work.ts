import { GrammarProblem } from "../rules/grammar-node.js";

/** A step takes some hundred nanoseconds. */
const MAX_STEPS = 1_500_000;

/** Counts the steps that patterns take, so that the patterns of one request together take a bounded time. */
export class PatternWork {
  #steps = 0;

  /** @throws GrammarProblem when all patterns together have taken too many steps */
  spend(steps: number): void {
    this.#steps += steps;
    if (this.#steps > MAX_STEPS) {
      throw new GrammarProblem(
        `takes more than ${MAX_STEPS} steps to compile, counted over all patterns of the request`,
      );
    }
  }
}
