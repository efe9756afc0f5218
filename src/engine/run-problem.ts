import type { RunSpec } from "../core/engine-wall.js";
import type { Engine } from "./engine.js";

/** Why the engine can't take this run: what would end the process inside llama.cpp is found here. @returns undefined if it can */
export function problemWith(spec: RunSpec, engine: Engine): string | undefined {
  const inputTokens = spec.inputTokens.length;
  if (inputTokens === 0) return "the input has no tokens";
  if (inputTokens >= engine.facts.contextTokens) {
    return `${inputTokens} input tokens leave no room in a context of ${engine.facts.contextTokens}`;
  }
  const unknown = spec.inputTokens.find((tokenId) => tokenId >= engine.vocabularySize);
  return unknown === undefined ? undefined : `token ${unknown} is not in the vocabulary of ${engine.vocabularySize}`;
}
