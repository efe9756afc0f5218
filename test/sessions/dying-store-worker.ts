import { parentPort } from "node:worker_threads";
import type { StoreThreadCommand } from "../../src/sessions/store-messages.js";

// A store's thread that dies of `get`, ignores `sweep`, and answers every other command.
parentPort?.on("message", (command: StoreThreadCommand) => {
  if (command.type === "close") process.exit(0);
  if (command.method === "get") throw new Error("the thread's own words");
  if (command.method !== "sweep")
    parentPort?.postMessage({ type: "answer", id: command.id, result: { ok: true, value: undefined } });
});
