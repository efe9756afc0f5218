import type { PrepareCommand, PrepareNotice } from "../core/prepare-messages.js";
import { forgetTokenTexts } from "../machine/forget-token-texts.js";
import { shrinkHeap } from "../machine/shrink-heap.js";
import { ThreadChannel, threadData } from "../threads/host-channel.js";
import { createPrepareTools } from "./create-prepare-tools.js";
import type { GrammarBounds } from "./grammar/rules/grammar-bounds.js";
import { tryLowerThreadPriority } from "./lower-thread-priority.js";
import { PrepareHost } from "./prepare-host.js";
import { Vocabulary } from "./tokens/vocabulary.js";

/** What the link hands to the worker that it starts. */
export interface PrepareWorkerData {
  readonly modelPath: string;
  readonly grammarBounds: GrammarBounds;
}

/** Below the step loop, which is the one that callers wait for; still ahead of idle work. */
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
  // Only after the load: it may have started the process's thread pool, which decodes later and would inherit this.
  tryLowerThreadPriority(NICENESS);
  const tools = createPrepareTools(loaded, grammarBounds);
  forgetTokenTexts(loaded.model.fileInfo.metadata.tokenizer.ggml);
  await shrinkHeap();
  await new Promise<void>((onClose) => {
    new PrepareHost({ channel, tools, onClose });
    channel.post({ type: "ready", facts: { vocabularySize: loaded.size, template: tools.template.facts } });
  });
  channel.post({ type: "closed" });
  channel.close();
}

await main();
