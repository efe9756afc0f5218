import type { Writable } from "node:stream";
import { onAbort } from "../../sync/abort.js";

/** Nobody reads the output any more, as with `| head`: no failure, but no reason to go on either. */
export class OutputClosed extends Error {
  constructor() {
    super("nobody reads the output any more");
    this.name = "OutputClosed";
  }
}

/** Standard output, paced by who reads it. */
export class TextOutput {
  /** Whether a person reads it. */
  readonly #isTerminal: boolean;
  readonly #stream: Writable;
  readonly #signal: AbortSignal;
  #atLineStart = true;

  /** @param signal ends the waiting for a reader that stands still */
  constructor(stream: Writable & { readonly isTTY?: boolean }, signal: AbortSignal) {
    this.#stream = stream;
    this.#signal = signal;
    this.#isTerminal = stream.isTTY === true;
  }

  /**
   * Resolves once the stream took the text. On a terminal, control characters other than line breaks and tabs are made visible: the text is a model's,
   * and must not steer the terminal. Elsewhere every byte is what it was.
   *
   * @throws OutputClosed; Error when it can't be written; the signal's reason
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

  /** As `write`: ends the line that is open, wherever it goes. */
  async startLine(): Promise<void> {
    if (!this.#atLineStart) await this.write("\n");
  }

  /** On a terminal, ends the line that the text left open, so that what follows begins on its own. Waits for nobody. */
  endLine(): void {
    if (!this.#isTerminal || this.#atLineStart) return;
    this.#atLineStart = true;
    this.#stream.write("\n");
  }
}

/** Control characters become the pictures that Unicode has for them, or U+FFFD. */
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
