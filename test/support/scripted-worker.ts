import { isMainThread } from "node:worker_threads";
import type { EngineCommand, EngineNotice } from "../../src/core/engine-messages.js";
import { runEngineHost } from "../../src/engine/loop/engine-host.js";
import { type HostChannel, ThreadChannel } from "../../src/threads/host-channel.js";
import { ProcessChannel, workerData } from "./forked-worker.js";
import { MarkedOutput } from "./marked-output.js";
import { ScriptedEngine, type ScriptedOptions } from "./scripted-engine.js";

/** What a test hands a scripted worker as its data. */
export interface ScriptedWorkerOptions extends ScriptedOptions {
  /** Says `unusable` with this message instead of `ready`. */
  readonly unusable?: string;
  /** The most prompt tokens that one step prefills. Default: 512. */
  readonly prefillTokensPerStep?: number;
  /** The number of times that it says, once it is ready, that the number of threads has changed. */
  readonly threadChanges?: number;
  /** Faults in a row after which the engine is checked; default: never. */
  readonly faultLimit?: number;
  /** True: MARKs in the output are read as channels and calls. */
  readonly marks?: boolean;
}

/** A worker's entry, of a thread or a process: the real host over the scripted engine. */
const options = workerData() as ScriptedWorkerOptions;
const channel: HostChannel<readonly EngineCommand[], EngineNotice> = isMainThread
  ? new ProcessChannel()
  : new ThreadChannel();
if (options.marks === true) {
  const marked = new MarkedOutput();
  const post = channel.post.bind(channel);
  channel.post = (notice) => post(marked.read(notice));
}
if (options.unusable === undefined) {
  setImmediate(() => {
    const change = { type: "threads", threads: 1, most: 2, cores: 0.456 } satisfies EngineNotice;
    for (let told = 0; told < (options.threadChanges ?? 0); told++) channel.post(change);
  });
  const prefill = { budgetMs: 1_000, maxTokens: options.prefillTokensPerStep ?? 512 };
  await runEngineHost({ engine: new ScriptedEngine(options), channel, prefill, faultLimit: options.faultLimit });
} else {
  channel.post({ type: "unusable", message: options.unusable });
  channel.close();
}
