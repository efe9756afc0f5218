import { NEUTRAL_SAMPLING } from "./neutral-sampling.js";
import { type Engine, EngineFault, type PullResult } from "../engine.js";
import type { SequenceSupply } from "../sequences/sequence-supply.js";

/** What the engine's own check reads in: any token does, and every vocabulary has the first. */
const CHECK_INPUT = Uint32Array.of(0);
const GREEDY = { ...NEUTRAL_SAMPLING, temperature: 0 };

/**
 * Tells an engine that is broken from runs that fail. Some faults belong to one run: a caller's grammar or sampling may leave no token to draw. So many
 * faults in a row, with no token drawn in between, are only a reason to have a look: the engine is broken if it also fails with the plainest of inputs,
 * as it does after the model's file was overwritten under it. Belongs to the step loop.
 */
export class FaultWatch {
  readonly #engine: Engine;
  /** Faults in a row after which the engine is checked. */
  readonly #limit: number;
  #faults = 0;

  constructor(engine: Engine, limit: number) {
    this.#engine = engine;
    this.#limit = limit;
  }

  observe(result: PullResult | undefined): void {
    if (result instanceof EngineFault) this.#faults += 1;
    else if (result !== undefined) this.#faults = 0;
  }

  get isCheckDue(): boolean {
    return this.#faults >= this.#limit;
  }

  /**
   * Draws one token, between two steps. The count begins anew.
   * @throws Error when no sequence is free
   * @returns what was seen, if the engine is broken
   */
  async check(supply: Pick<SequenceSupply, "leaseFor">): Promise<string | undefined> {
    const faults = this.#faults;
    this.#faults = 0;
    using lease = await supply.leaseFor(CHECK_INPUT);
    const { sequence } = lease;
    const decoder = this.#engine.openDecoder({ sequence, tokenIds: CHECK_INPUT, sampling: GREEDY });
    const { pulls } = await this.#engine.step({ pulls: [{ decoder, draft: [] }], prefills: [] });
    const result = (await pulls[0]) ?? new EngineFault("the engine gave no result");
    decoder.close();
    await sequence.trim(0);
    if (!(result instanceof EngineFault)) return undefined;
    return `the engine failed in ${faults} generations in a row, and then in a check of its own: ${result.message}`;
  }
}
