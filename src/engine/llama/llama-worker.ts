import type { EngineCommand, EngineNotice } from "../../core/engine-messages.js";
import { ThreadChannel, threadData } from "../../threads/host-channel.js";
import { runEngineHost } from "../loop/engine-host.js";
import type { ThreadChange } from "./compute-threads.js";
import { DraftPlanner } from "../loop/draft-planner.js";
import { LlamaEngine } from "./llama-engine.js";
import type { LlamaOptions } from "./load-llama.js";

/** The data that this entry is started with. */
export interface LlamaWorkerOptions extends Omit<LlamaOptions, "onThreads"> {
  /** Whether fewer threads compute if the machine gives less than a core for each. */
  readonly adaptsThreads: boolean;
  /** The time that prefill may add to one step, if a chunk of 64 tokens fits it. */
  readonly prefillBudgetMs: number;
  /** The number of faults in a row after which the engine is checked. */
  readonly faultLimit: number;
  /** Whether tokens are drafted from the input where that pays. */
  readonly speculation: boolean;
}

/** Runs the inference worker: loads llama.cpp, or says why it can't, and serves until it is told to close. */
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
