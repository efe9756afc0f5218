import { parentPort, workerData } from "node:worker_threads";
import type { EngineNotice } from "../../src/core/engine-messages.js";
import { runEngineHost } from "../../src/engine/loop/engine-host.js";
import { MarkedOutput } from "./marked-output.js";
import { ScriptedEngine, type ScriptedOptions } from "./scripted-engine.js";

/** What a test hands a scripted worker as workerData. */
export interface ScriptedWorkerOptions extends ScriptedOptions {
  /** Says `unusable` with this message instead of `ready`. */
  readonly unusable?: string;
  /** Most prompt tokens read in one step; default 512. */
  readonly prefillTokensPerStep?: number;
  /** Says so many times, once it is ready, that the number of threads has changed. */
  readonly threadChanges?: number;
  /** Faults in a row after which the engine is checked; default: never. */
  readonly faultLimit?: number;
  /** True: MARKs in the output are read as channels and calls. */
  readonly marks?: boolean;
}

/** A worker's entry: the real host over the scripted engine. */
const options = workerData as ScriptedWorkerOptions;
const port = parentPort;
if (port === null) throw new Error("scripted-worker is a worker's entry");
if (options.marks === true) {
  const marked = new MarkedOutput();
  const post = port.postMessage.bind(port);
  port.postMessage = (notice: EngineNotice) => post(marked.read(notice));
}
if (options.unusable === undefined) {
  setImmediate(() => {
    const change = { type: "threads", threads: 1, most: 2, cores: 0.456 } satisfies EngineNotice;
    for (let told = 0; told < (options.threadChanges ?? 0); told++) port.postMessage(change);
  });
  const prefill = { budgetMs: 1_000, maxTokens: options.prefillTokensPerStep ?? 512 };
  await runEngineHost({ engine: new ScriptedEngine(options), port, prefill, faultLimit: options.faultLimit });
} else {
  port.postMessage({ type: "unusable", message: options.unusable });
  port.close();
}
