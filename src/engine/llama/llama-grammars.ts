import { LlamaGrammar, LlamaGrammarEvaluationState, type LlamaModel } from "node-llama-cpp";
import type { GrammarState } from "../engine.js";
import { faultFrom } from "./llama-sequence.js";
import { NativeGarbage } from "./native-garbage.js";

/** Compiled grammars that are kept. */
const KEPT_GRAMMARS = 32;
/** Native memory of a state for each character of its grammar. Measured: 10 to 17, more where the grammar repeats much. */
const BYTES_PER_CHARACTER = 32;
/** Of the smallest. */
const STATE_BYTES = 2_048;

export class LlamaGrammarState implements GrammarState {
  readonly gbnf: string;
  readonly native: LlamaGrammarEvaluationState;

  constructor(gbnf: string, native: LlamaGrammarEvaluationState) {
    this.gbnf = gbnf;
    this.native = native;
  }
}

/**
 * Compiles grammars for one model, and keeps the ones used last. Each state is made from the grammar's text: the binding's copies of a state take longer,
 * 63 against 6 ms for 1,000 choices.
 */
export class LlamaGrammars {
  readonly #model: LlamaModel;
  readonly #garbage: NativeGarbage;
  /** By the grammar's text; the one used last is the last. */
  readonly #kept = new Map<string, LlamaGrammar>();

  constructor(model: LlamaModel, garbage = new NativeGarbage()) {
    this.#model = model;
    this.#garbage = garbage;
  }

  /** @throws EngineFault */
  begin(gbnf: string): LlamaGrammarState {
    try {
      const grammar = this.#compiled(gbnf);
      this.#garbage.add(STATE_BYTES + gbnf.length * BYTES_PER_CHARACTER);
      return new LlamaGrammarState(gbnf, new LlamaGrammarEvaluationState({ model: this.#model, grammar }));
    } catch (error) {
      throw faultFrom(error);
    }
  }

  tidy(idle: boolean): void {
    this.#garbage.tidy(idle);
  }

  #compiled(gbnf: string): LlamaGrammar {
    // Its successor is asynchronous for no reason.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    const grammar = this.#kept.get(gbnf) ?? new LlamaGrammar(this.#model.llama, { grammar: gbnf });
    this.#kept.delete(gbnf);
    this.#kept.set(gbnf, grammar);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT_GRAMMARS && oldest !== undefined) this.#kept.delete(oldest);
    return grammar;
  }
}

/** @throws TypeError */
export function ownGrammar(state: GrammarState): LlamaGrammarState {
  if (!(state instanceof LlamaGrammarState)) throw new TypeError("the grammar is another engine's");
  return state;
}
