/** What a GGUF file says of its tokens, as node-llama-cpp keeps it for as long as the model is loaded. */
export interface SpelledVocabulary {
  readonly tokens: readonly string[];
  readonly token_type: readonly number[];
  readonly scores?: readonly number[];
  readonly merges?: readonly string[];
}

/**
 * Lets go what a file says of each of its tokens, once that has been read; their number stays, which is all that the binding itself reads of them.
 * They are 6 MiB of a thread's heap for 49,000 tokens; llama.cpp has its own copy.
 */
export function forgetTokenTexts(vocabulary: SpelledVocabulary): void {
  const tokens: string[] = [];
  tokens.length = vocabulary.tokens.length;
  Object.assign(vocabulary, { tokens, token_type: [], scores: [], merges: [] } satisfies SpelledVocabulary);
}
