import { parentPort } from "node:worker_threads";
import type { PrepareCommand, PrepareNotice } from "../../src/core/prepare-messages.js";

/**
 * A worker without a model that obeys the text to tokenise: `hold` (no answer until the cancel), `fail`, `throw` or `exit`. It answers any other text
 * with the number of calls that it holds. It answers cancels only after the text `settle`, and holds their calls until then.
 */
const port = parentPort;
if (port === null) throw new Error("this runs as a worker thread only");
const held: number[] = [];
const cancelled: number[] = [];
const tell = (notice: PrepareNotice): void => port.postMessage(notice);

port.on("message", (command: PrepareCommand) => {
  switch (command.type) {
    case "tokenize":
      obey(command);
      break;
    case "cancel":
      cancelled.push(command.id);
      break;
    case "close":
      for (const id of held) tell({ type: "cancelled", id });
      tell({ type: "closed" });
      port.close();
      break;
    case "prepare":
    case "count_tools":
    case "resolve_biases":
    case "detokenize":
      throw new Error(`not scripted: ${command.type}`);
  }
});

function obey({ id, text }: Extract<PrepareCommand, { readonly type: "tokenize" }>): void {
  switch (text) {
    case "hold":
      held.push(id);
      return;
    case "fail":
      tell({ type: "failed", id, message: "a secret of the worker" });
      return;
    case "throw":
      throw new Error("struck by lightning");
    case "exit":
      process.exit(3);
      return;
    case "settle":
      for (const done of cancelled.splice(0)) {
        held.splice(held.indexOf(done), 1);
        tell({ type: "cancelled", id: done });
      }
  }
  tell({ type: "tokens", id, tokens: Uint32Array.of(held.length) });
}

const template = { source: "model", family: "scripted", tools: "block", reasoning: false } as const;
tell({ type: "ready", facts: { vocabularySize: 9, template } });
