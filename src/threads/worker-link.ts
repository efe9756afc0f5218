import { Worker } from "node:worker_threads";

/** A message with its type. */
interface Typed {
  readonly type: string;
}

/**
 * The end of a worker.
 * failed: it threw an error, or it sent a message that cannot be read.
 * exited: it exited without an error.
 */
export type WorkerEnd =
  { readonly type: "failed"; readonly error: Error } | { readonly type: "exited"; readonly code: number };

/** The worker's notice that it is ready or unusable, or its end before that. */
export type WorkerStart<Notice extends Typed> = Extract<Notice, { readonly type: "ready" | "unusable" }> | WorkerEnd;

export interface WorkerLinkOptions<Command> extends WorkerSpec {
  /** The command that makes the worker finish and exit. */
  readonly closeCommand: Command;
  /** Default: a thread of this process. */
  readonly spawn?: SpawnWorker | undefined;
}

/**
 * The starter's link to one worker, which carries commands and notices and tells of the worker's end. Making it starts the worker, and closing it
 * lets the worker finish and exit. A worker is never started again.
 */
export class WorkerLink<Command, Notice extends Typed> implements AsyncDisposable {
  /** Resolves with the first notice `ready` or `unusable`, or with the worker's end if that comes first. Never rejects. */
  readonly started: Promise<WorkerStart<Notice>>;
  /** Resolves at the first sign that the worker has ended unasked, and stays pending after a close. Never rejects. */
  readonly lost: Promise<WorkerEnd>;
  /** Resolves when the worker is gone. Never rejects. */
  readonly exited: Promise<WorkerEnd>;
  readonly #worker: SpawnedWorker;
  readonly #closeCommand: Command;
  readonly #listeners = new Set<(notice: Notice) => void>();
  #isClosing = false;

  constructor({ entry, data, name, closeCommand, spawn = spawnThread }: WorkerLinkOptions<Command>) {
    const worker = spawn({ entry, data, name });
    this.#worker = worker;
    this.#closeCommand = closeCommand;
    const ended = new Promise<WorkerEnd>((resolve) => {
      worker.onFault((error) => resolve({ type: "failed", error }));
      worker.onExit((code) => resolve({ type: "exited", code }));
    });
    this.exited = new Promise((resolve) => worker.onExit(() => resolve(ended)));
    this.lost = new Promise((resolve) => {
      void ended.then((end) => {
        if (!this.#isClosing) resolve(end);
      });
    });
    this.started = new Promise((resolve) => {
      const listening = this.onNotice((notice) => {
        if (!isStart(notice)) return;
        listening[Symbol.dispose]();
        resolve(notice);
      });
      void ended.then(resolve);
    });
    worker.onMessage((message) => {
      for (const listener of [...this.#listeners]) listener(message as Notice);
    });
  }

  /** Sends a command. Does nothing once the link is closing or the worker has exited. */
  post(command: Command): void {
    if (!this.#isClosing) this.#worker.post(command);
  }

  /** Calls `listener` for each notice, in order, until the result is disposed of. No notice comes before the next turn of the event loop. */
  onNotice(listener: (notice: Notice) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Ends the worker without asking it, as the last resort, because that cuts off its native code. `exited` tells when it is gone. */
  terminate(): void {
    this.#worker.terminate();
  }

  /** Asks the worker, once, to finish its work and exit. Resolves when it is gone. Never rejects. */
  close(): Promise<WorkerEnd> {
    this.post(this.#closeCommand);
    this.#isClosing = true;
    return this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function isStart<Notice extends Typed>(
  notice: Notice,
): notice is Extract<Notice, { readonly type: "ready" | "unusable" }> {
  return notice.type === "ready" || notice.type === "unusable";
}

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
