import { LlamaGrammar, LlamaGrammarEvaluationState, type LlamaModel } from "node-llama-cpp";
import type { GrammarState } from "./engine.js";
import { faultFrom } from "./llama-sequence.js";
import { NativeGarbage } from "./native-garbage.js";

/** Compiled grammars that are kept. */
const KEPT_GRAMMARS = 32;
/** Native memory of a state for each character of its grammar; measured: 40 to 90. */
const BYTES_PER_CHARACTER = 100;
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

/** Compiles grammars for one model, and keeps the ones used last: a copy of their first state costs next to nothing. */
export class LlamaGrammars {
  readonly #model: LlamaModel;
  readonly #garbage: NativeGarbage;
  /** First states, by the grammar's text; the one used last is the last. */
  readonly #kept = new Map<string, LlamaGrammarEvaluationState>();

  constructor(model: LlamaModel, garbage = new NativeGarbage()) {
    this.#model = model;
    this.#garbage = garbage;
  }

  /** @throws EngineFault */
  begin(gbnf: string): LlamaGrammarState {
    const first = this.#kept.get(gbnf) ?? this.#compile(gbnf);
    this.#kept.delete(gbnf);
    this.#kept.set(gbnf, first);
    this.#dropOldest();
    this.#garbage.add(bytesOf(gbnf));
    return new LlamaGrammarState(gbnf, first.clone());
  }

  tidy(idle: boolean): void {
    this.#garbage.tidy(idle);
  }

  #compile(gbnf: string): LlamaGrammarEvaluationState {
    try {
      // Its successor is asynchronous for no reason.
      // eslint-disable-next-line @typescript-eslint/no-deprecated
      const grammar = new LlamaGrammar(this.#model.llama, { grammar: gbnf });
      return new LlamaGrammarEvaluationState({ model: this.#model, grammar });
    } catch (error) {
      throw faultFrom(error);
    }
  }

  #dropOldest(): void {
    for (const gbnf of this.#kept.keys()) {
      if (this.#kept.size <= KEPT_GRAMMARS) return;
      this.#kept.delete(gbnf);
      this.#garbage.add(bytesOf(gbnf));
    }
  }
}

/** @throws TypeError */
export function ownGrammar(state: GrammarState): LlamaGrammarState {
  if (!(state instanceof LlamaGrammarState)) throw new TypeError("the grammar is another engine's");
  return state;
}

function bytesOf(gbnf: string): number {
  return STATE_BYTES + gbnf.length * BYTES_PER_CHARACTER;
}
