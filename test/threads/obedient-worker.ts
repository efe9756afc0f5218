import { isMainThread, resourceLimits } from "node:worker_threads";
import { type HostChannel, ThreadChannel } from "../../src/threads/host-channel.js";
import { ProcessChannel, workerData } from "../support/forked-worker.js";

export interface ObedientData {
  /** The worker's first action. The last two end it. */
  readonly first: "ready" | "unusable" | "throw" | "exit";
}

export type ObedientCommand =
  { readonly type: "echo"; readonly bytes: Uint8Array } | { readonly type: "throw" | "exit" | "block" | "close" };

export type ObedientNotice =
  | { readonly type: "ready"; readonly youngHeapMb: number | undefined }
  | { readonly type: "unusable"; readonly message: string }
  | { readonly type: "echo"; readonly bytes: Uint8Array }
  | { readonly type: "blocks" }
  | { readonly type: "closed" };

/** A worker's entry: does what it is told, a thread or a process. */
const { first } = workerData() as ObedientData;
const channel: HostChannel<ObedientCommand, ObedientNotice> = isMainThread ? new ProcessChannel() : new ThreadChannel();

channel.onCommand((command) => {
  switch (command.type) {
    case "echo":
      channel.post(command);
      break;
    case "throw":
      throw new Error("struck by lightning");
    case "exit":
      process.exit(3);
      break;
    case "block":
      channel.post({ type: "blocks" });
      // In the next turn, so that the notice is on its way.
      setImmediate(() => {
        for (;;);
      });
      break;
    case "close":
      channel.post({ type: "closed" });
      channel.close();
  }
});

switch (first) {
  case "ready":
    channel.post({ type: "ready", youngHeapMb: resourceLimits.maxYoungGenerationSizeMb });
    break;
  case "unusable":
    channel.post({ type: "unusable", message: "there is no room" });
    channel.close();
    break;
  case "throw":
    throw new Error("struck at once");
  case "exit":
    process.exit(4);
}
