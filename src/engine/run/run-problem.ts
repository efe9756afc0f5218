import type { RunSpec } from "../../core/engine-messages.js";
import type { Engine } from "../engine.js";

/** Of the end of reasoning: they are evaluated in one step with whatever else there is room for. */
const MOST_END_TOKENS = 32;

/** Why the engine can't take this run: what would end the process inside llama.cpp is found here. @returns undefined if it can */
export function problemWith(spec: RunSpec, engine: Engine): string | undefined {
  const inputTokens = spec.inputTokens.length;
  if (inputTokens === 0) return "the input has no tokens";
  if (inputTokens >= engine.facts.contextTokens) {
    return `${inputTokens} input tokens leave no room in a context of ${engine.facts.contextTokens}`;
  }
  const endTokens = spec.format?.reasoning?.endTokens ?? [];
  if (endTokens.length > MOST_END_TOKENS) return `reasoning ends with more than ${MOST_END_TOKENS} tokens`;
  const isUnknown = (tokenId: number): boolean => tokenId >= engine.vocabularySize;
  const unknown = spec.inputTokens.find(isUnknown) ?? endTokens.find(isUnknown);
  return unknown === undefined ? undefined : `token ${unknown} is not in the vocabulary of ${engine.vocabularySize}`;
}
