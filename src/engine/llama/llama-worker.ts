import { parentPort, workerData } from "node:worker_threads";
import type { EngineNotice } from "../../core/engine-messages.js";
import { runEngineHost } from "../loop/engine-host.js";
import type { ThreadChange } from "./compute-threads.js";
import { DraftPlanner } from "../loop/draft-planner.js";
import { LlamaEngine } from "./llama-engine.js";
import type { LlamaOptions } from "./load-llama.js";

/** The workerData of this entry. */
export interface LlamaWorkerOptions extends Omit<LlamaOptions, "onThreads"> {
  /** Whether fewer threads compute where the machine gives less than a core for each. */
  readonly adaptsThreads: boolean;
  /** What reading prompts in may add to one step, where a chunk of 64 tokens fits it. */
  readonly prefillBudgetMs: number;
  /** Faults in a row after which the engine is checked. */
  readonly faultLimit: number;
  /** Whether tokens that the input foretells are tried ahead where that pays. */
  readonly speculation: boolean;
}

/** Entry of the inference worker: loads llama.cpp, or says why it can't, and serves until it is told to close. */
async function main(options: LlamaWorkerOptions): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error("llama-worker is a worker's entry");
  let engine: LlamaEngine;
  try {
    const onThreads = (change: ThreadChange): void =>
      port.postMessage({ type: "threads", ...change } satisfies EngineNotice);
    engine = await LlamaEngine.start({ ...options, onThreads: options.adaptsThreads ? onThreads : undefined });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    port.postMessage({ type: "unusable", message } satisfies EngineNotice);
    port.close();
    return;
  }
  const prefill = { budgetMs: options.prefillBudgetMs, maxTokens: options.maxPrefillTokens };
  const drafts = options.speculation ? new DraftPlanner() : undefined;
  await runEngineHost({ engine, port, prefill, drafts, faultLimit: options.faultLimit });
}

await main(workerData as LlamaWorkerOptions);
