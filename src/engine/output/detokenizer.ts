/**
 * Turns the bytes of tokens into text, whole code points only: bytes that may still become one are held back. Bytes that can't are U+FFFD, as
 * the Encoding Standard has it, so the text depends on the bytes alone and not on where tokens split them.
 */
export class Detokenizer {
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });

  /** The text that is certain now; may be empty. */
  push(bytes: Uint8Array): string {
    return this.#decoder.decode(bytes, { stream: true });
  }

  /** Call it last, once. @returns whether the bytes ended inside a code point, which is dropped. */
  end(): boolean {
    return this.#decoder.decode() !== "";
  }
}
