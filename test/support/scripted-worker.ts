import { parentPort, workerData } from "node:worker_threads";
import { runEngineHost } from "../../src/engine/engine-host.js";
import { ScriptedEngine, type ScriptedOptions } from "./scripted-engine.js";

/** What a test hands a scripted worker as workerData. */
export interface ScriptedWorkerOptions extends ScriptedOptions {
  /** Says `unusable` with this message instead of `ready`. */
  readonly unusable?: string;
  /** Most prompt tokens read in one step; default 512. */
  readonly prefillTokensPerStep?: number;
}

/** A worker's entry: the real host over the scripted engine. */
const options = workerData as ScriptedWorkerOptions;
const port = parentPort;
if (port === null) throw new Error("scripted-worker is a worker's entry");
if (options.unusable === undefined) {
  const prefill = { budgetMs: 1_000, maxTokens: options.prefillTokensPerStep ?? 512 };
  await runEngineHost({ engine: new ScriptedEngine(options), port, prefill });
} else {
  port.postMessage({ type: "unusable", message: options.unusable });
  port.close();
}
