import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { PrepareNotice, PreparerFacts } from "../core/prepare-messages.js";
import { WORKER_HEAP } from "../machine/worker-heap.js";
import type { PrepareWorkerData } from "./prepare-worker.js";

/**
 * Starts the prepare worker and waits until it can be used.
 * @throws Error with the worker's own words where it cannot; the thread has ended by then
 */
export async function startWorker(
  entry: URL,
  workerData: PrepareWorkerData,
): Promise<{ worker: Worker; facts: PreparerFacts }> {
  const worker = new Worker(entry, { workerData, name: "rill-prepare", resourceLimits: WORKER_HEAP });
  const notice = await firstNotice(worker);
  if (notice.type === "ready") return { worker, facts: notice.facts };
  await once(worker, "exit");
  const reason = notice.type === "unusable" ? notice.message : `it began with ${notice.type}`;
  throw new Error(`cannot load the vocabulary of ${workerData.modelPath}: ${reason}`);
}

/** An error in the thread rejects; so does an end without a word. */
async function firstNotice(worker: Worker): Promise<PrepareNotice> {
  const ended = new AbortController();
  const onExit = (code: number): void =>
    ended.abort(new Error(`the prepare worker ended with code ${code} before it was ready`));
  worker.once("exit", onExit);
  try {
    const [notice] = (await once(worker, "message", { signal: ended.signal })) as [PrepareNotice];
    return notice;
  } catch (error) {
    throw ended.signal.aborted ? ended.signal.reason : error;
  } finally {
    worker.off("exit", onExit);
  }
}
