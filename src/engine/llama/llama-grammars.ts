import { LlamaGrammar, LlamaGrammarEvaluationState, type LlamaModel } from "node-llama-cpp";
import type { GrammarOptions, GrammarState } from "../engine.js";
import type { PushGrammarToken } from "./binding-internals.js";
import { faultFrom } from "./llama-sequence.js";
import { NativeGarbage } from "./native-memory.js";

/** The number of compiled grammars that are kept. */
const KEPT_GRAMMARS = 32;
/** The native memory of a state for each character of its grammar. Measured were 10 to 17 bytes, and more for grammars that repeat much. */
const BYTES_PER_CHARACTER = 32;
/** The native memory of the smallest state. */
const STATE_BYTES = 2_048;

export class LlamaGrammarState implements GrammarState {
  readonly gbnf: string;
  readonly native: LlamaGrammarEvaluationState;

  constructor(gbnf: string, native: LlamaGrammarEvaluationState) {
    this.gbnf = gbnf;
    this.native = native;
  }
}

/** The means to move a state on by text. */
export interface GrammarMoves {
  readonly push: PushGrammarToken;
  /** The tokens that stand for single bytes. */
  readonly byteTokens: ReadonlyMap<number, number>;
}

interface LlamaGrammarsOptions {
  readonly moves?: GrammarMoves | undefined;
  readonly garbage?: NativeGarbage;
}

/**
 * Compiles grammars for one model, and keeps the ones used last. Each state is made from the grammar's text, since the binding takes longer to copy a
 * state: 63 ms against 6 ms for 1,000 choices.
 */
export class LlamaGrammars {
  readonly #model: LlamaModel;
  readonly #moves: GrammarMoves | undefined;
  readonly #garbage: NativeGarbage;
  /** Compiled grammars by their tenant and text, the one used last at the end. */
  readonly #kept = new Map<string, LlamaGrammar>();

  /** @param moves undefined: a state can't be moved on by text */
  constructor(model: LlamaModel, { moves, garbage = new NativeGarbage() }: LlamaGrammarsOptions = {}) {
    this.#model = model;
    this.#moves = moves;
    this.#garbage = garbage;
  }

  /** Makes a state, and moves it on by the text with which the output has begun, as Engine.beginGrammar promises. @throws EngineFault */
  begin(gbnf: string, options: GrammarOptions = {}): LlamaGrammarState | undefined {
    const { written = new Uint8Array(), tenant = "" } = options;
    try {
      const grammar = this.#compiled(gbnf, tenant);
      this.#garbage.add(STATE_BYTES + gbnf.length * BYTES_PER_CHARACTER);
      const native = new LlamaGrammarEvaluationState({ model: this.#model, grammar });
      return this.#moveOn(native, written) ? new LlamaGrammarState(gbnf, native) : undefined;
    } catch (error) {
      throw faultFrom(error);
    }
  }

  /** Moves a state on byte by byte, by the tokens that stand for single bytes. */
  #moveOn(native: LlamaGrammarEvaluationState, written: Uint8Array): boolean {
    if (written.length === 0) return true;
    const { push, byteTokens } = this.#moves ?? {};
    return (
      push !== undefined &&
      written.every((byte) => {
        const tokenId = byteTokens?.get(byte);
        return tokenId !== undefined && push(native, tokenId);
      })
    );
  }

  tidy(idle: boolean): void {
    this.#garbage.tidy(idle);
  }

  #compiled(gbnf: string, tenant: string): LlamaGrammar {
    const key = JSON.stringify([tenant, gbnf]);
    // Its successor is asynchronous for no reason.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    const grammar = this.#kept.get(key) ?? new LlamaGrammar(this.#model.llama, { grammar: gbnf });
    this.#kept.delete(key);
    this.#kept.set(key, grammar);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT_GRAMMARS && oldest !== undefined) this.#kept.delete(oldest);
    return grammar;
  }
}

/** @throws TypeError if the state is another engine's */
export function ownGrammar(state: GrammarState): LlamaGrammarState {
  if (!(state instanceof LlamaGrammarState)) throw new TypeError("the grammar is another engine's");
  return state;
}
