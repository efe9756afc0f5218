import type { EngineCommand, EngineNotice } from "../../core/engine-messages.js";
import { ThreadChannel, threadData } from "../../threads/host-channel.js";
import { runEngineHost } from "../loop/engine-host.js";
import type { ThreadChange } from "./compute-threads.js";
import { DraftPlanner } from "../loop/draft-planner.js";
import { LlamaEngine } from "./llama-engine.js";
import type { LlamaOptions } from "./load-llama.js";

/** The data that this entry is started with. */
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
  const channel = new ThreadChannel<readonly EngineCommand[], EngineNotice>();
  let engine: LlamaEngine;
  try {
    const onThreads = (change: ThreadChange): void => channel.post({ type: "threads", ...change });
    engine = await LlamaEngine.start({ ...options, onThreads: options.adaptsThreads ? onThreads : undefined });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    channel.post({ type: "unusable", message });
    channel.close();
    return;
  }
  const prefill = { budgetMs: options.prefillBudgetMs, maxTokens: options.maxPrefillTokens };
  const drafts = options.speculation ? new DraftPlanner() : undefined;
  await runEngineHost({ engine, channel, prefill, drafts, faultLimit: options.faultLimit });
}

await main(threadData() as LlamaWorkerOptions);
