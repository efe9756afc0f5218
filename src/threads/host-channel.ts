import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";

/** A worker's end of the channel to its starter. The worker is a thread or a process. */
export interface HostChannel<Command, Notice> {
  /** @param transfer buffers of the notice that the worker gives up, so that they are moved instead of copied if possible */
  post(notice: Notice, transfer?: readonly ArrayBuffer[]): void;
  /** Calls the listener for each command, those that have waited for it included. Called once. */
  onCommand(listener: (command: Command) => void): void;
  /** Takes the commands that have arrived and wait for a turn of the event loop. A channel that cannot look ahead returns none. */
  drain(): readonly Command[];
  /** Sends the posted notices and takes no more commands. The worker then exits as soon as it has nothing left to do. */
  close(): void;
}

/** The channel of a worker thread, over its message port. */
export class ThreadChannel<Command, Notice> implements HostChannel<Command, Notice> {
  readonly #port: MessagePort;

  /** @param port default: the port to the starter of this thread, which a main thread lacks */
  constructor(port: MessagePort = parentOfThread()) {
    this.#port = port;
  }

  post(notice: Notice, transfer?: readonly ArrayBuffer[]): void {
    this.#port.postMessage(notice, transfer);
  }

  onCommand(listener: (command: Command) => void): void {
    this.#port.on("message", listener);
  }

  drain(): readonly Command[] {
    const commands: Command[] = [];
    for (let next = receiveMessageOnPort(this.#port); next !== undefined; next = receiveMessageOnPort(this.#port)) {
      commands.push(next.message as Command);
    }
    return commands;
  }

  close(): void {
    this.#port.close();
  }
}

/** The data that this thread was started with. */
export function threadData(): unknown {
  return workerData;
}

function parentOfThread(): MessagePort {
  if (parentPort === null) throw new Error("this module runs as a worker thread only");
  return parentPort;
}
