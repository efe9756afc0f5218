import { kill, pid } from "node:process";
import type { StopSignals } from "../machine/stop-signals.js";
import { onAbort } from "../sync/abort.js";
import { startInterruptedMessage } from "./stop-messages.js";

/**
 * Handles the signals that come before the server is ready, until it is disposed. It answers the first with a message, because the load of a model
 * cannot be interrupted. The second ends the process as a signal that nobody catches does: `process.exit` would wait for the thread that loads.
 */
export function watchStart(signals: StopSignals, tell: (text: string) => void): Disposable {
  const first = onAbort(signals.drain, () => tell(startInterruptedMessage(signals.isFromKeyboard)));
  const second = onAbort(signals.close, () => {
    signals[Symbol.dispose]();
    kill(pid, signals.first);
  });
  return {
    [Symbol.dispose]: () => {
      first[Symbol.dispose]();
      second[Symbol.dispose]();
    },
  };
}
