import { LlamaGrammar, LlamaGrammarEvaluationState, type LlamaModel } from "node-llama-cpp";
import type { CompileGbnf } from "./compiled-grammars.js";
import { GrammarProblem } from "./grammar-problem.js";

/**
 * Compiles a grammar as the engine will, with the vocabulary of its model. It takes up to some ten milliseconds for what our own check lets through,
 * which is all that may get here: llama.cpp's parser does not survive everything.
 * @throws GrammarProblem where llama.cpp refuses it
 */
export function createNativeCompiler(model: LlamaModel): CompileGbnf {
  return (gbnf) => {
    try {
      // Llama.createGrammar does just this, but answers with a promise.
      // eslint-disable-next-line @typescript-eslint/no-deprecated
      const grammar = new LlamaGrammar(model.llama, { grammar: gbnf });
      new LlamaGrammarEvaluationState({ model, grammar });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new GrammarProblem(`is not a grammar to llama.cpp: ${reason}`);
    }
  };
}
