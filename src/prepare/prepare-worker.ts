import { readlinkSync } from "node:fs";
import { setPriority } from "node:os";
import type { PrepareCommand, PrepareNotice } from "../core/prepare-messages.js";
import { forgetTokenTexts, heapBytes, shrinkHeap } from "../machine/memory.js";
import { systemClock } from "../sync/clock.js";
import { MemoryTidy } from "../sync/memory-tidy.js";
import { ThreadChannel, threadData } from "../threads/host-channel.js";
import type { GrammarBounds } from "./grammar/rules/grammar-bounds.js";
import { PrepareHost } from "./prepare-host.js";
import { createPrepareTools } from "./prepare-input.js";
import { Vocabulary } from "./tokens/vocabulary.js";

/** The data that the link passes to the worker. */
export interface PrepareWorkerData {
  readonly modelPath: string;
  readonly grammarBounds: GrammarBounds;
}

/** A priority below the step loop's, since callers wait for that, and above that of idle work. */
const NICENESS = 10;

async function main(): Promise<void> {
  const channel = new ThreadChannel<PrepareCommand, PrepareNotice>();
  const { modelPath, grammarBounds } = threadData() as PrepareWorkerData;
  let vocabulary: Vocabulary;
  try {
    vocabulary = await Vocabulary.load(modelPath);
  } catch (error) {
    channel.post({ type: "unusable", message: error instanceof Error ? error.message : String(error) });
    return;
  }
  await using loaded = vocabulary;
  // The load may start the process's thread pool, which decodes later and would inherit a lower priority set before.
  tryLowerThreadPriority(NICENESS);
  const tools = createPrepareTools(loaded, grammarBounds);
  forgetTokenTexts(loaded.model.fileInfo.metadata.tokenizer.ggml);
  await shrinkHeap();
  using _tidy = MemoryTidy.start({
    clock: systemClock,
    sizeBytes: heapBytes,
    isBusy: () => false,
    collect: shrinkHeap,
    onFailure: (error) => process.emitWarning(`freeing the memory of a surge failed: ${String(error)}`),
  });
  await new Promise<void>((onClose) => {
    new PrepareHost({ channel, tools, onClose });
    channel.post({ type: "ready", facts: { vocabularySize: loaded.size, template: tools.template.facts } });
  });
  channel.post({ type: "closed" });
  channel.close();
}

/**
 * Lowers the priority of the calling thread below that of the process's other threads. Threads that the caller starts later inherit it. Only Linux gives
 * each thread its own priority. Everything works without this, so a failure changes nothing.
 */
function tryLowerThreadPriority(niceness: number): void {
  if (process.platform !== "linux") return;
  try {
    // The link's target is `PID/task/TID`, and Linux takes a thread's id where it takes a process's.
    const threadId = Number(readlinkSync("/proc/thread-self").split("/").at(-1));
    setPriority(threadId, niceness);
  } catch {
    // The thread keeps its priority.
  }
}

await main();
