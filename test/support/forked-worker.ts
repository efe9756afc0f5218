import { fork } from "node:child_process";
import { once } from "node:events";
import { isMainThread } from "node:worker_threads";
import { type HostChannel, threadData } from "../../src/threads/host-channel.js";
import type { SpawnWorker } from "../../src/threads/worker-link.js";

/** A message of a forked worker to the process that forked it. */
type Message = { readonly notice: unknown } | { readonly fault: Error };

/** Starts a worker as a process of its own: its module finds its data by `workerData` and posts by a `ProcessChannel`. */
export const spawnProcess: SpawnWorker = ({ entry, data, name }) => {
  const child = fork(entry, [JSON.stringify(data), name], { serialization: "advanced", execArgv: [] });
  return {
    post: (message) => {
      if (child.connected) child.send(message as object);
    },
    onMessage: (listener) => {
      child.on("message", (message: Message) => {
        if ("notice" in message) listener(message.notice);
      });
    },
    onFault: (listener) => {
      child.on("message", (message: Message) => {
        if ("fault" in message) listener(message.fault);
      });
    },
    onExit: (listener) => {
      // The last messages may come after the exit.
      const ended = Promise.all([once(child, "exit") as Promise<[number | null]>, once(child, "disconnect")]);
      void ended.then(([[code]]) => listener(code ?? 1));
    },
    terminate: () => void child.kill("SIGKILL"),
  };
};

/** The data that this worker was started with, be it a thread or a process. */
export function workerData(): unknown {
  return isMainThread ? JSON.parse(process.argv[2] ?? "") : threadData();
}

/** A forked worker's channel, over its IPC: commands come in turns of the event loop only. */
export class ProcessChannel<Command, Notice> implements HostChannel<Command, Notice> {
  #lastSent: Promise<unknown> = Promise.resolve();

  constructor() {
    process.once("uncaughtException", (fault) => {
      this.#send({ fault });
      void this.#lastSent.then(() => process.exit(1));
    });
  }

  post(notice: Notice): void {
    this.#send({ notice });
  }

  onCommand(listener: (command: Command) => void): void {
    process.on("message", listener);
  }

  drain(): readonly Command[] {
    return [];
  }

  close(): void {
    void this.#lastSent.then(() => process.disconnect());
  }

  #send(message: Message): void {
    this.#lastSent = new Promise((resolve) => process.send?.(message, resolve));
  }
}
