import { GenerationError } from "../../core/generation-error.js";
import type { EngineFacts, ModelFacts } from "../../core/model-facts.js";
import type { Preparer } from "../../prepare/preparer.js";
import type { LifecycleState } from "../../scheduler/lifecycle-state.js";
import type { Scheduler } from "../../scheduler/scheduler.js";

/** The parts that serve calls once the model is loaded. */
export interface Backend {
  readonly scheduler: Scheduler;
  readonly preparer: Pick<Preparer, "prepare" | "countTools" | "tokenize" | "detokenize" | "resolveBiases">;
  readonly model: ModelFacts;
  readonly engine: EngineFacts;
}

/** The way by which services reach the backend. */
export interface BackendSource {
  readonly lifecycle: LifecycleState;
  /** undefined while starting. */
  readonly backend: () => Backend | undefined;
}

/** A caller that is refused while the model loads is told to ask again after this time, because nothing is measured that would predict the load. */
const STARTING_RETRY_MS = 1_000;

/** @throws GenerationError STARTING, ENGINE_LOST or DRAINING, by the lifecycle, while there is no backend */
export function requireBackend({ lifecycle, backend }: BackendSource): Backend {
  const found = backend();
  if (found !== undefined) return found;
  const retry = { retryAfterMs: STARTING_RETRY_MS };
  switch (lifecycle.current) {
    case "starting":
    case "serving":
      throw new GenerationError("STARTING", "the model is still being loaded", retry);
    case "failed":
      throw new GenerationError("ENGINE_LOST", "the engine is gone; the server starts again", retry);
    case "draining":
    case "stopped":
      throw new GenerationError("DRAINING", "the server is about to stop and takes no more calls", retry);
  }
}
