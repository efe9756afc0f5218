import type { Limits } from "../../../core/limits.js";

/** Bounds of a grammar, checked before native code sees it. Compile time grows with `symbols`, and the time of a decode step with `alternatives`. */
export interface GrammarBounds {
  /** UTF-8 bytes of a schema, or of a grammar that the caller writes. */
  readonly bytes: number;
  /** UTF-8 bytes of the GBNF that the engine reads. */
  readonly writtenBytes: number;
  /** Levels of nested groups, or of nested schemas. */
  readonly nesting: number;
  /** Named rules and groups. */
  readonly rules: number;
  /** Characters, character ranges and references to rules, with all repetitions written out. */
  readonly symbols: number;
  /** The largest count of one repetition. llama.cpp reads a count above 2,000 as unbounded. */
  readonly repetitions: number;
  /** The largest FIRST set at any position of an output. */
  readonly alternatives: number;
  readonly choices: number;
  readonly choiceBytes: number;
  /** Tool calls of one output. */
  readonly calls: number;
}

export const DEFAULT_GRAMMAR_BOUNDS: GrammarBounds = Object.freeze({
  bytes: 64 * 1024,
  writtenBytes: 512 * 1024,
  nesting: 32,
  rules: 4_096,
  symbols: 65_536,
  repetitions: 2_000,
  alternatives: 64,
  choices: 256,
  choiceBytes: 1_024,
  calls: 32,
});

/** The bounds under the limits in force. A bound that no limit sets keeps its default. */
export function grammarBoundsOf(limits: Limits): GrammarBounds {
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
