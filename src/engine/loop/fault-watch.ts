import { type Engine, EngineFault, NEUTRAL_SAMPLING, type PullResult } from "../engine.js";
import type { SequenceSupply } from "../sequences/sequence-supply.js";

/** The input of the engine's own check. Any token serves, and every vocabulary has the first. */
const CHECK_INPUT = Uint32Array.of(0);
const GREEDY = { ...NEUTRAL_SAMPLING, temperature: 0 };

/**
 * Tells an engine that is broken from runs that fail. Some faults belong to one run, since a caller's grammar or sampling may leave no token to
 * sample. Faults in a row, with no token sampled in between, are therefore only a reason for a check: the engine is broken if it also fails with the
 * plainest of inputs, as it does after the model's file was overwritten. Belongs to the step loop.
 */
export class FaultWatch {
  readonly #engine: Engine;
  /** The number of faults in a row after which the engine is checked. */
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
   * Samples one token, between two steps, and starts the count anew.
   * @throws Error if no sequence is free
   * @returns a message for the log if the engine is broken
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
