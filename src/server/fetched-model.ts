import type { ModelFacts } from "../core/model-facts.js";
import { resolveModel, type ResolvedModel } from "../models/resolve-model.js";
import type { Preparer } from "../prepare/preparer.js";
import { type Config, defaultModelCache } from "../settings/config.js";
import type { PullReporter } from "./pull-reporter.js";

/** Downloads the configured model, unless the cache has it. @throws the signal's reason, or Error with the cause */
export async function fetchModel(
  { model, modelCache, hub }: Config,
  { onEvent, endBar }: PullReporter,
  signal: AbortSignal,
): Promise<ResolvedModel> {
  const cacheDir = modelCache === "auto" ? defaultModelCache() : modelCache;
  try {
    return await resolveModel(model, { cacheDir, hubOrigin: hub, signal, onEvent });
  } finally {
    endBar();
  }
}

/** The facts about a model that GetModel tells. */
export function factsOf({ name, sha256, path, gguf }: ResolvedModel, { facts }: Preparer): ModelFacts {
  return {
    name,
    digest: sha256,
    path,
    sizeBytes: gguf.sizeBytes,
    architecture: gguf.architecture,
    vocabularySize: facts.vocabularySize,
    trainContextTokens: gguf.trainContextTokens ?? 0,
    template: facts.template,
  };
}
