import { Worker } from "node:worker_threads";

/** The parameters of a worker's start. */
export interface WorkerSpec {
  /** The worker's module. */
  readonly entry: URL;
  /** The worker's data, which is plain. */
  readonly data: unknown;
  /** Names the worker for debuggers and profilers. */
  readonly name: string;
}

/** The starter's view of a worker, which is a thread or a process. Listeners are added in the turn of the event loop that starts it. */
export interface SpawnedWorker {
  /** Sends plain data. Does nothing after the worker has exited. */
  post(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Calls the listener with the error that the worker has thrown, or with that of a message that cannot be read. */
  onFault(listener: (error: Error) => void): void;
  /** Calls the listener once, after every message and fault. */
  onExit(listener: (code: number) => void): void;
  /** Ends the worker without asking it. A worker that hangs in native code never exits. */
  terminate(): void;
}

export type SpawnWorker = (spec: WorkerSpec) => SpawnedWorker;

/**
 * The heap of a worker thread. Loading a model leaves much garbage, and V8 would let the young generation grow to 48 MiB on each thread and keep it:
 * 80 MiB more, for threads that make little garbage afterwards.
 */
const THREAD_HEAP = { maxYoungGenerationSizeMb: 8 } as const;

/** Starts the worker as a thread of this process. */
export function spawnThread({ entry, data, name }: WorkerSpec): SpawnedWorker {
  const thread = new Worker(entry, { workerData: data, name, resourceLimits: THREAD_HEAP });
  return {
    post: (message) => thread.postMessage(message),
    onMessage: (listener) => void thread.on("message", listener),
    onFault: (listener) => {
      const report = (thrown: unknown): void =>
        listener(thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown }));
      thread.on("error", report);
      thread.on("messageerror", report);
    },
    onExit: (listener) => void thread.on("exit", listener),
    terminate: () => void thread.terminate(),
  };
}
