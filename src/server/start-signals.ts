import { kill, pid } from "node:process";
import type { StopSignals } from "../machine/stop-signals.js";
import { onAbort } from "../sync/abort.js";
import { startInterruptedMessage } from "./stop-messages.js";

/**
 * Handles the signals that come before the server is ready, until it is disposed. The first ends a download. The load of a model cannot be interrupted,
 * because it is native code, and `process.exit` would wait for its thread: a Ctrl-C then ends the process as a signal that nobody catches does, and so
 * does the second signal at any time.
 */
export class StartSignals implements Disposable {
  readonly #signals: StopSignals;
  readonly #hooks: readonly Disposable[];
  #isLoading = false;
  #isOver = false;

  /** @param tell prints a message for the person at the terminal */
  constructor(signals: StopSignals, tell: (text: string) => void) {
    this.#signals = signals;
    const first = onAbort(signals.drain, () => {
      const { isFromKeyboard } = signals;
      tell(startInterruptedMessage({ isFromKeyboard, isLoading: this.#isLoading }));
      // The terminal sends the signal to the helper processes of the load too, which would fail in their own words.
      if (isFromKeyboard && this.#isLoading) this.#end();
    });
    this.#hooks = [first, onAbort(signals.close, () => this.#end())];
  }

  /** Whether the server was ready. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Called when the model is there and its load begins. */
  beginLoad(): void {
    this.#isLoading = true;
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    for (const hook of this.#hooks) hook[Symbol.dispose]();
  }

  #end(): void {
    this.#signals[Symbol.dispose]();
    kill(pid, this.#signals.first);
  }
}
