/**
 * Turns the bytes of tokens into text, in whole code points: bytes that may still become one are held back. Bytes that can't become one are U+FFFD,
 * by the Encoding Standard, so that the text depends on the bytes alone and not on how tokens split them.
 */
export class Detokenizer {
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });

  /** @returns the text that is certain now, which may be empty */
  push(bytes: Uint8Array): string {
    return this.#decoder.decode(bytes, { stream: true });
  }

  /** Ends the text. To be called last, once. @returns whether the bytes ended inside a code point, which is dropped */
  end(): boolean {
    return this.#decoder.decode() !== "";
  }
}
