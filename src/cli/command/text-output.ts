import type { Writable } from "node:stream";
import { onAbort } from "../../sync/abort.js";

/** The reader of the output has left, as with `| head`. This is no failure, but there is no reason to continue. */
export class OutputClosed extends Error {
  constructor() {
    super("the reader of the output has left");
    this.name = "OutputClosed";
  }
}

/** Standard output, at the pace of its reader. */
export class TextOutput {
  /** Whether the output is a terminal. */
  readonly #isTerminal: boolean;
  readonly #stream: Writable;
  readonly #signal: AbortSignal;
  #atLineStart = true;

  /** @param signal ends the wait for a reader that stalls */
  constructor(stream: Writable & { readonly isTTY?: boolean }, signal: AbortSignal) {
    this.#stream = stream;
    this.#signal = signal;
    this.#isTerminal = stream.isTTY === true;
  }

  /**
   * Resolves once the stream has accepted the text. On a terminal, control characters other than line breaks and tabs become visible, because text of
   * a model must not control the terminal. Elsewhere every byte stays as it is.
   *
   * @throws OutputClosed, an Error if the output cannot be written, or the signal's reason
   */
  async write(text: string): Promise<void> {
    if (text === "") return;
    const shown = this.#isTerminal ? visibleText(text) : text;
    await new Promise<void>((resolve, reject) => {
      const unhook = onAbort(this.#signal, reject);
      this.#stream.write(shown, (error) => {
        unhook[Symbol.dispose]();
        if (error === null || error === undefined) resolve();
        else reject(toOutputError(error));
      });
    });
    this.#atLineStart = shown.endsWith("\n");
  }

  /** Ends an open line, on any output. */
  async startLine(): Promise<void> {
    if (!this.#atLineStart) await this.write("\n");
  }

  /** Ends an open line on a terminal, so that the next output begins on a line of its own. It does not wait. */
  endLine(): void {
    if (!this.#isTerminal || this.#atLineStart) return;
    this.#atLineStart = true;
    this.#stream.write("\n");
  }
}

/** Replaces control characters by their Unicode pictures, or by U+FFFD. */
export function visibleText(text: string): string {
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : code === 0x7f ? "\u2421" : "\ufffd";
  });
}

function toOutputError(error: NodeJS.ErrnoException): Error {
  if (error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED") return new OutputClosed();
  return new Error(`standard output cannot be written (${error.code ?? error.message})`, { cause: error });
}
