import type { Limits } from "../../core/limits.js";
import type { CallGrammarBounds } from "./compile-call-grammar.js";
import { DEFAULT_GRAMMAR_BOUNDS } from "./grammar-bounds.js";

/** What grammars are held to under the limits in force. What no limit speaks of is as it is by default. */
export function grammarBoundsOf(limits: Limits): CallGrammarBounds {
  return {
    ...DEFAULT_GRAMMAR_BOUNDS,
    bytes: Math.max(limits.schemaBytes, limits.gbnfBytes),
    nesting: limits.grammarNesting,
    rules: limits.grammarRules,
    symbols: limits.grammarSymbols,
    choices: limits.choices,
    choiceBytes: limits.choiceBytes,
    calls: limits.toolCalls,
  };
}
