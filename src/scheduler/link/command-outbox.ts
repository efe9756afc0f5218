import type { EngineCommand } from "../../core/engine-messages.js";

/**
 * The commands on their way to the engine, in order. Credit waits for the end of the event loop's turn: when one write to the network takes the messages
 * of many streams, their credit wakes the engine's thread once instead of once for each stream. Every other command goes at once, together with the credit
 * that waits.
 */
export class CommandOutbox {
  readonly #post: (commands: readonly EngineCommand[]) => void;
  #waiting: EngineCommand[] = [];

  constructor(post: (commands: readonly EngineCommand[]) => void) {
    this.#post = post;
  }

  send(command: EngineCommand): void {
    const isFirst = this.#waiting.push(command) === 1;
    if (command.type !== "credit") this.flush();
    else if (isFirst) setImmediate(() => this.flush());
  }

  /** Sends the commands that wait, if there are any. */
  flush(): void {
    if (this.#waiting.length === 0) return;
    const commands = this.#waiting;
    this.#waiting = [];
    this.#post(commands);
  }
}
